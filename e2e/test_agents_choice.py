"""Which agent answers: by what was asked, in every dialect, and what happens where nobody fits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.client import CHAT, MESSAGES, RESPONSES, call
from e2e.crew import HOTEL_SAYS, PATHS, WEATHER_SAYS, Crew, body, crew

SAYS = {
    "What is the weather in Paris?": ("weather", WEATHER_SAYS),
    "Which gate is my flight at?": ("flight", "BA304 leaves at 9:10. Told before: nothing."),
    "Find me a hotel": ("hotel", HOTEL_SAYS),
}


@pytest.fixture(scope="module")
def world() -> Iterator[Crew]:
    listeners = {
        "travel": "",
        "strict": "decision: {no_match: refuse}",
        "silent": "decision: {headers: false}",
    }
    with crew(listeners) as found:
        yield found


@pytest.fixture(autouse=True)
def _fresh(world: Crew) -> None:
    world.reset()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("path", PATHS)
def test_one_question_for_each_agent(world: Crew, path: str, streamed: bool) -> None:
    clients = world.clients("travel")
    for question, (_, says) in SAYS.items():
        assert clients.text(path, question, streamed=streamed) == says
    assert world.asked() == [name for name, _ in SAYS.values()]


def test_a_single_agent_gets_the_request_byte_for_byte(world: Crew) -> None:
    raw = b'{"model":  "what the agent likes", "odd": [1e3, null], "messages": [{"role":"user","content":"weather?"}]}'
    assert call(world.ports["travel"], CHAT, raw, {"x-mine": "kept", "authorization": "Bearer mine"}).status == 200
    seen = world.weather.last
    assert (seen.path, seen.body, seen.header("x-mine")) == (CHAT, raw, "kept")
    assert seen.header("content-length") == str(len(raw))


def test_nothing_of_the_decision_reaches_the_agent(world: Crew) -> None:
    world.ask("travel", "weather and flight")
    for agent in (world.weather, world.flight):
        assert [name for name, _ in agent.last.headers if name.startswith("x-plano")] == []


@pytest.mark.parametrize("path", PATHS)
def test_nobody_fits_the_default_answers(world: Crew, path: str) -> None:
    reply = world.ask("travel", "Tell me a joke", path)
    assert (reply.status, world.asked()) == (200, ["hotel"])
    assert (reply.headers["x-plano-why"], reply.headers["x-plano-agents"]) == ("no_match", "hotel_agent")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_fits_and_the_listener_refuses(world: Crew, path: str) -> None:
    reply = world.ask("strict", "Tell me a joke", path)
    assert reply.status == 422 and world.asked() == []
    if path == MESSAGES:
        assert reply.json["type"] == "error" and reply.error["type"] == "invalid_request_error"
    else:
        assert reply.error["code"] == "no_agent_fits"
    assert "joke" not in reply.body.decode()
    assert reply.headers["x-plano-why"] == "refused" and "x-plano-agents" not in reply.headers


def test_what_the_answer_tells_about_the_choice(world: Crew) -> None:
    shown = {k: v for k, v in world.ask("travel", "weather?").headers.items() if k.startswith("x-plano-")}
    assert shown.pop("x-plano-confidence") in ("0.90", "0.9")
    assert shown == {
        "x-plano-why": "matched",
        "x-plano-agents": "weather_agent",
        "x-plano-router": "Plano-Orchestrator",
    }


@pytest.mark.parametrize("question", ["weather?", "weather and flight", "a joke"])
def test_headers_can_be_off(world: Crew, question: str) -> None:
    reply = world.ask("silent", question)
    assert reply.status == 200
    assert [name for name in reply.headers if name.startswith("x-plano-")] == []


def test_a_client_cannot_claim_a_decision(world: Crew) -> None:
    claims = {
        "x-plano-internal-outbound": "agent/travel/flight_agent",
        "x-plano-why": "matched",
        "x-plano-agents": "flight_agent",
    }
    reply = call(world.ports["travel"], CHAT, body(CHAT, "weather?"), claims)
    assert world.asked() == ["weather"]
    assert reply.headers["x-plano-agents"] == "weather_agent"


# What the router gets to read.


def _prompt(world: Crew) -> str:
    return str(world.router.fake.requests[-1]["messages"][0]["content"])


def test_a_follow_up_is_routed_with_what_was_said_before(world: Crew) -> None:
    said = [
        {"role": "user", "content": "Any flight to Oslo?"},
        {"role": "assistant", "content": "One at noon."},
        {"role": "user", "content": "And the weather there?"},
    ]
    assert call(world.ports["travel"], CHAT, {"model": "any", "messages": said}).status == 200
    assert world.asked() == ["weather"]
    assert "Any flight to Oslo?" in _prompt(world) and "One at noon." in _prompt(world)
    assert json.loads(world.weather.last.body)["messages"] == said


TOOL_TURNS: dict[str, dict[str, Any]] = {
    CHAT: {
        "messages": [
            {"role": "user", "content": "weather?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"flight":1}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "flight hotel"},
        ]
    },
    MESSAGES: {
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "look", "input": {}}]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "flight"}]}
                ],
            },
        ],
    },
    RESPONSES: {
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "weather?"}]},
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "flight hotel"},
        ]
    },
}


@pytest.mark.parametrize("path", PATHS)
def test_a_result_of_a_tool_goes_where_the_question_went(world: Crew, path: str) -> None:
    raw = json.dumps({"model": "any", **TOOL_TURNS[path]}).encode()
    assert call(world.ports["travel"], path, raw).status == 200
    assert world.asked() == ["weather"] and world.weather.last.body == raw


def test_what_a_coding_agent_adds_is_not_taken_for_the_users_words(world: Crew) -> None:
    said = "<system-reminder>The hotel and flight tools are down.</system-reminder>\nWhat is the weather?"
    parts = [{"type": "text", "text": said}, {"type": "text", "text": "<system-reminder>flight</system-reminder>"}]
    reply = call(
        world.ports["travel"],
        MESSAGES,
        {
            "model": "any",
            "max_tokens": 9,
            "system": "You book a hotel.",
            "messages": [{"role": "user", "content": parts}],
        },
    )
    assert (reply.status, world.asked()) == (200, ["weather"])
    assert "tools are down" not in _prompt(world)
    assert world.weather.heard(world.weather.last)[0].text.startswith(said)


def test_a_long_conversation(world: Crew) -> None:
    """What is too long for the router is cut for the router only, at the old end."""
    old = [{"role": role, "content": f"flight {n} " * 200} for n in range(200) for role in ("user", "assistant")]
    said = [*old, {"role": "user", "content": "the weather, please"}]
    raw = json.dumps({"model": "any", "messages": said}).encode()
    reply = call(world.ports["travel"], CHAT, raw)
    assert (reply.status, world.asked()) == (200, ["weather"])
    assert world.weather.last.body == raw and len(raw) > 500_000
    assert len(_prompt(world)) < 40_000 and "the weather, please" in _prompt(world)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"model": "any", "messages": []}',
        b'{"model": "any", "messages": [{"role": "system", "content": "weather"}]}',
        b'{"model": "any"}',
        b'{"model": "any", "messages": "weather"}',
        b'{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}',
    ],
    ids=["no_messages", "system_only", "nothing", "odd", "picture"],
)
def test_without_words_of_a_user_the_default_answers(world: Crew, raw: bytes) -> None:
    reply = call(world.ports["travel"], CHAT, raw)
    assert (reply.status, world.asked()) == (200, ["hotel"])
    assert reply.headers["x-plano-why"] == "nothing_to_route"
    assert world.hotel.last.body == raw and not world.router.fake.requests


@pytest.mark.parametrize("listener", ["travel", "strict"])
@pytest.mark.parametrize("page", ["/v1/models", "/agents/v1/models"])
def test_the_pages_of_an_agent_listener(world: Crew, listener: str, page: str) -> None:
    reply = call(world.ports[listener], page, method="GET")
    assert reply.status == 200 and reply.json["object"] == "list"
    assert call(world.ports[listener], "/healthz", method="GET").status == 200


def test_calls_that_are_no_conversations_are_not_for_agents(world: Crew) -> None:
    for path in ("/v1/embeddings", "/v1/audio/speech", "/nowhere"):
        assert call(world.ports["travel"], path, {"model": "any", "input": "weather"}).status == 404
    assert call(world.ports["travel"], CHAT, method="GET").status == 405
    assert world.asked() == []
