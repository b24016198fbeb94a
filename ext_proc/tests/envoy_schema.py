"""Envoy's own schema, out of Envoy's own binary: every program carries the descriptors of its messages.

In: names of proto files. Out: message classes of exactly what the installed Envoy speaks.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from control_plane.run import envoy_binary

EXT_PROC = "envoy/service/ext_proc/v3/external_processor.proto"
PACKAGE = "envoy.service.ext_proc.v3"
_SYNTAX = 12
_MAX_BYTES = 1 << 20


def message_class(full_name: str) -> type[Message]:
    """The class of a message that the external processing protocol uses."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(full_name))


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    with (
        envoy_binary.find(os.environ).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as binary,
    ):
        _add(pool, binary, EXT_PROC, set())
    return pool


def _add(pool: descriptor_pool.DescriptorPool, binary: mmap.mmap, name: str, added: set[str]) -> None:
    """A file after the files it needs."""
    if name in added:
        return
    added.add(name)
    found = _descriptor(binary, name)
    for needed in found.dependency:
        _add(pool, binary, needed, added)
    pool.Add(found)


def _descriptor(binary: mmap.mmap, name: str) -> descriptor_pb2.FileDescriptorProto:
    """Its serialised form begins with its name; raises LookupError where there is none."""
    begin = b"\x0a" + bytes((len(name),)) + name.encode()
    at = binary.find(begin)
    while at >= 0:
        for size in _ends(binary, at):
            try:
                found = descriptor_pb2.FileDescriptorProto.FromString(binary[at : at + size])
            except DecodeError:
                continue
            if found.package:
                return found
        at = binary.find(begin, at + 1)
    raise LookupError(name)


def _ends(binary: mmap.mmap, begin: int) -> Iterator[int]:
    """Where the serialised form may end: after its syntax, or before the first that is no further field of it."""
    at, last = begin, 0
    while at - begin < _MAX_BYTES:
        tag, after = _varint(binary, at)
        field, kind = tag >> 3, tag & 7
        if field < last or kind not in (0, 2):
            break
        value, after = _varint(binary, after)
        at, last = (after + value if kind == 2 else after), field
        if field == _SYNTAX:
            break
    yield at - begin


def _varint(binary: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = binary[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
