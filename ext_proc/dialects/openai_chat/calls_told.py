"""The calls of one choice while they are told: which of them a piece belongs to.

In: entries of `delta.tool_calls`. Out: events, by way of `PartsTold`. Most servers count calls by `index`; some leave
it out, some give every call the same one, and then a new id means a new call.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ext_proc.chat.answer import Event
from ext_proc.chat.parts import Signature, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_chat.parts_told import Key, PartsTold
from ext_proc.dialects.openai_chat.turns_in import thought_signature


@dataclass(slots=True)
class _Call:
    """`waiting`: arguments that came before the name."""

    key: Key
    index: int | None
    id: str = ""
    name: str = ""
    custom: bool = False
    waiting: list[str] = field(default_factory=list)


class CallsTold:
    def __init__(self, parts: PartsTold) -> None:
        self._parts = parts
        self._calls: list[_Call] = []

    def take(self, delta: Node) -> list[Event]:
        custom = delta.text("type") == "custom" or (delta.has("custom") and not delta.has("function"))
        inner = delta.node("custom" if custom else "function") or Node({}, delta.at, trusted=True)
        call = self._find(delta.integer("index"), delta.text("id"))
        call.custom = call.custom or custom
        text = inner.text("input" if call.custom else "arguments")
        return self._grow(call, inner.text("name"), text, thought_signature(delta))

    def take_legacy(self, delta: Node) -> list[Event]:
        """`function_call`: one without an id."""
        return self._grow(self._find(-1, ""), delta.text("name"), delta.text("arguments"), None)

    def check_named(self) -> bool:
        """Whether every call has a name."""
        return all(call.name for call in self._calls)

    def _find(self, index: int | None, id: str) -> _Call:
        same = [call for call in self._calls if index is None or call.index == index]
        if same and not (id and same[-1].id and same[-1].id != id):
            same[-1].id = same[-1].id or id
            return same[-1]
        self._calls.append(_Call(("call", len(self._calls)), index, id))
        return self._calls[-1]

    def _grow(self, call: _Call, name: str, text: str, signature: Signature | None) -> list[Event]:
        call.name = call.name or name
        if signature is not None:
            self._parts.prove(call.key, signature)
        if not call.name:
            call.waiting.append(text)
            return []
        pieces, call.waiting = "".join([*call.waiting, text]), []
        part = ToolCall(id=call.id, name=call.name, arguments="", custom=call.custom, signature=signature)
        return self._parts.grow(call.key, part, pieces)
