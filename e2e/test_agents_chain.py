"""Several agents one after the other: who hears what, what streams through, and what becomes of failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e import speaking
from e2e.agents import Agent
from e2e.client import CHAT, MESSAGES, RESPONSES, RawConnection, Reply, call
from e2e.crew import HOTEL_SAYS, PATHS, WEATHER_SAYS, Crew, body, crew, flight_says
from e2e.harness import free_port

BOTH = "The weather in Paris, and which flight goes there?"


@pytest.fixture(scope="module")
def world() -> Iterator[Crew]:
    listeners = {
        "travel": "",
        "hasty": "timeouts: {first_byte: 1s}",
        "skipping": "timeouts: {first_byte: 1s}, decision: {agent_failure: skip}",
        "short": "timeouts: {total: 2s, first_byte: 60s}",
        "retrying": "retry: {attempts: 1, backoff_base: 10ms}",
    }
    paths = {"weather_agent": "/sky/v1/chat/completions", "flight_agent": "/air/"}
    with crew(listeners, paths=paths) as found:
        yield found


@pytest.fixture(autouse=True)
def _fresh(world: Crew) -> None:
    world.reset()


def _direct(agent: Agent, path: str, *, streamed: bool) -> bytes:
    """What the agent's last answer was, made again from what it was asked."""
    heard = agent.heard(agent.last)
    return speaking.answer(path, agent.say(heard), agent.usage(agent.last), streamed=streamed)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("path", PATHS)
def test_the_last_agent_knows_what_the_first_said(world: Crew, path: str, streamed: bool) -> None:
    text = world.clients("travel").text(path, BOTH, streamed=streamed)
    assert text == f"BA304 leaves at 9:10. Told before: {WEATHER_SAYS}."
    assert world.asked() == ["weather", "flight"]
    assert [s.text for s in world.weather.heard(world.weather.last)] == [BOTH]
    assert [s.role for s in world.flight.heard(world.flight.last)][-2:] == ["assistant", "user"]
    assert world.flight.heard(world.flight.last)[-1].text == BOTH


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("path", PATHS)
def test_the_last_answer_comes_through_byte_for_byte(world: Crew, path: str, streamed: bool) -> None:
    reply = world.ask("travel", BOTH, path, stream=streamed)
    assert reply.status == 200 and reply.whole
    assert reply.body == _direct(world.flight, path, streamed=streamed)


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("a flight, then the weather", ["flight", "weather"]),
        ("weather, hotel and flight", ["weather", "hotel", "flight"]),
        ("hotel, flight, weather", ["hotel", "flight", "weather"]),
    ],
)
def test_the_order_is_that_of_the_router(world: Crew, question: str, order: list[str]) -> None:
    reply = world.ask("travel", question)
    assert world.asked() == order
    assert reply.headers["x-plano-why"] == "matched_several"
    assert reply.headers["x-plano-agents"] == ",".join(f"{name}_agent" for name in order)


def test_each_agent_hears_all_before_it(world: Crew) -> None:
    world.ask("travel", "weather, hotel and flight")
    heard = world.flight.heard(world.flight.last)
    assert [s.text for s in heard] == [WEATHER_SAYS, HOTEL_SAYS, "weather, hotel and flight"]


def test_the_rest_of_the_request_stays(world: Crew) -> None:
    """Earlier turns, system text, tools, unknown members: only the answer is added."""
    said = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": BOTH},
    ]
    sent: dict[str, Any] = {"model": "m", "messages": said, "temperature": 0.5, "odd": {"a": [1, None]}, "tools": []}
    assert call(world.ports["travel"], CHAT, sent).status == 200
    got = json.loads(world.flight.last.body)
    added = {"role": "assistant", "name": "weather_agent", "content": WEATHER_SAYS}
    assert got == {**sent, "messages": [*said[:-1], added, said[-1]]}
    assert world.flight.last.header("content-length") == str(len(world.flight.last.body)), "not in chunks"


def test_the_paths_of_the_agents_addresses_are_used(world: Crew) -> None:
    assert call(world.ports["travel"], f"{CHAT}?a=1&b=%2F", body(CHAT, BOTH)).status == 200
    assert world.weather.last.target == f"/sky{CHAT}?a=1&b=%2F"
    assert world.flight.last.target == f"/air{CHAT}?a=1&b=%2F"


