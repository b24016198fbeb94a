"""JSON objects read member by member, with the address of whatever is wrong.

In: a parsed body. Out: members of the expected type. A `Node` of a client's body raises Malformed, one of a provider's
answer Garbled. A member that is null counts as absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from ext_proc.chat.errors import Garbled, Malformed
from ext_proc.chat.parts import Plain

T = TypeVar("T")


class Node:
    """An object and its address in the body ("" for the whole of it)."""

    __slots__ = ("at", "plain", "trusted")

    def __init__(self, plain: Plain, at: str = "", *, trusted: bool = False) -> None:
        """`trusted`: a provider's answer, so that what is wrong is not the client's fault."""
        self.plain = plain
        self.at = at
        self.trusted = trusted

    def address(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name

    def wrong(self, name: str, message: str) -> NoReturn:
        """Raises for the member `name` ("" = the object itself)."""
        at = self.address(name) if name else self.at
        raise Garbled(f"{at}: {message}") if self.trusted else Malformed(at, message)

    def has(self, name: str) -> bool:
        return self.plain.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        found = self._typed(name, str, "a string")
        return default if found is None else found

    def needed_text(self, name: str) -> str:
        found = self._typed(name, str, "a string")
        return self.wrong(name, "is missing") if found is None else found

    def integer(self, name: str) -> int | None:
        """Whole numbers may come as 5.0."""
        found = self.plain.get(name)
        if isinstance(found, float) and found.is_integer():
            return int(found)
        if found is None or (isinstance(found, int) and not isinstance(found, bool)):
            return found
        return self.wrong(name, "must be an integer")

    def number(self, name: str) -> float | None:
        found = self.plain.get(name)
        if found is None or (isinstance(found, int | float) and not isinstance(found, bool)):
            return found
        return self.wrong(name, "must be a number")

    def flag(self, name: str) -> bool | None:
        return self._typed(name, bool, "true or false")

    def plain_object(self, name: str) -> Plain | None:
        return self._typed(name, dict, "an object")

    def node(self, name: str) -> Node | None:
        found = self.plain_object(name)
        return None if found is None else Node(found, self.address(name), trusted=self.trusted)

    def items(self, name: str) -> list[Any]:
        return self._typed(name, list, "a list") or []

    def nodes(self, name: str) -> Iterator[Node]:
        """The objects of a list."""
        for number, item in enumerate(self.items(name)):
            yield self.element(name, number, item)

    def element(self, name: str, number: int, item: object) -> Node:
        """An item of the list `name` that must be an object."""
        where = f"{name}[{number}]"
        if not isinstance(item, dict):
            self.wrong(where, "must be an object")
        return Node(item, self.address(where), trusted=self.trusted)

    def rest(self, *taken: str) -> dict[str, Any]:
        """The members nobody took."""
        return {name: value for name, value in self.plain.items() if name not in taken}

    def _typed(self, name: str, kind: type[T], words: str) -> T | None:
        found = self.plain.get(name)
        if found is None or isinstance(found, kind):
            return found
        return self.wrong(name, f"must be {words}")
