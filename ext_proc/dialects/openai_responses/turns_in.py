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
from ext_proc.dialects.openai_responses.words import TOOLS

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
    reader = _Reader()
    if body.has("instructions"):
        reader.system.append(Text(text=body.needed_text("instructions"), at="instructions"))
    if isinstance(body.plain.get("input"), str):
        reader.turns.append(_Growing("user", "input", read_content(body, "input")))
    else:
        for item in body.nodes("input"):
            reader.take(item)
    return tuple(reader.system), reader.finished()


class _Reader:
    """Items one by one. `aside`: parts before the first turn that make none themselves (tools told in an item)."""

    def __init__(self) -> None:
        self.system: list[Text] = []
        self.turns: list[_Growing] = []
        self._aside: list[Part] = []

    def take(self, item: Node) -> None:
        kind = kind_of(item)
        if kind == "message":
            return self._take_message(item)
        side, parts = read_item(item)
        last = self.turns[-1] if self.turns else None
        if kind == TOOLS and last is None:
            self._aside += parts
        elif last is not None and last.role == side and (side == "assistant" or last.results):
            last.parts += parts
        else:
            self._open(side, item.at, parts, results=side == "user")

    def finished(self) -> tuple[Turn, ...]:
        if self._aside:
            self._open("user", self._aside[0].at, [])
        return tuple(turn.turn() for turn in self.turns if turn.parts)

    def _take_message(self, item: Node) -> None:
        role, parts = _role(item), read_content(item, "content")
        extra = item.rest("type", "role", "content")
        if role in ("system", "developer") and not self.turns and all(isinstance(part, Text) for part in parts):
            self.system += _marked(cast("list[Text]", parts), {**extra, "role": role})
            return
        last = self.turns[-1] if self.turns else None
        if role != "assistant" or last is None or last.role != "assistant":
            last = self._open(role, item.at, [])
        last.parts += parts
        if extra:
            last.extra[item.at] = extra

    def _open(self, role: Role, at: str, parts: list[Part], *, results: bool = False) -> _Growing:
        turn = _Growing(role, at, [*self._aside, *parts], results)
        self._aside = []
        self.turns.append(turn)
        return turn


def _marked(texts: Iterable[Text], members: dict[str, Any]) -> list[Text]:
    return [replace(text, extra={**text.extra, ITEM: members}) for text in texts]


def _role(item: Node) -> Role:
    role = item.needed_text("role")
    if role not in _ROLES:
        item.wrong("role", f"must be one of {', '.join(_ROLES)}")
    return cast("Role", role)
