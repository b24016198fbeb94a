"""Exchanges over a real unix socket, from the question to the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import grpc.aio
import pytest

from ext_proc import server
from ext_proc.call import Attempt, Call, Decided, Forward, Outcome, Rank, Refuse, Reply, Stream
from ext_proc.server import Delay
from ext_proc.tests.stage import END, QUESTION, RECORD, Gateway, always, play
from ext_proc.tests.test_wire import request
from schemas import names


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


@pytest.mark.parametrize("client", [{}, {"traceparent": f"00-{'c' * 32}-{'d' * 16}-01"}], ids=["none", "a client's"])
def test_what_is_asked_for_a_request_belongs_to_the_span_of_the_exchange(client: dict[str, str]) -> None:
    seen: list[Call] = []
    span = f"00-{'a' * 32}-{'b' * 16}-01"

    async def decide(call: Call, _: Delay) -> Decided:
        seen.append(call)
        return Decided(Forward("@weather"), RECORD)

    async def scene(gateway: Gateway) -> None:
        process = gateway.channel.stream_stream(server.PATH)
        exchange = process(metadata=((names.LISTENER_METADATA, "travel"), ("traceparent", span)))
        await exchange.write(request('{"messages":[]}', **client))
        assert [answer async for answer in exchange]

    play(decide, scene)
    assert [call.headers["traceparent"] for call in seen] == [span]


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


def test_another_method_is_unimplemented() -> None:
    async def scene(gateway: Gateway) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.elsewhere(b"")
        assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED

    play(always(Forward("=m")), scene)
