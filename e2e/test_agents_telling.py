"""What is told about decisions, and to whom: one record a request, log fields, counters, spans; never what was said."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import grpc
import pytest

from e2e.client import CHAT, MESSAGES, RESPONSES, RawConnection, Reply, call
from e2e.crew import PATHS, Crew, body, crew, eventually
from e2e.harness import free_port
from schemas.decisions import Why

SECRET = "Rumpelstilzchen"
"""In every question of this file and in every answer of these agents; nothing that is written down may hold it."""
BOTH = f"{SECRET}: the weather, and a flight"


class World(NamedTuple):
    crew: Crew
    spans: list[bytes]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port, spans = free_port(), list[bytes]()
    listeners = {
        "travel": "",
        "strict": "decision: {no_match: refuse}",
        "together": "decision: {mode: parallel}",
        "skipping": "decision: {mode: parallel, agent_failure: skip}",
    }
    top = f'tracing: {{random_sampling: 100, opentracing_grpc_endpoint: "http://127.0.0.1:{port}"}}\n'
    with _collector(port, spans), crew(listeners, top=top) as found:
        for agent in found.agents:
            agent.say = lambda _: f"{SECRET} says so."
        yield World(found, spans)


class _collector:
    """An OpenTelemetry collector that only keeps what it is sent."""

    def __init__(self, port: int, kept: list[bytes]) -> None:
        def export(request: bytes, _: grpc.ServicerContext) -> bytes:
            kept.append(request)
            return b""

        service = "opentelemetry.proto.collector.trace.v1.TraceService"
        handlers = {"Export": grpc.unary_unary_rpc_method_handler(export)}
        self._server = grpc.server(ThreadPoolExecutor(2))
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        self._server.add_insecure_port(f"127.0.0.1:{port}")

    def __enter__(self) -> None:
        self._server.start()

    def __exit__(self, *_: object) -> None:
        self._server.stop(0)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.crew.reset()


def test_the_record_of_a_decision(world: World) -> None:
    reply = world.crew.ask("travel", f"{SECRET} weather")
    record = world.crew.record(reply)
    assert record["listener"] == "travel" and record["why"] == "matched"
    assert record["candidates"] == ["weather_agent", "flight_agent", "hotel_agent"]
    assert record["chosen"] == ["weather_agent"] and 0 < record["confidence"] <= 1
    assert (record["router"], record["prompt"]) == ("Plano-Orchestrator", "plano-orchestrator/1")
    assert {"read", "router"} <= record["steps_ms"].keys()
    assert 0 < sum(record["steps_ms"].values()) <= record["total_ms"]


def test_the_record_of_a_chain_says_how_each_did(world: World) -> None:
    reply = world.crew.ask("travel", BOTH)
    record = world.crew.record(reply)
    assert record["why"] == "matched_several" and record["chosen"] == ["weather_agent", "flight_agent"]
    assert record["steps_ms"]["agent weather_agent"] > 0


def test_a_record_for_every_request_and_not_two(world: World) -> None:
    before = len(world.crew.gateway.decisions())
    replies = [world.crew.ask(x, q) for x in ("travel", "strict", "together") for q in ("weather", BOTH, SECRET)]
    replies += [world.crew.ask("together", BOTH, path, stream=True) for path in PATHS]
    world.crew.weather.next(status=500)
    replies.append(world.crew.ask("travel", BOTH))
    ids = {world.crew.record(reply)["request_id"] for reply in replies}
    assert len(ids) == len(replies) == len(world.crew.gateway.decisions()) - before


def test_the_access_log_of_a_decision(world: World) -> None:
    line = world.crew.logged(world.crew.ask("travel", BOTH))
    assert (line["decision_why"], line["decision_agents"]) == ("matched_several", "weather_agent,flight_agent")
    assert (line["route"], line["cluster"], line["status"]) == ("flight_agent", "agent_flight_agent", 200)
    assert line["decision_router"] == "Plano-Orchestrator" and float(line["decision_ms"]) > 0
    assert 0 < float(line["decision_confidence"]) <= 1
    refused = world.crew.logged(world.crew.ask("strict", SECRET))
    assert (refused["decision_why"], refused["route"], refused["status"]) == ("refused", "no_agent_fits", 422)


def _counters(world: World) -> dict[str, int]:
    lines = world.crew.gateway.admin("/stats/prometheus").splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith("envoy_plano_decisions{"))
    return {name: int(value) for name, _, value in found}


@pytest.mark.parametrize(
    ("listener", "question", "why", "choice"),
    [
        ("travel", "weather", Why.MATCHED, "weather_agent"),
        ("travel", BOTH, Why.MATCHED_SEVERAL, "several"),
        ("travel", SECRET, Why.NO_MATCH, "hotel_agent"),
        ("strict", SECRET, Why.REFUSED, "-"),
        ("together", BOTH, Why.MATCHED_SEVERAL, "several"),
    ],
)
def test_every_decision_is_counted_once(world: World, listener: str, question: str, why: Why, choice: str) -> None:
    before = _counters(world)
    world.crew.logged(world.crew.ask(listener, question))
    after = _counters(world)
    name = f'envoy_plano_decisions{{listener="{listener}",why="{why}",choice="{choice}"}}'
    assert {n: after[n] - before.get(n, 0) for n in after if after[n] != before.get(n, 0)} == {name: 1}


def test_the_time_of_decisions_is_measured(world: World) -> None:
    world.crew.logged(world.crew.ask("travel", "weather"))
    assert "envoy_plano_decision_us_bucket" in world.crew.gateway.admin("/stats/prometheus")


def test_a_span_tells_the_decision(world: World) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    parent = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    reply = call(world.crew.ports["travel"], CHAT, body(CHAT, BOTH), parent)
    assert world.crew.record(reply)["trace_id"] == trace
    eventually(lambda: any(_tells(spans, trace) for spans in world.spans), "a span that tells")


@pytest.mark.parametrize("listener", ["travel", "together"])
def test_all_that_is_asked_for_a_request_is_one_trace(world: World, listener: str) -> None:
    """Also where the client belongs to none: the agents, the router model, and what the log says."""
    made = world.crew
    made.reset()
    reply = made.ask(listener, BOTH)
    parents = [dict(agent.last.headers)["traceparent"] for agent in (made.weather, made.flight)]
    parents += made.router.spans
    traces = {parent.split("-")[1] for parent in parents}
    assert traces == {made.record(reply)["trace_id"]}
    assert len(set(parents)) == len(parents) == 3


def _tells(spans: bytes, trace: str) -> bool:
    wanted = ("plano.decision.why", "matched_several", "selection.agents", "routing.determination_ms")
    return bytes.fromhex(trace) in spans and all(word.encode() in spans for word in wanted)


def _everything_there_is_to_ask(world: World) -> list[Reply]:
    made = world.crew
    questions = (f"{SECRET} weather", BOTH, SECRET)
    cases = itertools.product(made.ports, questions, PATHS, (False, True))
    replies = [made.ask(listener, question, path, stream=streamed) for listener, question, path, streamed in cases]
    for failure in ({"status": 500}, {"fault": "reset_mid", "cut": 300}, {"body": SECRET}, {"fault": "fin"}):
        for listener in made.ports:
            made.weather.next(**failure)
            replies.append(made.ask(listener, BOTH, stream=True))
            made.weather.reset()
    for fault in ("error", "garbage", "too_long", "prose"):
        made.router.fake.fault = fault
        replies.append(made.ask("travel", BOTH))
    made.router.fake.fault = ""
    for raw in (f'{{"model": "m", "messages": "{SECRET}"}}', f'{{"messages": ["{SECRET}"', f"{SECRET}"):
        for path in (CHAT, MESSAGES, RESPONSES):
            replies.append(call(made.ports["travel"], path, raw.encode()))
    return replies


def test_nothing_that_was_said_is_written_down(world: World) -> None:
    replies = _everything_there_is_to_ask(world)
    assert len(replies) > 80
    world.crew.reset()
    world.crew.weather.next(fault="hang")
    leaving = RawConnection(world.crew.ports["travel"], body(CHAT, BOTH))
    assert world.crew.weather.wait(lambda: bool(world.crew.weather.seen), 20)
    leaving.leave(reset=True)
    world.crew.logged(world.crew.ask("travel", BOTH))
    gateway = world.crew.gateway
    files = [path for path in gateway.directory.rglob("*") if path.is_file()]
    assert {"access.log", "envoy.log", "sidecar.log", "runtime.json"} <= {path.name for path in files}
    assert [path.name for path in files if SECRET.encode() in path.read_bytes()] == []
    for page in ("/config_dump", "/stats", "/stats/prometheus", "/clusters", "/listeners", "/server_info"):
        assert SECRET not in gateway.admin(page), page
    assert not any(SECRET.encode() in spans for spans in world.spans)


def test_refusals_quote_nothing(world: World) -> None:
    refused = [reply for reply in _everything_there_is_to_ask(world) if reply.status >= 400]
    assert len(refused) > 10
    assert not [reply for reply in refused if SECRET in reply.body.decode()]
    assert not [reply for reply in refused if SECRET in str(reply.headers)]
