"""The items of an answer that are no messages while they grow: calls, thoughts, pictures, and what only this API has.

In: events of `chat.answer` about one part. Out: the API's events; `item` is the item so far.
"""

from __future__ import annotations

from typing import Any, Protocol

from ext_proc.chat.answer import Closed, Event
from ext_proc.chat.dialect import Saying
from ext_proc.chat.parts import Inline, Media, Opaque, Part, Reasoning, ToolCall
from ext_proc.dialects.openai_responses.call_grown import Call, of_item
from ext_proc.dialects.openai_responses.thought_grown import Thought
from ext_proc.dialects.openai_responses.words import NAME

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
            return Call(part, saying, index)
        case Reasoning():
            return Thought(part, saying, index)
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
        return [of_item("response.output_item.added", self._index, {**self.item, **self._first})]

    def settle(self) -> None:
        pass

    def take(self, event: Event) -> list[Told]:
        return [of_item("response.output_item.done", self._index, self.item)] if isinstance(event, Closed) else []
