"""Agents that speak one API: they are candidates only for clients that speak it too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.agents import Agent
from e2e.client import CHAT, MESSAGES, RESPONSES
from e2e.crew import Crew, crew

DEFAULT_SAYS = "I am the default and speak messages only."


@pytest.fixture(scope="module")
def world() -> Iterator[Crew]:
    with Agent(lambda _: DEFAULT_SAYS) as agent:
        declared = (
            f"{{id: chatty, url: {agent.url}, dialect: openai_chat}}",
            f"{{id: claude, url: {agent.url}, dialect: anthropic_messages}}",
        )
        listeners = {
            "mixed": "agents: [{id: weather_agent, description: weather}, {id: flight_agent, description: flights}, "
            "{id: claude, description: other, default: true}]",
            "narrow": "agents: [{id: chatty, description: other}, {id: weather_agent, description: weather}, "
            "{id: claude, description: more}]",
            "two": "agents: [{id: chatty, description: other}, {id: claude, description: more}]",
        }
        with crew(listeners, more_agents=declared) as found:
            yield found


@pytest.fixture(autouse=True)
def _fresh(world: Crew) -> None:
    world.reset()


def test_only_who_speaks_it_is_asked_about(world: Crew) -> None:
    reply = world.ask("mixed", "weather", CHAT)
    assert world.record(reply)["candidates"] == ["weather_agent", "flight_agent"]
    reply = world.ask("mixed", "weather", MESSAGES)
    assert world.record(reply)["candidates"] == ["weather_agent", "flight_agent", "claude"]
    assert world.asked() == ["weather", "weather"]


def test_a_default_that_does_not_speak_it_is_replaced(world: Crew) -> None:
    spoken = world.ask("mixed", "a joke", MESSAGES)
    assert DEFAULT_SAYS in spoken.body.decode()
    other = world.ask("mixed", "a joke", CHAT)
    assert (other.status, other.headers["x-plano-agents"]) == (200, "weather_agent")
    assert other.headers["x-plano-why"] == "no_match"


def test_where_only_one_speaks_it_the_router_is_not_asked(world: Crew) -> None:
    reply = world.ask("narrow", "a joke", RESPONSES)
    assert (reply.status, world.asked()) == (200, ["weather"])
    assert reply.headers["x-plano-why"] == "only_one" and "x-plano-confidence" not in reply.headers
    assert world.router.fake.requests == []


def test_where_nobody_speaks_it_the_call_is_refused(world: Crew) -> None:
    reply = world.ask("two", "a joke", RESPONSES)
    assert (reply.status, reply.error["code"]) == (501, "translation_required")
    assert world.ask("two", "a joke", CHAT).headers["x-plano-agents"] == "chatty"
    assert world.ask("two", "a joke", MESSAGES).headers["x-plano-agents"] == "claude"
