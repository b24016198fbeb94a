"""Health as orchestrators and Envoy ask for it, with the health client of the gRPC library."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ext_proc import health
from ext_proc.call import Forward
from ext_proc.tests.stage import END, Gateway, always, play, until

Response = health_pb2.HealthCheckResponse
NOBODY = always(Forward("=m"))


def _asking(service: str) -> Any:
    return health_pb2.HealthCheckRequest(service=service)


def _client(gateway: Gateway) -> Any:
    return health_pb2_grpc.HealthStub(gateway.channel)


@pytest.mark.parametrize(
    ("service", "status"),
    [("", Response.SERVING), ("ext_proc", Response.SERVING), ("router_model", Response.NOT_SERVING)],
)
def test_each_service_is_asked_by_its_name(service: str, status: int) -> None:
    async def scene(gateway: Gateway) -> None:
        assert (await _client(gateway).Check(_asking(service))).status == status

    play(NOBODY, scene)


def test_a_worker_that_ends_serves_nothing_any_more() -> None:
    async def scene(gateway: Gateway) -> None:
        gateway.ready.router_answers(True)
        gateway.ready.end()
        gateway.ready.router_answers(True)
        for service in ("", "ext_proc", "router_model"):
            assert (await _client(gateway).Check(_asking(service))).status == Response.NOT_SERVING

    play(NOBODY, scene)


def test_an_unknown_service_is_not_found_and_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(gateway: Gateway) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await _client(gateway).Check(_asking("plano"))
        assert failed.value.code() is grpc.StatusCode.NOT_FOUND

    play(NOBODY, scene)
    assert not caplog.records


def test_a_question_that_cannot_be_read_is_refused() -> None:
    async def scene(gateway: Gateway) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await gateway.channel.unary_unary(health.CHECK)(b"\x0a\xff")
        assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    play(NOBODY, scene)


def test_whoever_watches_hears_at_once_of_every_change_and_of_the_end() -> None:
    async def scene(gateway: Gateway) -> None:
        watching = _client(gateway).Watch(_asking("router_model"))
        assert (await watching.read()).status == Response.NOT_SERVING
        gateway.ready.router_answers(True)
        assert (await watching.read()).status == Response.SERVING
        gateway.ready.decides(False)
        gateway.ready.router_answers(False)
        assert (await watching.read()).status == Response.NOT_SERVING
        gateway.ready.router_answers(True)
        assert (await watching.read()).status == Response.SERVING
        gateway.ready.end()
        assert (await watching.read()).status == Response.NOT_SERVING
        assert await watching.read() is END
        assert await watching.code() is grpc.StatusCode.OK

    play(NOBODY, scene)


def test_watching_an_unknown_service_is_answered_and_goes_on() -> None:
    async def scene(gateway: Gateway) -> None:
        watching = _client(gateway).Watch(_asking("plano"))
        assert (await watching.read()).status == Response.SERVICE_UNKNOWN
        reading = asyncio.ensure_future(watching.read())
        gateway.ready.decides(False)
        assert (await _client(gateway).Check(_asking(""))).status == Response.NOT_SERVING
        assert not reading.done()
        reading.cancel()

    play(NOBODY, scene)


def test_whoever_stops_watching_is_forgotten() -> None:
    async def scene(gateway: Gateway) -> None:
        watching = _client(gateway).Watch(_asking(""))
        await watching.read()
        assert gateway.served.in_flight == 1
        watching.cancel()
        await until(lambda: not gateway.served.in_flight)

    play(NOBODY, scene)
