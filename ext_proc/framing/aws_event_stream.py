"""Messages of an application/vnd.amazon.eventstream out of bytes, cut anywhere.

In: the bytes as they come. Out: messages, their checksums verified, the same for every way to cut the bytes. Never:
more than one message of a fixed size held. Source: the event stream encoding of AWS's public Smithy specification: two
lengths and their CRC-32, headers, payload, the CRC-32 of all of it.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from ext_proc.framing.sse import FrameTooLarge

__all__ = ["FrameTooLarge", "Message", "MessageReader", "WrongFrame"]

_PRELUDE = struct.Struct(">III")
_CHECK = struct.Struct(">I")
_LEAST_BYTES = _PRELUDE.size + _CHECK.size


class WrongFrame(Exception):
    """The bytes are no message, or not the ones that were sent."""


@dataclass(frozen=True, slots=True)
class Message:
    """`headers`: a number, truth, text, bytes or UUID by name; a time is its milliseconds since 1970."""

    headers: Mapping[str, object]
    payload: bytes

    def text(self, name: str) -> str:
        """The header of this name, "" where there is none or it is no text."""
        found = self.headers.get(name)
        return found if isinstance(found, str) else ""


class MessageReader:
    """Feed it bytes; what `feed` returns must be used up. Raises WrongFrame, and FrameTooLarge where one message is
    larger than allowed, behind the messages that came before; nothing can be read any more then."""

    def __init__(self, max_message_bytes: int) -> None:
        self._max_bytes = max_message_bytes
        self._held = bytearray()

    @property
    def pending(self) -> bool:
        """A message has begun and not ended."""
        return bool(self._held)

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that are complete now."""
        self._held += chunk
        while (size := self._size()) and len(self._held) >= size:
            data = bytes(self._held[:size])
            del self._held[:size]
            yield _read(data)

    def _size(self) -> int:
        """The length of the message that has begun; 0 while it is not known. Not believed before its checksum."""
        if len(self._held) < _PRELUDE.size:
            return 0
        size, header_bytes, check = _PRELUDE.unpack_from(self._held)
        if crc32(self._held[: _PRELUDE.size - _CHECK.size]) != check:
            raise WrongFrame("the checksum of the lengths is wrong")
        if size > self._max_bytes:
            raise FrameTooLarge("a message is larger than allowed")
        if size < _LEAST_BYTES + header_bytes:
            raise WrongFrame("the lengths contradict each other")
        return int(size)


def _read(data: bytes) -> Message:
    _, header_bytes, _ = _PRELUDE.unpack_from(data)
    (check,) = _CHECK.unpack_from(data, len(data) - _CHECK.size)
    if crc32(data[: -_CHECK.size]) != check:
        raise WrongFrame("the checksum of the message is wrong")
    end = _PRELUDE.size + header_bytes
    try:
        headers = dict(_headers(data[_PRELUDE.size : end]))
    except (struct.error, UnicodeDecodeError) as error:
        raise WrongFrame("the headers cannot be read") from error
    return Message(headers, data[end : -_CHECK.size])


def _headers(data: bytes) -> Iterator[tuple[str, object]]:
    at = 0
    while at < len(data):
        name, at = _sized(data, at, ">B")
        (kind,) = struct.unpack_from(">B", data, at)
        value, at = _value(kind, data, at + 1)
        yield name.decode(), value


def _value(kind: int, data: bytes, at: int) -> tuple[object, int]:
    """The value and where the next header begins."""
    if kind in _TRUTHS:
        return _TRUTHS[kind], at
    if kind in _NUMBERS:
        form = _NUMBERS[kind]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    if kind in _SIZED:
        raw, end = _sized(data, at, ">H")
        return _SIZED[kind](raw), end
    if kind == _UUID:
        return uuid.UUID(bytes=struct.unpack_from("16s", data, at)[0]), at + 16
    raise WrongFrame("a header has an unknown type")


def _sized(data: bytes, at: int, form: str) -> tuple[bytes, int]:
    """Bytes with their length before them."""
    (size,) = struct.unpack_from(form, data, at)
    begin = at + struct.calcsize(form)
    (found,) = struct.unpack_from(f"{size}s", data, begin)
    return found, begin + size


_TRUTHS = {0: True, 1: False}
_NUMBERS = {2: ">b", 3: ">h", 4: ">i", 5: ">q", 8: ">q"}
_SIZED: Mapping[int, Callable[[bytes], Any]] = {6: bytes, 7: bytes.decode}
_UUID = 9
