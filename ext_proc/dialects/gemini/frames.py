"""The objects of a stream, however it is framed.

In: bytes, cut anywhere, of a text/event-stream or of a JSON array. Out: the text of each object. The first byte tells
which it is; an object alone, as some errors come, is read like an array of one. Never: more held than one object.
"""

from __future__ import annotations

from ext_proc.framing.sse import EventReader, FrameTooLarge

MAX_BYTES = 64 << 20
"""One object may hold a whole picture."""
_BETWEEN = b" \t\r\n,[]"


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
        self._escaped = False

    def feed(self, data: bytes) -> list[str]:
        found: list[str] = []
        for byte in data:
            if self._depth or byte not in _BETWEEN:
                self._held.append(byte)
                self._step(byte)
                if not self._depth:
                    found.append(self._held.decode("utf-8", "replace"))
                    self._held.clear()
        if len(self._held) > self._max_bytes:
            raise FrameTooLarge("an object is larger than allowed")
        return found

    def _step(self, byte: int) -> None:
        if self._escaped:
            self._escaped = False
        elif self._in_string:
            self._escaped = byte == 0x5C
            self._in_string = byte != 0x22
        elif byte == 0x22:
            self._in_string = self._depth > 0
        elif byte in b"{[":
            self._depth += 1
        elif byte in b"}]":
            self._depth -= 1
