"""What gRPC promises its callers besides the exchange itself: deadlines, and refusals of what is not supported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from ext_proc import rpc, server
from ext_proc.call import Call, Decided, Forward, Stream
from ext_proc.http2 import frames, headers
from ext_proc.http2.headers import Headers
from ext_proc.rpc import Write
from ext_proc.server import Delay
from ext_proc.tests.stage import QUESTION, RECORD, Gateway, always, play, until
from schemas.decisions import Why

_ASKED = ((b":method", b"POST"), (b":path", server.PATH.encode()), (b"content-type", b"application/grpc"))


async def _never(_: Call, __: Delay) -> Decided:
    await asyncio.Event().wait()
    raise AssertionError


class _Wire(asyncio.Transport):
    """Keeps what the server says."""

    def __init__(self) -> None:
        super().__init__()
        self.said = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += bytes(data)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass


def _told(handler: rpc.Handler, message: bytes, *more: tuple[bytes, bytes], compressed: bool = False) -> bytes:
    """What a caller hears who sends this message with these headers besides the usual ones."""

    async def stage() -> bytes:
        served = rpc.Server({server.PATH: handler})
        wire = _Wire()
        peer = rpc._Peer(served)
        peer.connection_made(wire)
        question = bytes((compressed,)) + len(message).to_bytes(4) + message
        data = (
            frames.PREFACE
            + frames.settings({})
            + frames.frame(frames.Kind.HEADERS, frames.END_HEADERS, 1, headers.write((*_ASKED, *more)))
            + frames.frame(frames.Kind.DATA, frames.END_STREAM, 1, question)
        )
        peer.get_buffer(0)[: len(data)] = data
        peer.buffer_updated(len(data))
        async with asyncio.timeout(60):
            await until(lambda: not peer.calls)
        return wire.said

    return asyncio.run(stage())


async def _echo(_: Headers, message: bytes | None, write: Write) -> None:
    await write(message or b"")


def test_a_caller_whose_time_is_up_is_told_so_and_nobody_decides_on() -> None:
    async def scene(gateway: Gateway) -> None:
        call = gateway.channel.stream_stream(server.PATH)(timeout=0.05)
        await call.write(QUESTION)
        assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await until(lambda: not gateway.served.in_flight and bool(gateway.notes))
        assert [record.why for record in gateway.notes] == [Why.CLIENT_LEFT]

    play(_never, scene)


@pytest.mark.parametrize("limit", [b"0n", b"1u", b"1m"])
def test_the_end_of_a_callers_time_ends_the_call_without_the_callers_help(limit: bytes) -> None:
    stopped = asyncio.Event()

    async def wait(_: Headers, __: bytes | None, ___: Write) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    said = _told(wait, b"", (b"grpc-timeout", limit))
    assert headers.write(((b"grpc-status", b"4"),)) in said
    assert stopped.is_set()


@pytest.mark.parametrize("limit", [b"8H", b"99999999S", b"", b"S", b"1x", b"-1S", b"123456789m", b"1.5S", b"\xb2S"])
def test_a_caller_with_time_enough_or_an_unreadable_limit_is_answered(limit: bytes) -> None:
    assert headers.write(((b"grpc-status", b"0"),)) in _told(_echo, b"hello", (b"grpc-timeout", limit))


@pytest.mark.parametrize("encoding", [b"gzip", b"snappy"])
def test_a_compressed_message_is_unimplemented_and_what_is_understood_is_said(encoding: bytes) -> None:
    said = _told(_echo, b"...", (b"grpc-encoding", encoding), compressed=True)
    assert headers.write(((b"grpc-status", b"12"),)) in said
    assert headers.write(((b"grpc-accept-encoding", b"identity"),)) in said


def test_a_message_that_is_not_compressed_is_read_whatever_was_announced() -> None:
    said = _told(_echo, b"hello", (b"grpc-encoding", b"gzip"))
    assert b"hello" in said
    assert headers.write(((b"grpc-status", b"0"),)) in said


def test_a_compressed_message_nobody_announced_is_an_error() -> None:
    assert headers.write(((b"grpc-status", b"13"),)) in _told(_echo, b"hello", compressed=True)


def test_a_client_that_compresses_learns_that_it_must_not() -> None:
    async def scene(gateway: Gateway) -> None:
        call = gateway.channel.stream_stream(server.PATH, request_serializer=None)(compression=grpc.Compression.Gzip)
        await call.write(QUESTION * 50)
        assert await call.code() is grpc.StatusCode.UNIMPLEMENTED

    play(always(Forward("=m")), scene)


def test_a_stream_whose_head_cannot_be_sent_is_closed_all_the_same() -> None:
    closed = asyncio.Event()

    class Pieces:
        """A source of pieces that knows whether it was closed."""

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self

        async def __anext__(self) -> bytes:
            raise AssertionError("nobody is there to read it")

        async def aclose(self) -> None:
            closed.set()

    async def decide(_: Call, __: Delay) -> Decided:
        return Decided(Stream(Pieces()), RECORD)

    async def write(_: bytes) -> None:
        raise asyncio.CancelledError

    async def stage() -> None:
        service = server.Service(decide, lambda record: None)
        with pytest.raises(asyncio.CancelledError):
            await service.process({}, QUESTION, write)

    asyncio.run(stage())
    assert closed.is_set()
