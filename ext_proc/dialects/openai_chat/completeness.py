"""Whether the arguments of a call are whole, while they come.

In: pieces of JSON text. Out: whether an object or a list is closed. Reads every character once.
"""

from __future__ import annotations

import re

_TELLING = re.compile(r'[{}\[\]"\\]')


class Completeness:
    """`whole`: a value in braces or brackets came to its end."""

    def __init__(self) -> None:
        self.whole = False
        self._depth = 0
        self._in_text = False
        self._escaped = False

    def feed(self, piece: str) -> None:
        start = 0
        if self._escaped and piece:
            self._escaped, start = False, 1
        while (found := _TELLING.search(piece, start)) is not None:
            start = found.end()
            self._take(found[0])
            if self._escaped:
                if start == len(piece):
                    return
                self._escaped, start = False, start + 1

    def _take(self, character: str) -> None:
        match character:
            case '"':
                self._in_text = not self._in_text
            case "\\":
                self._escaped = self._in_text
            case "{" | "[" if not self._in_text:
                self._depth += 1
            case "}" | "]" if not self._in_text:
                self._depth -= 1
                self.whole = self.whole or self._depth == 0
            case _:
                pass
