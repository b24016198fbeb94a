"""A call of the client's tool while it grows.

In: events of `chat.answer` about it. Out: the API's events; `item` is the item so far.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Closed, Event, Grew
from ext_proc.chat.dialect import Saying
from ext_proc.chat.flattening import called_tool, unwrapped
from ext_proc.chat.parts import ToolCall
from ext_proc.chat.request import CustomTool
from ext_proc.chat.sealing import seal_call

Told = dict[str, Any]


class Call:
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
        return [of_item("response.output_item.added", self._index, dict(self.item)), *self._grow(self._first)]

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
        return [*told, done, of_item("response.output_item.done", self._index, self.item)]

    def _delta(self, text: str) -> list[Told]:
        return [{"type": f"{self._family}.delta", **self._place(), "delta": text}] if text else []

    def _place(self) -> Told:
        return {"item_id": self.item["id"], "output_index": self._index}


def _item_id(call: ToolCall, prefix: str, saying: Saying, index: int) -> str:
    return call.item_id if call.item_id.startswith(f"{prefix}_") else f"{prefix}_{saying.id}_{index}"


def of_item(kind: str, index: int, item: Told) -> Told:
    return {"type": kind, "output_index": index, "item": item}
