"""A sidecar that answers wrongly: whatever it says, nobody is asked without a decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from google.protobuf.struct_pb2 import Struct

from e2e import liar
from e2e.client import CHAT, call
from e2e.crew import HOTEL_SAYS, Crew, crew
from e2e.liar import Liar, Lie
from schemas import names
from schemas.wire.ext_proc_pb2 import (
    CommonResponse,
    HeadersResponse,
    HttpStatus,
    ImmediateResponse,
    ProcessingResponse,
)

LISTENERS = {
    "travel": "decision: {deadline: 1s}",
    "open": "decision: {deadline: 1s, sidecar_failure: default}",
}


class World(NamedTuple):
    crew: Crew
    liar: Liar


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with crew(LISTENERS, sidecar=False) as found, Liar(found.gateway.sidecar_sockets[0]) as lying:
        yield World(found, lying)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.crew.reset()
    world.liar.asked = 0


def _metadata(space: str = names.DECISION, **fields: str) -> Struct:
    metadata = Struct()
    inner = metadata.fields[space].struct_value.fields
    for name, value in fields.items():
        inner[name].string_value = value
    return metadata


def _answer(**fields: str) -> bytes:
    """A proper answer with this decision."""
    message = ProcessingResponse(request_headers=HeadersResponse(response=CommonResponse()))
    if fields:
        message.dynamic_metadata.CopyFrom(_metadata(**fields))
    return message.SerializeToString()


WEATHER = _answer(key=names.agent_key("weather_agent"), why="matched")
EMPTY_HEADERS = HeadersResponse(response=CommonResponse())

UNDECIDED: dict[str, Lie] = {
    "walks_away": liar.walk_away,
    "hears_and_walks_away": liar.hear_and_walk_away,
    "fails": liar.fail,
    "says_nothing": liar.silence,
    "answers_an_answers_phase": liar.say(ProcessingResponse(response_headers=EMPTY_HEADERS).SerializeToString()),
    "answers_an_answers_phase_and_stays": liar.say(
        ProcessingResponse(response_headers=EMPTY_HEADERS).SerializeToString(), stay=True
    ),
    "an_empty_message": liar.say(ProcessingResponse().SerializeToString()),
    "garbage": liar.say(b"\xff\xfe\xfd not a message"),
    "garbage_and_stays": liar.say(b"\x0a\xff\xff\xff\xff\x0f", stay=True),
    "agrees_without_a_decision": liar.say(_answer()),
    "decides_without_a_key": liar.say(_answer(why="matched")),
    "decides_in_another_namespace": liar.say(_answer(space="envoy.lb", key="@weather_agent")),
    "decides_too_late": liar.say(_answer(), WEATHER),
}


@pytest.mark.parametrize("lie", UNDECIDED)
def test_without_a_decision_the_request_is_refused(world: World, lie: str) -> None:
    world.liar.lie = UNDECIDED[lie]
    reply = world.crew.ask("travel", "weather")
    assert (reply.status, reply.error["code"]) == (503, "decision_unavailable")
    assert world.crew.asked() == [] and world.liar.asked >= 1


@pytest.mark.parametrize("lie", UNDECIDED)
def test_without_a_decision_the_default_answers_where_configured(world: World, lie: str) -> None:
    world.liar.lie = UNDECIDED[lie]
    reply = world.crew.ask("open", "weather")
    assert reply.status == 200 and reply.json["choices"][0]["message"]["content"] == HOTEL_SAYS
    assert world.crew.asked() == ["hotel"] and reply.headers["x-plano-why"] == "sidecar_failed"


@pytest.mark.parametrize("key", ["@nobody", "=any", "*", "!nonsense", "?", "&", "", "weather_agent", "/nowhere", "@"])
@pytest.mark.parametrize("listener", LISTENERS)
def test_a_key_that_leads_nowhere_reaches_nobody(world: World, listener: str, key: str) -> None:
    world.liar.lie = liar.say(_answer(key=key, why="matched"))
    reply = world.crew.ask(listener, "weather")
    assert reply.status >= 400 and world.crew.asked() == []
    assert "error" in reply.json, "and the client reads an error"


@pytest.mark.parametrize("listener", LISTENERS)
def test_the_first_of_two_answers_counts(world: World, listener: str) -> None:
    world.liar.lie = liar.say(WEATHER, _answer(key=names.agent_key("flight_agent")))
    reply = world.crew.ask(listener, "weather")
    assert reply.status == 200 and world.crew.asked() == ["weather"]


def test_an_answer_before_the_question(world: World) -> None:
    """It may count or not; it never leads to somebody else."""
    world.liar.lie = liar.say_unasked(WEATHER)
    reply = world.crew.ask("travel", "weather")
    assert (reply.status, world.crew.asked()) in [(200, ["weather"]), (503, [])]


@pytest.mark.parametrize("listener", LISTENERS)
def test_an_answer_of_its_own_goes_to_the_client_alone(world: World, listener: str) -> None:
    for status in (200, 418):
        immediate = ImmediateResponse(status=HttpStatus(code=status), body=b'{"mine": true}')
        world.liar.lie = liar.say(ProcessingResponse(immediate_response=immediate).SerializeToString())
        reply = world.crew.ask(listener, "weather")
        assert world.crew.asked() == []
        assert reply.body == b'{"mine": true}' if status == 200 else reply.status >= 400


def test_nothing_is_asked_about_a_body_that_is_no_json(world: World) -> None:
    world.liar.lie = liar.say(WEATHER)
    assert call(world.crew.ports["travel"], CHAT, b'{"model": \xff}').status == 400
    assert world.crew.asked() == [] and world.liar.asked == 0


def test_after_all_the_lies_the_truth_is_believed(world: World) -> None:
    for lie in UNDECIDED.values():
        world.liar.lie = lie
        world.crew.ask("travel", "weather")
    world.liar.lie = liar.say(WEATHER)
    assert world.crew.ask("travel", "weather").status == 200
    assert world.crew.asked() == ["weather"]
