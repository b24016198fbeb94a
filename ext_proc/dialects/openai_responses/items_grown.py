"""The items of an answer that are no messages while they grow: calls, thoughts, pictures, and what only this API has.

In: events of `chat.answer` about one part. Out: the API's events; `item` is the item so far.
"""

from __future__ import annotations

from typing import Any, Protocol

from ext_proc.chat.answer import Closed, Event, Grew, Signed
from ext_proc.chat.dialect import Saying
from ext_proc.chat.flattening import called_tool, unwrapped
from ext_proc.chat.parts import Inline, Media, Opaque, Part, Reasoning, Signature, ToolCall
from ext_proc.chat.request import CustomTool
from ext_proc.chat.sealing import seal, seal_call
from ext_proc.dialects.openai_responses.words import NAME, REDACTED, UNSIGNED

Told = dict[str, Any]


class Growing(Protocol):
    item: Told

    def added(self) -> list[Told]: ...

    def take(self, event: Event) -> list[Told]: ...

    def settle(self) -> None:
        """Puts what was told so far into `item`."""
        ...


def begin(part: Part, saying: Saying, index: int) -> Growing | None:
    """None for a part the API has no item for."""
    match part:
        case ToolCall():
            return _Call(part, saying, index)
        case Reasoning():
            return _Thought(part, saying, index)
        case Media(kind="image", source=Inline() as picture):
            item = {"id": f"ig_{saying.id}_{index}", "type": "image_generation_call", "status": "completed"}
            return _Whole({**item, "result": picture.data}, index, {"status": "in_progress", "result": None})
        case Opaque(origin=origin, raw=raw) if origin == NAME:
            return _Whole(dict(raw), index, {})
        case _:
            return None


class _Whole:
    """An item that comes in one piece."""

    def __init__(self, item: Told, index: int, first: Told) -> None:
        self.item = item
        self._index = index
        self._first = first

    def added(self) -> list[Told]:
        return [_of_item("response.output_item.added", self._index, {**self.item, **self._first})]

    def settle(self) -> None:
        pass

    def take(self, event: Event) -> list[Told]:
        return [_of_item("response.output_item.done", self._index, self.item)] if isinstance(event, Closed) else []


class _Call:
    """A call of the client's tool. A text tool that was a function for the provider is a text tool again: its input can
    only be told when it is whole."""

    def __init__(self, call: ToolCall, saying: Saying, index: int) -> None:
        tool = called_tool(call, saying.request.tools)
        self._unwraps = isinstance(tool, CustomTool) and not call.custom
        self._custom = call.custom or self._unwraps
        self._index = index
        self._pieces: list[str] = []
        id = call.id or f"call_{saying.id}_{index}"
        self.item: Told = {
            "id": _item_id(call, "ctc" if self._custom else "fc", saying, index),
            "type": "custom_tool_call" if self._custom else "function_call",
            "status": "in_progress",
            "call_id": seal_call(id, call.signature),
            "name": tool.name if tool is not None else call.name,
            self._written: "",
        }
        self._first = call.arguments
        if namespace := tool.namespace if tool is not None else call.namespace:
            self.item["namespace"] = namespace

    @property
    def _written(self) -> str:
        return "input" if self._custom else "arguments"

    @property
    def _family(self) -> str:
        return f"response.{'custom_tool_call_input' if self._custom else 'function_call_arguments'}"

    def added(self) -> list[Told]:
        return [_of_item("response.output_item.added", self._index, dict(self.item)), *self._grow(self._first)]

    def take(self, event: Event) -> list[Told]:
        match event:
            case Grew(text=text):
                return self._grow(text)
            case Closed(part=ToolCall(arguments=arguments)):
                return self._close(arguments)
            case _:
                return []

    def settle(self) -> None:
        self.item[self._written] = "".join(self._pieces)

    def _grow(self, text: str) -> list[Told]:
        if self._unwraps or not text:
            return []
        self._pieces.append(text)
        return self._delta(text)

    def _close(self, arguments: str) -> list[Told]:
        text = unwrapped(arguments) if self._unwraps else arguments
        told = [] if self._pieces else self._delta(text)
        self.item |= {self._written: text, "status": "completed"}
        done = {"type": f"{self._family}.done", **self._place(), self._written: text}
        if not self._custom:
            done["name"] = self.item["name"]
        return [*told, done, _of_item("response.output_item.done", self._index, self.item)]

    def _delta(self, text: str) -> list[Told]:
        return [{"type": f"{self._family}.delta", **self._place(), "delta": text}] if text else []

    def _place(self) -> Told:
        return {"item_id": self.item["id"], "output_index": self._index}


class _Thought:
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
        told = [_of_item("response.output_item.added", self._index, {**self.item, "summary": []})]
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
        return [*told, _of_item("response.output_item.done", self._index, self.item)]

    def _of_summary(self, kind: str, **members: Any) -> Told:  # noqa: ANN401
        place = {"item_id": self.item["id"], "output_index": self._index, "summary_index": 0}
        return {"type": kind, **place, **members}


def _summary(text: str) -> Told:
    return {"type": "summary_text", "text": text}


def _proof(signature: Signature | None, *, redacted: bool) -> str:
    if signature is None:
        return seal(Signature(UNSIGNED, ""), NAME)
    return seal(signature, NAME, REDACTED if redacted and signature.origin != NAME else "")


def _item_id(call: ToolCall, prefix: str, saying: Saying, index: int) -> str:
    return call.item_id if call.item_id.startswith(f"{prefix}_") else f"{prefix}_{saying.id}_{index}"


def _of_item(kind: str, index: int, item: Told) -> Told:
    return {"type": kind, "output_index": index, "item": item}
