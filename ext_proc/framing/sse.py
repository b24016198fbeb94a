"""Server-sent events out of bytes, cut anywhere.

In: the bytes of a text/event-stream as they come. Out: events, the same for every way to cut the bytes. Never: more
than a fixed number of bytes held. Source: the HTML standard, "Interpreting an event stream".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class FrameTooLarge(Exception):
    """One frame is larger than allowed."""


@dataclass(frozen=True, slots=True)
class Event:
    """`name` is "" where the stream gives none."""

    name: str
    data: str


class EventReader:
    """Feed it bytes, then flush. Raises FrameTooLarge where one event is larger than allowed."""

    def __init__(self, max_event_bytes: int) -> None:
        self._max_bytes = max_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._name = b""
        self._first_line = True
        self._after_return = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that are complete now."""
        events = [event for line in self._lines(chunk) if (event := self._take(line)) is not None]
        if len(self._line) + self._data_bytes > self._max_bytes:
            raise FrameTooLarge("an event is larger than allowed")
        return events

    def flush(self) -> list[Event]:
        """What stands at the end without its blank line. Whether it is whole, only its data can say."""
        lines, self._line = [bytes(self._line), b""], bytearray()
        return [event for line in lines if (event := self._take(line)) is not None]

    def _lines(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk. A line feed after a carriage return belongs to it, wherever the cut is."""
        if not chunk:
            return []
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_return = chunk.endswith(b"\r")
        head, *rest = _LINE_END.split(chunk)
        self._line += head
        if not rest:
            return []
        lines = [bytes(self._line), *rest[:-1]]
        self._line = bytearray(rest[-1])
        return lines

    def _take(self, line: bytes) -> Event | None:
        if self._first_line:
            self._first_line, line = False, line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._event()
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
            self._data_bytes += len(value)
        elif field == b"event":
            self._name = value.removeprefix(b" ")
        return None

    def _event(self) -> Event | None:
        data, name = b"\n".join(self._data), self._name
        self._data, self._data_bytes, self._name = [], 0, b""
        return Event(name.decode("utf-8", "replace"), data.decode("utf-8", "replace")) if data else None
