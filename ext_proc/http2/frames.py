"""HTTP/2 frames (RFC 9113, section 4 and 6), in and out.

In: bytes as they arrive. Out: whole frames; and frames as bytes. Never: more kept than one frame that is not whole
yet, or a copy of a large body beyond the one that its frames are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client says first."""
USUAL_FRAME_BYTES = 1 << 14
"""The largest payload where nothing else was agreed on, and the least that may be agreed on."""
MAX_FRAME_BYTES = 1 << 20
"""The largest payload we take: a large body in few frames is cheaper for both sides."""
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITISED = 0x20

_HEAD = struct.Struct(">HBBBI")
_ID = 0x7FFFFFFF


class Kind(IntEnum):
    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


class Setting(IntEnum):
    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class Code(IntEnum):
    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    FRAME_SIZE_ERROR = 6
    CANCEL = 8
    COMPRESSION_ERROR = 9


class ConnectionFailed(Exception):
    """The peer broke a rule that no single stream could be ended for."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code = code


class Frame(NamedTuple):
    """`kind` may be one that is not in `Kind`: such frames are to be ignored."""

    kind: int
    flags: int
    stream: int
    payload: bytes


class FrameReader:
    """Cuts what arrives into frames, the client's preface first. What it is given may change once it is fed."""

    def __init__(self) -> None:
        self._greeting = b""
        self._pieces: list[bytes] = []
        self._missing_bytes = 0

    def feed(self, data: bytes | memoryview) -> Iterator[Frame]:
        """The frames that are whole now; to be exhausted before the next are fed. Raises ConnectionFailed."""
        at = self._greeted(data) if len(self._greeting) < len(PREFACE) else 0
        size = len(data)
        while self._pieces and at < size:
            at += self._add(data[at : at + self._missing_bytes])
            if not self._missing_bytes:
                yield from self._completed()
        while (end := at + _HEAD.size) <= size:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
            end += _payload_bytes(high, low)
            if end > size:
                break
            yield Frame(kind, flags, stream & _ID, bytes(data[at + _HEAD.size : end]))
            at = end
        if at < size:
            self._pieces.append(bytes(data[at:]))
            self._missing_bytes = end - size

    def _greeted(self, data: bytes | memoryview) -> int:
        """How much of this is preface."""
        known = self._greeting + bytes(data[: len(PREFACE) - len(self._greeting)])
        if not PREFACE.startswith(known):
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "not HTTP/2")
        taken, self._greeting = len(known) - len(self._greeting), known
        return taken

    def _add(self, piece: bytes | memoryview) -> int:
        self._pieces.append(bytes(piece))
        self._missing_bytes -= len(piece)
        return len(piece)

    def _completed(self) -> Iterator[Frame]:
        """The frame that arrived in pieces; or, where only its head is whole now, how much more there is to come."""
        whole = b"".join(self._pieces)
        high, low, kind, flags, stream = _HEAD.unpack_from(whole)
        self._missing_bytes = _HEAD.size + _payload_bytes(high, low) - len(whole)
        self._pieces = [whole] if self._missing_bytes else []
        if not self._missing_bytes:
            yield Frame(kind, flags, stream & _ID, whole[_HEAD.size :])


def _payload_bytes(high: int, low: int) -> int:
    """Raises ConnectionFailed."""
    size: int = high << 8 | low
    if size > MAX_FRAME_BYTES:
        raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "a frame is larger than agreed")
    return size


def frame(kind: Kind, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    return _HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def settings(values: dict[Setting, int]) -> bytes:
    return frame(Kind.SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in values.items()))


def read_settings(payload: bytes) -> dict[int, int]:
    """Raises ConnectionFailed for a payload that is no list of settings."""
    if len(payload) % 6:
        raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "settings of a wrong size")
    return dict(struct.iter_unpack(">HI", payload))


def window_update(stream: int, bytes_more: int) -> bytes:
    return frame(Kind.WINDOW_UPDATE, 0, stream, struct.pack(">I", bytes_more))


def reset(stream: int, code: Code) -> bytes:
    return frame(Kind.RST_STREAM, 0, stream, struct.pack(">I", code))


def goaway(last_stream: int, code: Code) -> bytes:
    return frame(Kind.GOAWAY, 0, 0, struct.pack(">II", last_stream, code))


def number(payload: bytes) -> int:
    """The 31-bit number a frame consists of. Raises ConnectionFailed."""
    if len(payload) != 4:
        raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "a number of a wrong size")
    return int.from_bytes(payload) & _ID


def unpadded(found: Frame) -> bytes:
    """The payload of DATA or HEADERS without padding and priority. Raises ConnectionFailed."""
    payload, start, end = found.payload, 0, len(found.payload)
    if found.flags & PADDED:
        if not payload:
            raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "padding without a length")
        start, end = 1, end - payload[0]
    if found.kind == Kind.HEADERS and found.flags & PRIORITISED:
        start += 5
    if start > end:
        raise ConnectionFailed(Code.PROTOCOL_ERROR, "more padding than payload")
    return payload[start:end] if start or end != len(payload) else payload
