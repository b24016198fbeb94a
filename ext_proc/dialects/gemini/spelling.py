"""Bodies whose members may be spelled two ways: inlineData and inline_data are the same to this API.

In: an object of a body. Out: a `Node` that knows members by their camelCase name and gives addresses as they were
sent. Objects that users name the members of (arguments, schemas' properties, labels) are never respelled.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
_WHOLE = re.compile(r"-?\d{1,18}")
_STANDARD = str.maketrans("-_", "+/")


def camel(name: str) -> str:
    """A snake_case name in camelCase; any other name unchanged."""
    if _SNAKE.fullmatch(name) is None:
        return name
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


class Member(Node):
    """An object of this API; `plain` has camelCase names."""

    __slots__ = ("_sent",)

    def __init__(self, plain: Plain, at: str = "", *, trusted: bool = False) -> None:
        self._sent: dict[str, str] = {}
        if any("_" in name for name in plain):
            self._sent = {camel(name): name for name in plain if camel(name) not in plain}
            known = {name: value for name, value in plain.items() if camel(name) not in self._sent}
            plain = known | {name: plain[sent] for name, sent in self._sent.items()}
        super().__init__(plain, at, trusted=trusted)

    def address(self, name: str) -> str:
        head, bracket, tail = name.partition("[")
        return super().address(self._sent.get(head, head) + bracket + tail)

    def node(self, name: str) -> Member | None:
        found = self.plain_object(name)
        return None if found is None else Member(found, self.address(name), trusted=self.trusted)

    def integer(self, name: str) -> int | None:
        """Whole numbers may come as text, as Protocol Buffers write large ones."""
        found = self.plain.get(name)
        if isinstance(found, str) and _WHOLE.fullmatch(found):
            return int(found)
        return super().integer(name)

    def members(self, name: str) -> Iterator[Member]:
        """The objects of a list; a single one may stand without its list."""
        found = self.plain.get(name)
        if isinstance(found, dict):
            yield Member(found, self.address(name), trusted=self.trusted)
            return
        for number, item in enumerate(self.items(name)):
            if not isinstance(item, dict):
                self.wrong(f"{name}[{number}]", "must be an object")
            yield Member(item, f"{self.address(name)}[{number}]", trusted=self.trusted)

    def needed(self, name: str) -> Member:
        found = self.node(name)
        return self.wrong(name, "is missing") if found is None else found


def standard_base64(text: str) -> str:
    """Base64 of the common alphabet; this API and its libraries use the one of URLs as well."""
    if "-" not in text and "_" not in text:
        return text
    return text.translate(_STANDARD) + "=" * (-len(text) % 4)


def decoded(text: str) -> bytes:
    """The bytes of base64 of either alphabet; b"" where it is none."""
    try:
        return base64.b64decode(text.translate(_STANDARD) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