def test_an_earlier_agent_gets_the_headers_it_would_get_alone(world: Crew) -> None:
    mine = {"x-tenant": "acme", "x-request-id": "1b7c6a", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    mine |= {"authorization": "Bearer of-the-client", "accept-language": "de"}
    got = []
    for question in ("weather", BOTH):
        assert call(world.ports["travel"], CHAT, body(CHAT, question), mine).status == 200
        got.append({name: value for name, value in world.weather.last.headers if name in mine})
    assert got[1] == got[0]
    assert got[0].keys() >= {"x-tenant", "x-request-id", "traceparent", "accept-language"}


def test_the_last_agent_is_heard_while_it_speaks(world: Crew) -> None:
    world.flight.next(fault="hang_mid", cut=300, chunk=-1)
    connection = RawConnection(world.ports["travel"], body(CHAT, BOTH, stream=True))
    received = b""
    while b"data: " not in received:
        part = connection.read_some()
        assert part, "the connection ended"
        received += part
    assert received.startswith(b"HTTP/1.1 200") and world.flight.last.done is None
    connection.leave(reset=False)


# Failures of an earlier agent.

FAILURES: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "429": {"status": 429},
    "refused_by_reset": {"fault": "reset"},
    "closed": {"fault": "fin"},
    "hangs": {"fault": "hang"},
    "cut_by_reset": {"fault": "reset_mid", "cut": 250},
    "cut_by_close": {"fault": "fin_mid", "cut": 250},
    "html": {"body": "<html>welcome</html>", "headers": {"content-type": "text/html"}},
    "no_json": {"body": "{oops", "headers": {"content-type": "application/json"}},
    "other_json": {"body": '{"hello": "world"}', "headers": {"content-type": "application/json"}},
    "empty": {"body": "", "headers": {"content-type": "application/json"}},
    "says_error": {"body": '{"error": {"message": "no"}}', "headers": {"content-type": "application/json"}},
    "odd_events": {"body": "data: {]\n\n", "headers": {"content-type": "text/event-stream"}},
    "events_without_end": {
        "body": 'data: {"choices":[{"index":0,"delta":{"content":"half"}}]}\n\n',
        "headers": {"content-type": "text/event-stream"},
    },
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("failure", FAILURES)
def test_an_earlier_agent_fails_and_with_it_the_request(world: Crew, failure: str, streamed: bool) -> None:
    world.weather.next(**FAILURES[failure])
    reply = world.ask("hasty", BOTH, stream=streamed)
    assert (reply.status, reply.error["code"]) == (502, "agent_failed")
    assert "agent weather" in reply.error["message"]
    assert world.asked() == ["weather"]
    _record(world, reply, "refused", "agent_failed")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("failure", FAILURES)
def test_an_earlier_agent_fails_and_is_skipped(world: Crew, failure: str, streamed: bool) -> None:
    """The last one is asked exactly what the client asked."""
    world.weather.next(**FAILURES[failure])
    raw = json.dumps(body(CHAT, BOTH, stream=streamed)).encode()
    reply = call(world.ports["skipping"], CHAT, raw)
    assert reply.status == 200 and reply.whole
    assert world.flight.last.body == raw
    assert reply.body == speaking.answer(
        CHAT, flight_says([]), world.flight.usage(world.flight.last), streamed=streamed
    )
    _record(world, reply, "matched_several", None)


@pytest.mark.parametrize("path", PATHS)
def test_a_failure_is_told_in_the_clients_dialect(world: Crew, path: str) -> None:
    world.weather.next(status=500)
    reply = world.ask("travel", BOTH, path)
    assert reply.status == 502
    if path == MESSAGES:
        assert (reply.json["type"], reply.error["type"]) == ("error", "api_error")
    else:
        assert reply.error["code"] == "agent_failed"


def _record(world: Crew, reply: Reply, why: str, error: str | None) -> None:
    record = world.record(reply)
    assert (record["why"], record.get("decision_error")) == (why, error)
    told = json.dumps(record)
    assert "weather_agent" in told and "Paris" not in told


@pytest.mark.parametrize("listener", ["travel", "skipping"])
def test_all_earlier_ones_fail(world: Crew, listener: str) -> None:
    world.weather.next(status=500)
    world.hotel.next(fault="reset")
    reply = world.ask(listener, "weather, hotel and flight")
    if listener == "skipping":
        assert reply.status == 200 and world.asked() == ["weather", "hotel", "flight"]
    else:
        assert reply.status == 502 and world.asked() == ["weather"]


def test_an_agent_that_is_not_there(world: Crew) -> None:
    """Nobody listens at its address."""
    port = free_port()
    declared = f"{{id: gone_agent, url: 'http://127.0.0.1:{port}'}}"
    agents = (
        "agents: [{id: weather_agent, description: weather}, {id: gone_agent, description: flights}, "
        "{id: hotel_agent, description: hotels}]"
    )
    with crew({"all": agents, "skip": f"decision: {{agent_failure: skip}}, {agents}"}, more_agents=[declared]) as other:
        other.router.fake.rules = (("weather", "weather_agent"), ("gone", "gone_agent"), ("hotel", "hotel_agent"))
        assert other.ask("all", "gone and weather").error["code"] == "agent_failed"
        skipped = other.ask("skip", "gone and weather")
        assert (skipped.status, skipped.headers["x-plano-agents"]) == (200, "gone_agent,weather_agent")
        last = other.ask("all", "weather and gone")
        assert (last.status, last.error["code"]) == (503, "upstream_unreachable")
        alone = other.ask("all", "gone")
        assert (alone.status, alone.error["code"]) == (503, "upstream_unreachable")


# The last agent is the client's own business.


@pytest.mark.parametrize("question", ["flight?", BOTH], ids=["only", "last"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_the_status_and_error_of_the_last_agent_pass(world: Crew, question: str, path: str, status: int) -> None:
    world.flight.next(status=status, headers={"retry-after": "7"})
    reply = world.ask("travel", question, path)
    assert (reply.status, reply.headers["retry-after"]) == (status, "7")
    assert f"told to say {status}" in reply.body.decode()
    assert reply.headers["x-plano-agents"].endswith("flight_agent")


@pytest.mark.parametrize("question", ["flight?", BOTH], ids=["only", "last"])
@pytest.mark.parametrize("fault", ["reset_mid", "fin_mid"])
@pytest.mark.parametrize("path", PATHS)
def test_a_cut_of_the_last_agent_is_seen(world: Crew, question: str, fault: str, path: str) -> None:
    world.flight.next(fault=fault, cut=400, chunk=-1)
    reply = world.ask("travel", question, path, stream=True)
    assert not reply.whole
    for end in (b"[DONE]", b"message_stop", b"response.completed"):
        assert end not in reply.body


@pytest.mark.parametrize("question", ["flight?", BOTH], ids=["only", "last"])
def test_the_last_agent_hangs(world: Crew, question: str) -> None:
    world.flight.next(fault="hang")
    reply = world.ask("hasty", question)
    assert (reply.status, reply.error["code"]) == (504, "upstream_timeout")


def test_the_total_time_holds_for_all_together(world: Crew) -> None:
    world.weather.next(fault="hang")
    reply = world.ask("short", BOTH)
    assert (reply.status, reply.error["code"], world.asked()) == (502, "agent_failed", ["weather"])
    # Whoever looks at the clock first ends it: the sidecar, or Envoy on the sidecar's way to the agent.
    assert any(word in world.record(reply)["problem"] for word in ("late", "status 504"))


def test_retries_of_the_listener_hold_for_earlier_agents_too(world: Crew) -> None:
    world.weather.next(fault="reset")
    reply = world.ask("retrying", BOTH)
    assert reply.status == 200 and world.asked() == ["weather", "weather", "flight"]
    assert WEATHER_SAYS in json.dumps(reply.json, ensure_ascii=False)


def test_a_response_client_is_answered_by_a_response(world: Crew) -> None:
    """The input was a text; with an answer in it, it is a list."""
    world.ask("travel", BOTH, RESPONSES)
    got = json.loads(world.flight.last.body)["input"]
    assert [row["role"] for row in got] == ["assistant", "user"] and got[-1]["content"] == BOTH
