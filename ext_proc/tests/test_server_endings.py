"""Exchanges that do not end well: crashes, clients that leave, messages nobody expected, a worker that stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from ext_proc.call import Call, Decided, Forward, Record, Stream
from ext_proc.server import Delay
from ext_proc.tests.stage import QUESTION, RECORD, SECRET, Gateway, always, play, until
from schemas.decisions import Why
from schemas.wire.ext_proc_pb2 import ProcessingRequest


def test_a_crash_is_an_error_that_tells_nothing_and_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    async def decide(_: Call, __: Delay) -> Decided:
        raise ValueError(SECRET)

    async def scene(gateway: Gateway) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.ask()
        assert failed.value.code() is grpc.StatusCode.UNKNOWN
        assert failed.value.details() == "ValueError"
        assert gateway.notes == [Record(listener="llm", why=Why.FAULT, request_id="r-1")]

    with caplog.at_level(logging.ERROR):
        play(decide, scene)
    assert [record.getMessage() for record in caplog.records] == ["call_failed"]


def test_a_streamed_answer_that_breaks_is_an_error_and_noted_once() -> None:
    closed = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"data: 1\n\n"
            raise ValueError(SECRET)
        finally:
            closed.set()

    async def scene(gateway: Gateway) -> None:
        call = gateway.exchange()
        await call.write(QUESTION)
        await call.read()
        await call.read()
        with pytest.raises(grpc.aio.AioRpcError, match="ValueError") as failed:
            await call.read()
        assert SECRET not in str(failed.value)
        assert closed.is_set()
        assert gateway.notes == [RECORD]

    async def decide(_: Call, __: Delay) -> Decided:
        return Decided(Stream(chunks()), RECORD)

    play(decide, scene)


def test_a_client_that_leaves_stops_deciding_and_is_noted_once() -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def decide(_: Call, __: Delay) -> Decided:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        raise AssertionError

    async def scene(gateway: Gateway) -> None:
        call = gateway.exchange()
        await call.write(QUESTION)
        await begun.wait()
        call.cancel()
        await stopped.wait()
        await until(lambda: not gateway.served.in_flight and bool(gateway.notes))
        assert gateway.notes == [Record(listener="llm", why=Why.CLIENT_LEFT, request_id="r-1")]

    play(decide, scene)


def test_a_client_that_leaves_a_stream_ends_it() -> None:
    ended = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"data: 1\n\n"
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def scene(gateway: Gateway) -> None:
        call = gateway.exchange()
        await call.write(QUESTION)
        await call.read()
        await call.read()
        call.cancel()
        await ended.wait()
        await until(lambda: bool(gateway.notes))
        assert gateway.notes == [RECORD]

    async def decide(_: Call, __: Delay) -> Decided:
        return Decided(Stream(chunks()), RECORD)

    play(decide, scene)


def test_an_unknown_listener_is_an_error() -> None:
    class UnknownListener(Exception):
        pass

    async def decide(call: Call, _: Delay) -> Decided:
        raise UnknownListener(call.listener)

    async def scene(gateway: Gateway) -> None:
        with pytest.raises(grpc.aio.AioRpcError, match="UnknownListener"):
            await gateway.ask(listener="elsewhere")
        assert [note.listener for note in gateway.notes] == ["elsewhere"]

    play(decide, scene)


def question_of_another_kind() -> bytes:
    other = ProcessingRequest()
    other.request_body.body = SECRET.encode()
    return other.SerializeToString()


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (question_of_another_kind(), "a message of kind request_body"),
        (b"\xff\xff\xff", "a message that cannot be read"),
        (b"", "a message of kind None"),
    ],
)
def test_what_is_no_question_is_an_error_and_not_consent(question: bytes, why: str) -> None:
    async def scene(gateway: Gateway) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.ask(question)
        assert failed.value.details() == why
        assert [note.why for note in gateway.notes] == [Why.FAULT]

    play(always(Forward("=m")), scene)


def test_what_is_open_may_finish_when_the_worker_ends() -> None:
    begun, answer = asyncio.Event(), asyncio.Event()

    async def decide(_: Call, __: Delay) -> Decided:
        begun.set()
        await answer.wait()
        return Decided(Forward("=m"), RECORD)

    async def scene(gateway: Gateway) -> None:
        asking = asyncio.create_task(gateway.ask())
        await begun.wait()
        stopping = asyncio.create_task(gateway.served.stop(30))
        await asyncio.sleep(0)
        answer.set()
        assert len(await asking) == 1
        await stopping

    play(decide, scene)


def test_what_takes_too_long_is_cut_when_the_worker_ends() -> None:
    begun = asyncio.Event()

    async def decide(_: Call, __: Delay) -> Decided:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def scene(gateway: Gateway) -> None:
        asking = asyncio.create_task(gateway.ask())
        await begun.wait()
        await gateway.served.stop(0)
        with pytest.raises(grpc.aio.AioRpcError):
            await asking
        assert [note.why for note in gateway.notes] == [Why.CLIENT_LEFT]

    play(decide, scene)
