"""What a request loses on its way to a provider of this dialect: gathered while it is written, each address once."""

from __future__ import annotations

import re

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.loss import Dropped
from ext_proc.chat.request import Request
from ext_proc.dialects.openai_chat.words import NAME

_INDEX = re.compile(r"\[\d+\]")


class Losses:
    """`own`: the request came in this dialect, so that every member may be written back."""

    def __init__(self, request: Request, model: Model) -> None:
        self.own = request.origin == NAME
        self.model = model
        self._names = request.names
        self._found: dict[str, Dropped] = {}

    def lacks(self, capability: str) -> bool:
        return capability in self.model.lacks

    def member(self, name: str, why: str) -> None:
        """A member of the request's value."""
        self.at(self._names.get(name, name.rpartition(".")[2]), why)

    def part(self, at: str, member: str, why: str) -> None:
        """A member of a part, in the client's word for it."""
        named = self._names.get(member, member)
        self.at(f"{at}.{named}" if at else named, why)

    def at(self, address: str, why: str) -> None:
        where = _INDEX.sub("[]", address)
        self._found.setdefault(where, Dropped(where, why))

    def need(self, capability: str, at: str, message: str) -> None:
        """Raises Unable where the model lacks it."""
        if capability in self.model.lacks:
            raise Unable(at, capability, message)

    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(self._found.values())
