"""What a request loses on its way to a provider of this dialect: gathered while it is written, each address once."""

from __future__ import annotations

import re

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.loss import Dropped
from ext_proc.chat.parts import ToolCall, ToolResult
from ext_proc.chat.request import Request
from ext_proc.dialects.openai_responses.generations import thinks
from ext_proc.dialects.openai_responses.words import NAME

_INDEX = re.compile(r"\[\d+\]")


class Losses:
    """`own`: the request came in this dialect, so that every member may be written back. `thinks`: whether the model
    does, None where nothing tells."""

    def __init__(self, request: Request, model: Model) -> None:
        self.own = request.origin == NAME
        self._names = request.names
        self._lacks = model.lacks
        self.thinks = thinks(model)
        self._found: dict[str, Dropped] = {}
        self._text_calls = {
            part.id for turn in request.turns for part in turn.parts if isinstance(part, ToolCall) and part.custom
        }

    def lacks(self, capability: str) -> bool:
        return capability in self._lacks

    def answers_text(self, result: ToolResult) -> bool:
        """Whether a text tool was called; other dialects say so in the call only."""
        return result.custom or result.call_id in self._text_calls

    def member(self, name: str, why: str) -> None:
        """A member of the request's value."""
        self.at(self._names.get(name, name.rpartition(".")[2]), why)

    def part(self, at: str, member: str, why: str) -> None:
        """A member of a part, in the client's word for it."""
        self.at(f"{at}.{self._names.get(member, member)}" if at else self._names.get(member, member), why)

    def at(self, address: str, why: str) -> None:
        where = _INDEX.sub("[]", address)
        self._found.setdefault(where, Dropped(where, why))

    def need(self, capability: str, at: str, message: str) -> None:
        """Raises Unable where the model lacks it."""
        if capability in self._lacks:
            raise Unable(at, capability, message)

    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(self._found.values())
