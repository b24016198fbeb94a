from __future__ import annotations

import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.http2 import headers
from ext_proc.http2.frames import Code, ConnectionFailed
from ext_proc.http2.headers import HeaderReader

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30).map(str.encode)
VALUES = st.binary(max_size=300)
Pairs = list[tuple[bytes, bytes]]
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=10, unique_by=lambda pair: pair[0])


@given(PAIRS)
def test_a_written_block_says_what_was_meant(pairs: Pairs) -> None:
    assert [(bytes(n), bytes(v)) for n, v in Decoder(1 << 20).decode(headers.write(pairs), raw=True)] == pairs


@given(st.lists(PAIRS, max_size=6), st.booleans())
def test_blocks_are_read_in_order_with_and_without_a_table(
    blocks: list[list[tuple[bytes, bytes]]], table: bool
) -> None:
    """Every block twice: what was remembered of the first must hold for the second."""
    encoder, reader = Encoder(), HeaderReader()
    if not table:
        encoder.header_table_size = 0
    for pairs in (pairs for pairs in blocks for _ in range(2)):
        assert reader.read(encoder.encode(pairs)) == dict(pairs)


def test_a_header_that_comes_twice_is_one_with_both_values() -> None:
    pairs = [(b"x-tag", b"a"), (b"cookie", b"b=1"), (b"x-tag", b"c"), (b"cookie", b"d=2")]
    assert HeaderReader().read(headers.write(pairs)) == {b"x-tag": b"a, c", b"cookie": b"b=1; d=2"}


def test_equal_bytes_may_mean_something_else_once_the_table_has_changed() -> None:
    encoder, reader = Encoder(), HeaderReader()
    reader.read(encoder.encode([(b"x-a", b"1")]))
    newest = b"\xbe"
    assert reader.read(newest) == {b"x-a": b"1"}
    reader.read(encoder.encode([(b"x-b", b"2")]))
    assert reader.read(newest) == {b"x-b": b"2"}


def test_more_different_blocks_than_are_remembered() -> None:
    encoder, reader = Encoder(), HeaderReader()
    encoder.header_table_size = 0
    for number in [*range(200), *range(200)]:
        value = str(number).encode()
        assert reader.read(encoder.encode([(b"x", value)])) == {b"x": value}


@pytest.mark.parametrize("block", [b"\xff\xff\xff\xff\xff\xff\x7f", b"\x00\x05ab", b"\x80"])
def test_a_block_that_cannot_be_read_ends_the_connection(block: bytes) -> None:
    with pytest.raises(ConnectionFailed) as failed:
        HeaderReader().read(block)
    assert failed.value.code is Code.COMPRESSION_ERROR
