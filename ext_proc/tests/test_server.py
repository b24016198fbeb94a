"""Exchanges over a real unix socket, asked by the gRPC library's client as Envoy would ask."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import grpc
import grpc.aio
import pytest

from ext_proc import health, rpc, server
from ext_proc.call import Attempt, Call, Decided, Forward, Outcome, Rank, Record, Refuse, Reply, Stream
from ext_proc.server import DecideCall, Delay
from ext_proc.tests.test_wire import request
from schemas import names
from schemas.decisions import Why
from schemas.wire.ext_proc_pb2 import ProcessingRequest, ProcessingResponse

NO_LIMIT = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
RECORD = Record(listener="llm", why=Why.PREFERENCE, model="m")
QUESTION = request('{"messages":[]}', x_request_id="r-1")
END = cast(Any, grpc.aio).EOF
SECRET = "what the user wrote"


class Gateway:
    """One server and one client of it; `notes` are the records."""

    def __init__(self, served: rpc.Server, channel: Any, notes: list[Record]) -> None:
        self.served = served
        self.notes = notes
        self.health = channel.unary_unary(health.PATH)
        self.elsewhere = channel.unary_unary("/envoy.service.ext_proc.v3.ExternalProcessor/Other")
        self._process = channel.stream_stream(server.PATH, response_deserializer=ProcessingResponse.FromString)

    def exchange(self, listener: str = "llm") -> Any:
        return self._process(metadata=((names.LISTENER_METADATA, listener),))

    async def ask(self, question: bytes = QUESTION, listener: str = "llm") -> list[ProcessingResponse]:
        """All the answers to one question. Raises grpc.RpcError."""
        call = self.exchange(listener)
        await call.write(question)
        return [answer async for answer in call]


@asynccontextmanager
async def running(decide: DecideCall) -> AsyncIterator[Gateway]:
    notes: list[Record] = []
    ready = health.Health()
    ready.serving = True
    with TemporaryDirectory() as folder:
        path = Path(folder, "s.sock")
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        bound.bind(str(path))
        service = server.Service(decide, notes.append)
        served = rpc.Server({server.PATH: service.process, health.PATH: ready.check})
        await served.listen(bound)
        async with grpc.aio.insecure_channel(f"unix:{path}", options=NO_LIMIT) as channel:
            yield Gateway(served, channel, notes)
        await served.stop(0)


def play(decide: DecideCall, scene: Callable[[Gateway], Awaitable[None]]) -> None:
    async def stage() -> None:
        async with asyncio.timeout(60), running(decide) as gateway:
            await scene(gateway)

    asyncio.run(stage())


def always(outcome: Outcome) -> DecideCall:
    async def decide(_: Call, __: Delay) -> Decided:
        return Decided(outcome, RECORD)

    return decide


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Forward("=m"), "request_headers"),
        (Rank((Attempt("c", "m"),), "m"), "request_headers"),
        (Refuse("no_model_fits"), "request_headers"),
        (Reply(200, b"{}"), "immediate_response"),
    ],
)
def test_one_question_one_answer_one_record(outcome: Outcome, kind: str) -> None:
    async def scene(gateway: Gateway) -> None:
        answers = await gateway.ask()
        assert [answer.WhichOneof("response") for answer in answers] == [kind]
        assert gateway.notes == [RECORD]

    play(always(outcome), scene)


def test_the_decision_sees_the_call_and_its_listener() -> None:
    calls: list[Call] = []

    async def decide(call: Call, _: Delay) -> Decided:
        calls.append(call)
        return Decided(Forward("=m"), RECORD)

    async def scene(gateway: Gateway) -> None:
        await gateway.ask(listener="travel")
        assert [(call.listener, call.body, call.headers["x-request-id"]) for call in calls] == [
            ("travel", b'{"messages":[]}', "r-1")
        ]

    play(decide, scene)


def test_many_exchanges_share_a_connection_and_none_waits_for_another() -> None:
    together = asyncio.Event()
    waiting = 0

    async def decide(call: Call, _: Delay) -> Decided:
        nonlocal waiting
        waiting += 1
        if waiting == 50:
            together.set()
        await together.wait()
        return Decided(Forward(call.headers["x-number"]), RECORD)

    async def scene(gateway: Gateway) -> None:
        asked = (gateway.ask(request(x_number=str(number))) for number in range(50))
        answers = await asyncio.gather(*asked)
        keys = [cast(Any, one.dynamic_metadata["plano.decision"])["key"] for (one,) in answers]
        assert keys == [str(number) for number in range(50)]
        assert len(gateway.notes) == 50

    play(decide, scene)


def test_more_time_is_asked_for_before_the_answer() -> None:
    async def decide(_: Call, delay: Delay) -> Decided:
        await delay(20)
        return Decided(Forward("=m"), RECORD)

    async def scene(gateway: Gateway) -> None:
        longer, answer = await gateway.ask()
        assert longer.override_message_timeout.seconds == 20
        assert longer.WhichOneof("response") is None
        assert answer.WhichOneof("response") == "request_headers"

    play(decide, scene)


def test_more_time_is_asked_for_while_deciding_goes_on() -> None:
    answer = asyncio.Event()

    async def decide(_: Call, delay: Delay) -> Decided:
        await delay(20)
        await answer.wait()
        return Decided(Forward("=m"), RECORD)

    async def scene(gateway: Gateway) -> None:
        call = gateway.exchange()
        await call.write(QUESTION)
        assert (await call.read()).override_message_timeout.seconds == 20
        assert not gateway.notes
        answer.set()
        assert (await call.read()).WhichOneof("response") == "request_headers"

    play(decide, scene)


def test_a_streamed_answer_comes_as_it_is_made() -> None:
    go_on = asyncio.Queue[None]()

    async def chunks() -> AsyncIterator[bytes]:
        for piece in (b"data: 1\n\n", b"data: 2\n\n"):
            await go_on.get()
            yield piece

    async def scene(gateway: Gateway) -> None:
        call = gateway.exchange()
        await call.write(QUESTION)
        assert (await call.read()).streamed_immediate_response.HasField("headers_response")
        for piece in (b"data: 1\n\n", b"data: 2\n\n"):
            assert not gateway.notes
            go_on.put_nowait(None)
            assert (await call.read()).streamed_immediate_response.body_response.body == piece
        assert (await call.read()).streamed_immediate_response.body_response.end_of_stream
        assert await call.read() is END
        assert gateway.notes == [RECORD]

    async def decide(_: Call, __: Delay) -> Decided:
        return Decided(Stream(chunks()), RECORD)

    play(decide, scene)


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


def test_an_exchange_without_a_question_ends_without_a_record() -> None:
    async def scene(gateway: Gateway) -> None:
        call = gateway.exchange()
        await call.done_writing()
        assert await call.read() is END
        assert await call.code() is grpc.StatusCode.OK
        assert not gateway.notes

    play(always(Forward("=m")), scene)


def test_a_body_of_8_mb_goes_there_and_back() -> None:
    body = '{"x":"' + "é" * (4 << 20) + '"}'

    async def decide(call: Call, _: Delay) -> Decided:
        return Decided(Forward("=m", call.body), RECORD)

    async def scene(gateway: Gateway) -> None:
        (answer,) = await gateway.ask(request(body))
        assert answer.request_headers.response.body_mutation.body == body.encode()

    play(decide, scene)


@pytest.mark.parametrize(("serving", "answer"), [(True, b"\x08\x01"), (False, b"\x08\x02")])
def test_health_says_whether_it_serves(serving: bool, answer: bytes) -> None:
    ready = health.Health()
    ready.serving = serving
    written: list[bytes] = []

    async def write(message: bytes) -> None:
        written.append(message)

    asyncio.run(ready.check({}, b"", write))
    assert written == [answer]


def test_health_is_asked_by_the_standard_protocol() -> None:
    async def scene(gateway: Gateway) -> None:
        assert await gateway.health(b"\x0a\x08ext_proc") == b"\x08\x01"

    play(always(Forward("=m")), scene)


def test_another_method_is_unimplemented() -> None:
    async def scene(gateway: Gateway) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.elsewhere(b"")
        assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED

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
