"""Thoughts while they grow.

In: events of `chat.answer` about them. Out: the API's events; `item` is the item so far.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Closed, Event, Grew, Signed
from ext_proc.chat.dialect import Saying
from ext_proc.chat.parts import Reasoning, Signature
from ext_proc.chat.sealing import seal
from ext_proc.dialects.openai_responses.call_grown import of_item
from ext_proc.dialects.openai_responses.words import NAME, REDACTED, UNSIGNED

Told = dict[str, Any]


class Thought:
    """Thoughts are told as a summary: that is what clients show and send back. The proof is sealed where it is another
    API's; thoughts without one are marked, so that no provider is asked for an item it never had."""

    def __init__(self, part: Reasoning, saying: Saying, index: int) -> None:
        id = part.id if part.id.startswith("rs_") else f"rs_{saying.id}_{index}"
        self.item: Told = {"id": id, "type": "reasoning", "summary": []}
        self._index = index
        self._signature = part.signature
        self._first = part.text
        self._pieces: list[str] = []

    def added(self) -> list[Told]:
        told = [of_item("response.output_item.added", self._index, {**self.item, "summary": []})]
        return [*told, *self._grow(self._first)] if self._first else told

    def take(self, event: Event) -> list[Told]:
        match event:
            case Grew(text=text):
                return self._grow(text)
            case Signed(signature=signature):
                self._signature = signature
                return []
            case Closed(part=Reasoning() as part):
                return self._close(part)
            case _:
                return []

    def settle(self) -> None:
        if self._pieces:
            self.item["summary"] = [_summary("".join(self._pieces))]

    def _grow(self, text: str) -> list[Told]:
        if not text:
            return []
        told = []
        if not self._pieces:
            told = [self._of_summary("response.reasoning_summary_part.added", part=_summary(""))]
        self._pieces.append(text)
        return [*told, self._of_summary("response.reasoning_summary_text.delta", delta=text)]

    def _close(self, part: Reasoning) -> list[Told]:
        told = [] if self._pieces else self._grow(part.text)
        if self._pieces:
            self.item["summary"] = [_summary(part.text)]
            told += [
                self._of_summary("response.reasoning_summary_text.done", text=part.text),
                self._of_summary("response.reasoning_summary_part.done", part=_summary(part.text)),
            ]
        self.item["encrypted_content"] = _proof(part.signature or self._signature, redacted=part.redacted)
        return [*told, of_item("response.output_item.done", self._index, self.item)]

    def _of_summary(self, kind: str, **members: Any) -> Told:  # noqa: ANN401
        place = {"item_id": self.item["id"], "output_index": self._index, "summary_index": 0}
        return {"type": kind, **place, **members}


def _summary(text: str) -> Told:
    return {"type": "summary_text", "text": text}


def _proof(signature: Signature | None, *, redacted: bool) -> str:
    if signature is None:
        return seal(Signature(UNSIGNED, ""), NAME)
    return seal(signature, NAME, REDACTED if redacted and signature.origin != NAME else "")
