"""Messages of an event stream, written."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from zlib import crc32


def text_header(name: str, value: str) -> bytes:
    raw = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(raw)) + raw


def framed(headers: bytes, payload: bytes) -> bytes:
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    begun = lengths + struct.pack(">I", crc32(lengths)) + headers + payload
    return begun + struct.pack(">I", crc32(begun))


def event(kind: str, **members: object) -> bytes:
    return message({":message-type": "event", ":event-type": kind}, json.dumps(members).encode())


def exception(kind: str, payload: bytes) -> bytes:
    return message({":message-type": "exception", ":exception-type": kind}, payload)


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    return framed(b"".join(text_header(name, value) for name, value in headers.items()), payload)
