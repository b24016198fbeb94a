"""The input of a request as system texts and turns.

In: `instructions` and `input`. Out: what stands before the first other item as system texts, the rest as turns: one for
each message of the user, one for everything the model said in a row, one for results in a row. `extra` of a turn keeps
what only this dialect has of each message (id, status, phase) by the message's address, that of a system text its role.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from ext_proc.chat.parts import Part, Text
from ext_proc.chat.reading import Node
from ext_proc.chat.request import Turn
from ext_proc.dialects.openai_responses.content_in import read_content
from ext_proc.dialects.openai_responses.items_in import kind_of, read_item

Role = Literal["user", "assistant", "system", "developer"]
_ROLES = ("user", "assistant", "system", "developer")
ITEM = "item"
"""Where a system text keeps the members of its message."""


@dataclass(slots=True)
class _Growing:
    """A turn that more items may join. `results`: made of results only."""

    role: Role
    at: str
    parts: list[Part]
    results: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def turn(self) -> Turn:
        return Turn(role=self.role, parts=tuple(self.parts), at=self.at, extra=self.extra)


def read_turns(body: Node) -> tuple[tuple[Text, ...], tuple[Turn, ...]]:
    system: list[Text] = []
    if body.has("instructions"):
        system.append(Text(text=body.needed_text("instructions"), at="instructions"))
    if isinstance(body.plain.get("input"), str):
        return tuple(system), (Turn(role="user", parts=tuple(read_content(body, "input")), at="input"),)
    turns: list[_Growing] = []
    for item in body.nodes("input"):
        _take(item, system, turns)
    return tuple(system), tuple(turn.turn() for turn in turns if turn.parts)


def _take(item: Node, system: list[Text], turns: list[_Growing]) -> None:
    if kind_of(item) == "message":
        return _take_message(item, system, turns)
    side, parts = read_item(item)
    last = turns[-1] if turns else None
    if last is not None and last.role == side and (side == "assistant" or last.results):
        last.parts += parts
    else:
        turns.append(_Growing(side, item.at, parts, results=side == "user"))


def _take_message(item: Node, system: list[Text], turns: list[_Growing]) -> None:
    role, parts = _role(item), read_content(item, "content")
    extra = item.rest("type", "role", "content")
    if role in ("system", "developer") and not turns and all(isinstance(part, Text) for part in parts):
        system += _marked(cast("list[Text]", parts), {**extra, "role": role})
        return
    last = turns[-1] if turns else None
    if role != "assistant" or last is None or last.role != "assistant":
        last = _Growing(role, item.at, [])
        turns.append(last)
    last.parts += parts
    if extra:
        last.extra[item.at] = extra


def _marked(texts: Iterable[Text], members: dict[str, Any]) -> list[Text]:
    return [replace(text, extra={**text.extra, ITEM: members}) for text in texts]


def _role(item: Node) -> Role:
    role = item.needed_text("role")
    if role not in _ROLES:
        item.wrong("role", f"must be one of {', '.join(_ROLES)}")
    return cast("Role", role)
