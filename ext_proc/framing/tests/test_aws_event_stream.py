from __future__ import annotations

import struct
import uuid
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.framing.aws_event_stream import FrameTooLarge, Message, MessageReader, WrongFrame


def framed(headers: bytes, payload: bytes) -> bytes:
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    begun = lengths + struct.pack(">I", crc32(lengths)) + headers + payload
    return begun + struct.pack(">I", crc32(begun))


def read(*chunks: bytes, max_bytes: int = 1000) -> list[Message]:
    reader = MessageReader(max_bytes)
    return [message for chunk in chunks for message in reader.feed(chunk)]


ID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
HEADERS = (
    b"\x01a\x00"
    b"\x01b\x01"
    b"\x01c\x02\xff"
    b"\x01d\x03\xff\xfe"
    b"\x01e\x04\x00\x00\x00\x07"
    b"\x01f\x05\x00\x00\x00\x00\x00\x00\x00\x08"
    b"\x01g\x06\x00\x02\x00\xff"
    b"\x01h\x07\x00\x02\xc3\xa9"
    b"\x01i\x08\x00\x00\x01\x00\x00\x00\x00\x00"
    b"\x01j\x09" + ID.bytes
)
VALUES = {
    "a": True,
    "b": False,
    "c": -1,
    "d": -2,
    "e": 7,
    "f": 8,
    "g": b"\x00\xff",
    "h": "é",
    "i": 1 << 40,
    "j": ID,
}


def test_headers_of_every_type_are_read() -> None:
    (message,) = read(framed(HEADERS, b"{}"))
    assert message.headers == VALUES
    assert message.payload == b"{}"
    assert (message.text("h"), message.text("e"), message.text("none")) == ("é", "", "")


def test_an_empty_message_is_one() -> None:
    assert read(framed(b"", b"")) == [Message({}, b"")]


@given(st.lists(st.binary(max_size=40), max_size=5), st.data())
def test_any_split_gives_the_same_messages(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(framed(HEADERS, payload) for payload in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [message.payload for message in read(*chunks)] == payloads


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    data = bytearray(framed(HEADERS, b"payload"))
    data[place % len(data)] ^= change
    with pytest.raises(WrongFrame):
        read(bytes(data))


@pytest.mark.parametrize(
    "headers",
    [
        b"\x01a\x0a",
        b"\x01a\x07\x00\x05ab",
        b"\x05a",
        b"\x01\xff\x00",
        b"\x01a\x07\x00\x01\xff",
        b"\x01a\x04\x00",
        b"\x01a",
    ],
    ids=["unknown type", "short text", "short name", "name", "text", "short number", "no type"],
)
def test_headers_that_lie_are_noticed(headers: bytes) -> None:
    with pytest.raises(WrongFrame):
        read(framed(headers, b""))


def test_lengths_that_contradict_each_other_are_noticed() -> None:
    lengths = struct.pack(">II", 20, 90)
    with pytest.raises(WrongFrame):
        read(lengths + struct.pack(">I", crc32(lengths)))


def test_a_message_too_large_is_refused_by_its_lengths_alone() -> None:
    assert len(read(framed(b"", b"x" * 84), max_bytes=100)) == 1
    with pytest.raises(FrameTooLarge):
        read(framed(b"", b"x" * 85)[:12], max_bytes=100)


def test_messages_before_a_wrong_one_are_told() -> None:
    reader, found = MessageReader(1000), []
    with pytest.raises(WrongFrame):
        for message in reader.feed(framed(b"", b"good") + b"\x00" * 20):
            found.append(message.payload)
    assert found == [b"good"]


def test_a_message_cut_short_is_pending() -> None:
    reader = MessageReader(1000)
    data = framed(b"", b"payload")
    assert list(reader.feed(data[:-1])) == []
    assert reader.pending
    assert len(list(reader.feed(data[-1:]))) == 1
    assert not reader.pending
