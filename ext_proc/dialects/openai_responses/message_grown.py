"""A message of the answer while it grows: neighbouring texts and refusals are the parts of one message.

In: events of `chat.answer` about its parts. Out: the API's events; `item` is the message so far.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Cited, Closed, Event, Grew, Scored
from ext_proc.chat.parts import Refusal, Text
from ext_proc.dialects.openai_responses.content_out import annotation_of

Told = dict[str, Any]


class Message:
    def __init__(self, id: str, index: int) -> None:
        self.item: Told = {"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
        self._index = index
        self._pieces: list[str] = []

    def added(self) -> list[Told]:
        return [
            {"type": "response.output_item.added", "output_index": self._index, "item": {**self.item, "content": []}}
        ]

    def open(self, part: Text | Refusal) -> list[Told]:
        content, self._pieces = _empty(part), []
        self.item["content"].append(content)
        told = self._of_part("response.content_part.added", part=_copied(content))
        return [told, *self._grow(part.text)] if part.text else [told]

    def take(self, event: Event) -> list[Told]:
        match event:
            case Grew(text=text):
                return self._grow(text)
            case Cited():
                return self._cite(event)
            case Scored(logprobs=logprobs):
                return self._score(list(logprobs.get("content") or ()))
            case Closed(part=Text() | Refusal() as part):
                return self._close(part)
            case _:
                return []

    def settle(self) -> None:
        """What was told of a part that will not be whole."""
        content = self._content()
        content["refusal" if content["type"] == "refusal" else "text"] = "".join(self._pieces)

    def done(self, status: str) -> list[Told]:
        self.item["status"] = status
        return [{"type": "response.output_item.done", "output_index": self._index, "item": self.item}]

    def _grow(self, text: str) -> list[Told]:
        if not text:
            return []
        self._pieces.append(text)
        if self._content()["type"] == "refusal":
            return [self._of_part("response.refusal.delta", delta=text)]
        return [self._of_part("response.output_text.delta", delta=text, logprobs=[])]

    def _cite(self, event: Cited) -> list[Told]:
        annotation, annotations = annotation_of(event.citation), self._content().get("annotations")
        if annotation is None or annotations is None:
            return []
        annotations.append(annotation)
        name = "response.output_text.annotation.added"
        return [self._of_part(name, annotation_index=len(annotations) - 1, annotation=annotation)]

    def _score(self, scores: list[Any]) -> list[Told]:
        """Scores come after their words: in a delta of no words. Behind the message they are in the response only."""
        content = self._content()
        if content["type"] != "output_text" or not scores:
            return []
        content["logprobs"] += scores
        return [self._of_part("response.output_text.delta", delta="", logprobs=scores)]

    def _close(self, part: Text | Refusal) -> list[Told]:
        content, late = self._content(), [] if self._pieces else self._grow(part.text)
        self._pieces = [part.text]
        if isinstance(part, Refusal):
            content["refusal"] = part.text
            told = self._of_part("response.refusal.done", refusal=part.text)
        else:
            content["text"] = part.text
            told = self._of_part("response.output_text.done", text=part.text, logprobs=content["logprobs"])
        return [*late, told, self._of_part("response.content_part.done", part=content)]

    def _content(self) -> Told:
        found: Told = self.item["content"][-1]
        return found

    def _of_part(self, kind: str, **members: Any) -> Told:  # noqa: ANN401
        place = {
            "item_id": self.item["id"],
            "output_index": self._index,
            "content_index": len(self.item["content"]) - 1,
        }
        return {"type": kind, **place, **members}


def _empty(part: Text | Refusal) -> Told:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": ""}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}


def _copied(content: Told) -> Told:
    """Told now, while the original goes on growing."""
    return {name: list(value) if isinstance(value, list) else value for name, value in content.items()}
