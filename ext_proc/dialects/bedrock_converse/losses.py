"""What a request loses on its way to Bedrock: gathered while it is written, each address once. Also what the writers of
parts must know together: the model, and the names that are taken."""

from __future__ import annotations

import re

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.loss import Dropped
from ext_proc.chat.request import Request
from ext_proc.dialects.bedrock_converse.words import maker_of

_INDEX = re.compile(r"\[\d+\]")


class Losses:
    def __init__(self, request: Request, model: Model) -> None:
        self.maker = maker_of(model)
        self.thoughts = 0
        """Thoughts left out: the provider cannot read them."""
        self.documents: set[str] = set()
        """Names of documents, which must differ."""
        self._names = request.names
        self._lacks = model.lacks
        self._found: dict[str, Dropped] = {}

    def lacks(self, capability: str) -> bool:
        return capability in self._lacks

    def need(self, capability: str, at: str, message: str) -> None:
        """Raises Unable where the model lacks it."""
        if capability in self._lacks:
            raise Unable(at, capability, message)

    def member(self, name: str, why: str) -> None:
        """A member of the request's value."""
        self.at(self._names.get(name, name.rpartition(".")[2]), why)

    def part(self, at: str, member: str, why: str) -> None:
        """A member of a part, in the client's word for it."""
        name = self._names.get(member, member)
        self.at(f"{at}.{name}" if at else name, why)

    def at(self, address: str, why: str) -> None:
        where = _INDEX.sub("[]", address)
        self._found.setdefault(where, Dropped(where, why))

    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(self._found.values())
