"""HTTP/2 frames (RFC 9113, section 4 and 6), in and out.

In: bytes as they arrive. Out: whole frames; and frames as bytes. Never: more kept than one frame that is not whole yet.
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
    """Cuts what arrives into frames, the client's preface first."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._missing_bytes = len(PREFACE)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises ConnectionFailed."""
        if not self._begun and not PREFACE.startswith(b"".join(self._pieces) + data[: self._missing_bytes]):
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "not HTTP/2")
        self._pieces.append(data)
        self._missing_bytes -= len(data)
        if self._missing_bytes > 0:
            return
        data = b"".join(self._pieces) if len(self._pieces) > 1 else data
        self._pieces = []
        at = 0 if self._begun else len(PREFACE)
        self._begun = True
        while (end := _end(data, at)) <= len(data):
            _, _, kind, flags, stream = _HEAD.unpack_from(data, at)
            yield Frame(kind, flags, stream & _ID, data[at + _HEAD.size : end])
            at = end
        self._missing_bytes = end - len(data)
        if at < len(data):
            self._pieces.append(data[at:])


def _end(data: bytes, at: int) -> int:
    """Where the frame that begins here ends, or its head where not even that is there. Raises ConnectionFailed."""
    end = at + _HEAD.size
    if end > len(data):
        return end
    size = int.from_bytes(data[at : at + 3])
    if size > MAX_FRAME_BYTES:
        raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "a frame is larger than agreed")
    return end + size


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
