"""The objects of a stream, however it is framed.

In: bytes, cut anywhere, of a text/event-stream or of a JSON array. Out: the text of each object. The first byte tells
which it is; an object alone, as some errors come, is read like an array of one. Never: more held than one object.
"""

from __future__ import annotations

import re

from ext_proc.framing.sse import EventReader, FrameTooLarge

MAX_BYTES = 64 << 20
"""One object may hold a whole picture."""
_MARKS = re.compile(rb'[{}"\\]')


class Frames:
    """Raises FrameTooLarge."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._events: EventReader | None = None
        self._array: _Objects | None = None

    def feed(self, data: bytes) -> list[str]:
        if self._events is None and self._array is None:
            data = data.lstrip(b" \t\r\n")
            if not data:
                return []
            if data[:1] in (b"[", b"{"):
                self._array = _Objects(self._max_bytes)
            else:
                self._events = EventReader(self._max_bytes)
        if self._array is not None:
            return self._array.feed(data)
        assert self._events is not None
        return [event.data for event in self._events.feed(data)]

    def flush(self) -> list[str]:
        return [event.data for event in self._events.flush()] if self._events is not None else []


class _Objects:
    """Objects of an array, found by counting braces outside of strings."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._depth = 0
        self._in_string = False
        self._escaped_until = 0

    def feed(self, data: bytes) -> list[str]:
        found: list[str] = []
        start = 0
        for match in _MARKS.finditer(data):
            place, outside = match.start(), not self._depth
            if place < self._escaped_until:
                continue
            self._step(match[0], place)
            if outside:
                start = place
            elif not self._depth:
                self._held += data[start : place + 1]
                found.append(self._held.decode("utf-8", "replace"))
                self._held.clear()
        if self._depth:
            self._held += data[start:]
        self._escaped_until = max(0, self._escaped_until - len(data))
        if len(self._held) > self._max_bytes:
            raise FrameTooLarge("an object is larger than allowed")
        return found

    def _step(self, mark: bytes, place: int) -> None:
        """Between objects only a brace that opens one means anything."""
        if self._in_string:
            if mark == b"\\":
                self._escaped_until = place + 2
            self._in_string = mark != b'"'
        elif mark == b"{":
            self._depth += 1
        elif self._depth and mark == b'"':
            self._in_string = True
        elif self._depth and mark == b"}":
            self._depth -= 1
