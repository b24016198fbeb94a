"""Several agents at once: one answer with a section each, in the client's dialect, also where something goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from e2e.client import CHAT, MESSAGES, RESPONSES, RawConnection, call
from e2e.crew import PATHS, WEATHER_SAYS, Crew, body, crew
from e2e.test_agents_chain import FAILURES

BOTH = "The weather in Paris, and which flight goes there?"
FLIGHT_SAYS = "BA304 leaves at 9:10. Told before: nothing."
MERGED = f"## Weather agent\n\n{WEATHER_SAYS}\n\n## Flight agent\n\n{FLIGHT_SAYS}"
NO_ANSWER = "_This agent did not answer._"
BROKE_OFF = "_This agent's answer broke off here._"
ENDS = (b"[DONE]", b'"finish_reason":"stop"', b"message_stop", b"response.completed")


@pytest.fixture(scope="module")
def world() -> Iterator[Crew]:
    listeners = {
        "travel": "timeouts: {first_byte: 4s}, decision: {mode: parallel}",
        "skipping": "timeouts: {first_byte: 5s}, decision: {mode: parallel, agent_failure: skip}",
        "hasty": "timeouts: {first_byte: 1s}, decision: {mode: parallel, agent_failure: skip}",
        "silent": "decision: {mode: parallel, headers: false}",
    }
    with crew(listeners) as found:
        yield found


@pytest.fixture(autouse=True)
def _fresh(world: Crew) -> None:
    world.reset()


def _chunks(raw: bytes) -> list[dict[str, Any]]:
    lines = (line[6:] for line in raw.decode().splitlines() if line.startswith("data: {"))
    return [json.loads(line) for line in lines]


def _text(raw: bytes) -> str:
    """Of a streamed chat answer."""
    deltas = [chunk["choices"][0]["delta"] for chunk in _chunks(raw) if chunk.get("choices")]
    return "".join(delta.get("content") or "" for delta in deltas)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("path", PATHS)
def test_one_answer_with_a_section_each(world: Crew, path: str, streamed: bool) -> None:
    assert world.clients("travel").text(path, BOTH, streamed=streamed) == MERGED
    assert sorted(world.asked()) == ["flight", "weather"]
    for agent in (world.weather, world.flight):
        assert [said.text for said in agent.heard(agent.last)] == [BOTH]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_order_is_that_of_the_router_whoever_is_quicker(world: Crew, streamed: bool) -> None:
    world.flight.next(delay_ms=300)
    text = world.clients("travel").text(CHAT, "the flight, the hotel and the weather", streamed=streamed)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "Flight agent",
        "Hotel agent",
        "Weather agent",
    ]


def test_all_are_asked_at_once(world: Crew) -> None:
    for agent in world.agents:
        agent.next(delay_ms=1000)
    assert world.ask("travel", "weather, flight, hotel").status == 200
    answered = [agent.last.first_sent or 0.0 for agent in world.agents]
    assert max(agent.last.at for agent in world.agents) < min(answered)


def test_one_agent_alone_is_not_touched(world: Crew) -> None:
    raw = b'{"model": "any",   "messages": [{"role": "user", "content": "weather"}]}'
    reply = call(world.ports["travel"], CHAT, raw)
    assert reply.json["choices"][0]["message"]["content"] == WEATHER_SAYS
    assert world.weather.last.body == raw and world.asked() == ["weather"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_decision_is_shown(world: Crew, streamed: bool) -> None:
    reply = world.ask("travel", BOTH, stream=streamed)
    assert reply.headers["x-plano-why"] == "matched_several"
    assert reply.headers["x-plano-agents"] == "weather_agent,flight_agent"
    assert reply.headers["content-type"] == ("text/event-stream" if streamed else "application/json")
    assert world.record(reply)["chosen"] == ["weather_agent", "flight_agent"]
    assert world.logged(reply)["decision_why"] == "matched_several"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_headers_can_be_off(world: Crew, streamed: bool) -> None:
    reply = world.ask("silent", BOTH, stream=streamed)
    assert reply.status == 200
    assert [name for name in reply.headers if name.startswith("x-plano-")] == []


# Progress.


def test_what_an_agent_says_is_seen_while_it_speaks(world: Crew) -> None:
    world.weather.next(fault="hang_mid", cut=400, chunk=-1)
    connection = RawConnection(world.ports["travel"], body(CHAT, BOTH, stream=True))
    received = b""
    while b"degrees" not in received and b"It" not in received:
        part = connection.read_some()
        assert part, "the connection ended"
        received += part
    assert b"## Weather agent" in received and world.weather.last.done is None
    connection.leave(reset=False)


@pytest.mark.parametrize("path", PATHS)
def test_silence_is_explained(world: Crew, path: str) -> None:
    """A comment every reader of events passes over, before anything was said and between two answers."""
    world.flight.next(delay_ms=2600)
    reply = world.ask("travel", BOTH, path, stream=True)
    assert b": waiting for flight_agent" in reply.body and reply.whole
    world.flight.next(delay_ms=2600)
    assert world.clients("travel").text(path, "the flight and the weather", streamed=True).startswith("## Flight")


# Usage: the sum of all.


def _asked_tokens(world: Crew) -> int:
    return sum(agent.usage(agent.last).asked for agent in (world.weather, world.flight))


def test_usage_of_whole_answers(world: Crew) -> None:
    clients = world.clients("travel")
    said: Any = [{"role": "user", "content": BOTH}]
    chat = clients.openai.chat.completions.create(model="any", messages=said).usage
    assert chat and (chat.prompt_tokens, chat.completion_tokens) == (_asked_tokens(world), 14)
    assert chat.total_tokens == chat.prompt_tokens + 14
    message = clients.anthropic.messages.create(model="any", max_tokens=9, messages=said).usage
    assert (message.input_tokens, message.output_tokens) == (_asked_tokens(world), 14)
    response = clients.openai.responses.create(model="any", input=BOTH).usage
    assert response and (response.input_tokens, response.output_tokens) == (_asked_tokens(world), 14)


def test_usage_of_streams(world: Crew) -> None:
    clients = world.clients("travel")
    said: Any = [{"role": "user", "content": BOTH}]
    options: Any = {"include_usage": True}
    stream = clients.openai.chat.completions.create(model="any", messages=said, stream=True, stream_options=options)
    (chat,) = [chunk.usage for chunk in stream if chunk.usage]
    assert (chat.prompt_tokens, chat.completion_tokens) == (_asked_tokens(world), 14)
    with clients.anthropic.messages.stream(model="any", max_tokens=9, messages=said) as events:
        message = events.get_final_message().usage
    assert message.output_tokens == 14
    with clients.openai.responses.stream(model="any", input=BOTH) as responses:
        response = responses.get_final_response().usage
    assert response and response.total_tokens == _asked_tokens(world) + 14


def test_usage_nobody_asked_for_is_not_streamed(world: Crew) -> None:
    assert all("usage" not in chunk for chunk in _chunks(world.ask("travel", BOTH, stream=True).body))


# Failures.

PARTIAL = ("cut_by_reset", "cut_by_close", "events_without_end")


@pytest.mark.parametrize("who", ["weather", "flight"])
@pytest.mark.parametrize("failure", FAILURES)
def test_one_fails_and_with_it_the_whole_answer(world: Crew, failure: str, who: str) -> None:
    (world.weather if who == "weather" else world.flight).always(**FAILURES[failure])
    reply = world.ask("travel", BOTH)
    assert (reply.status, reply.error["code"]) == (502, "agent_failed")
    assert world.record(reply)["decision_error"] == "agent_failed"


@pytest.mark.parametrize("who", ["weather", "flight"])
@pytest.mark.parametrize("failure", FAILURES)
def test_one_fails_and_with_it_the_stream(world: Crew, failure: str, who: str) -> None:
    """Refused where nothing was sent; else the last event is an error. Never a normal end."""
    (world.weather if who == "weather" else world.flight).always(**FAILURES[failure])
    reply = world.ask("travel", BOTH, stream=True)
    if reply.status == 200:
        assert _chunks(reply.body)[-1]["error"]["code"] == "agent_failed"
        assert not any(end in reply.body for end in ENDS)
    else:
        assert (reply.status, reply.error["code"]) == (502, "agent_failed")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("failure", FAILURES)
def test_one_fails_and_its_section_says_so(world: Crew, failure: str, streamed: bool) -> None:
    world.weather.next(**FAILURES[failure])
    reply = world.ask("hasty", BOTH, stream=streamed)
    text = _text(reply.body) if streamed else reply.json["choices"][0]["message"]["content"]
    assert reply.status == 200 and reply.whole
    first, second = text.removeprefix("## Weather agent\n\n").split("\n\n## Flight agent\n\n")
    assert second == FLIGHT_SAYS
    assert first == NO_ANSWER or (failure in PARTIAL and first.endswith(f"\n\n{BROKE_OFF}"))


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("path", PATHS)
def test_nobody_answers(world: Crew, path: str, streamed: bool) -> None:
    world.weather.next(status=500)
    world.flight.next(fault="reset")
    reply = world.ask("skipping", BOTH, path, stream=streamed)
    assert reply.status == 502
    assert reply.error.get("code", "agent_failed") == "agent_failed"


@pytest.mark.parametrize("path", PATHS)
def test_the_clients_know_a_stream_that_broke(world: Crew, path: str) -> None:
    """The text before the failure has been shown; then the SDK raises."""
    world.weather.always(chunk=-1)
    world.flight.always(delay_ms=700, status=500)
    raised = RuntimeError if path == RESPONSES else (openai.APIError, anthropic.APIError)
    with pytest.raises(raised) as caught:
        world.clients("travel").text(path, BOTH, streamed=True)
    assert not isinstance(caught.value, openai.APIConnectionError | anthropic.APIConnectionError)


def test_a_response_that_failed_says_so(world: Crew) -> None:
    world.flight.next(delay_ms=700, status=500)
    reply = world.ask("travel", BOTH, RESPONSES, stream=True)
    assert _chunks(reply.body)[-1]["type"] == "response.failed"
    world.flight.next(delay_ms=700, status=500)
    reply = world.ask("travel", BOTH, MESSAGES, stream=True)
    assert _chunks(reply.body)[-1]["type"] == "error"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_client_that_leaves_ends_every_call(world: Crew, streamed: bool) -> None:
    for agent in (world.weather, world.flight):
        agent.next(fault="hang")
    connection = RawConnection(world.ports["travel"], body(CHAT, BOTH, stream=streamed))
    for agent in (world.weather, world.flight):
        assert agent.wait(lambda agent=agent: bool(agent.seen))  # type: ignore[misc]
    connection.leave(reset=False)
    for agent in (world.weather, world.flight):
        assert agent.wait(lambda agent=agent: agent.last.gone is not None)  # type: ignore[misc]
