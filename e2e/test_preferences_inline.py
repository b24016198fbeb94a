"""Preferences that a request brings along: they hold for it alone, and no provider ever sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.choosing import (
    ALIASES,
    GPT,
    KEYS,
    LLAMA,
    MINI,
    NEITHER,
    PATHS,
    SMALL,
    SONNET,
    Clients,
    Stage,
    body,
    stage,
)
from e2e.client import CHAT, MESSAGES, call

KINDS = ("routing_preferences", "routing_policy")
MINE = "this is mine"
OWN = [{"name": "own", "description": "all that is mine", "models": [LLAMA, SONNET]}]


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    """Nothing is configured but models."""
    with stage(ALIASES) as made:
        yield made


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize("path", PATHS)
def test_they_choose_in_every_api_and_spelling(world: Stage, sdk: Clients, path: str, key: str) -> None:
    sdk.ask(path, MINE, SMALL, **{key: OWN})
    assert world.attempts() == [tuple(LLAMA.split("/"))]
    ((_, exchange),) = world.seen()
    sent = json.loads(exchange.body)
    if path == MESSAGES:
        assert key not in sent and sent["messages"][0]["content"] == MINE
    else:
        assert sent == body(MINE, LLAMA.partition("/")[2], path)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_fits(world: Stage, sdk: Clients, path: str) -> None:
    sdk.ask(path, NEITHER, SMALL, routing_preferences=OWN)
    assert world.attempts() == [("small", "small")]
    assert json.loads(world.small.last.body) == body(NEITHER, "small", path)


PREFIX = b'{"model":"vllm/small",'
SAID = b'"messages":[{"role":"user","content":"this is mi\\u006ee \xe2\x9c\x93"}]'
LIST = b'[ {"name":"own","description":"all that is mine, \\"quoted\\"]}","models":["groq/llama-3.3-70b"]} ]'
ENDLESS = b'"seed":' + b"7" * 5000 + b","
BODIES = {
    "last": (PREFIX + SAID + b' , "routing_preferences" : ' + LIST + b" }", PREFIX + SAID + b" }"),
    "first": (b'{ "routing_preferences":' + LIST + b",\n" + PREFIX[1:] + SAID + b"}", b"{ " + PREFIX[1:] + SAID + b"}"),
    "middle": (
        PREFIX + b'"routing_policy":' + LIST + b', "n":1.50e0,' + SAID + b"}",
        PREFIX + b'"n":1.50e0,' + SAID + b"}",
    ),
    "pretty": (
        b'{\n  "model": "vllm/small",\n  "routing_preferences": ' + LIST + b",\n  " + SAID + b"\n}\n",
        b'{\n  "model": "vllm/small",\n  ' + SAID + b"\n}\n",
    ),
    "null-of-the-other": (
        PREFIX + b'"routing_policy":null,' + SAID + b',"routing_preferences":' + LIST + b"}",
        PREFIX + SAID + b"}",
    ),
    "name-in-other-places": (
        PREFIX
        + b'"user":"routing_preferences","x":{"routing_preferences":1},"routing_policy":'
        + LIST
        + b","
        + SAID
        + b"}",
        PREFIX + b'"user":"routing_preferences","x":{"routing_preferences":1},' + SAID + b"}",
    ),
    "long-numbers": (
        PREFIX + b'"seed":12345678901234567890123,"t":1E-7,"routing_policy":' + LIST + b"," + SAID + b"}",
        PREFIX + b'"seed":12345678901234567890123,"t":1E-7,' + SAID + b"}",
    ),
    "numbers-nobody-can-hold": (
        PREFIX + ENDLESS + b'"t":1e999,"routing_policy":' + LIST + b"," + SAID + b"}",
        PREFIX + ENDLESS + b'"t":1e999,' + SAID + b"}",
    ),
}


@pytest.mark.parametrize(("sent", "left"), BODIES.values(), ids=BODIES)
def test_every_other_byte_stays(world: Stage, sent: bytes, left: bytes) -> None:
    reply = call(world.port, CHAT, sent)
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "inline_preference")
    assert world.groq.last.body == left.replace(b"vllm/small", b"llama-3.3-70b")
    assert world.groq.last.header("content-length") == str(len(world.groq.last.body))


def test_bytes_stay_where_nothing_fits(world: Stage) -> None:
    sent, left = BODIES["last"]
    reply = call(world.port, CHAT, sent.replace(b"this is mi\\u006ee", b"th\\u0069s is yours"))
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "no_match")
    expected = left.replace(b"this is mi\\u006ee", b"th\\u0069s is yours").replace(b"vllm/small", b"small")
    assert world.small.last.body == expected


def test_the_decision_calls_it_by_the_requests_name(world: Stage) -> None:
    reply = world.ask(MINE, SMALL, routing_preferences=OWN)
    assert (reply.headers["x-plano-route"], reply.headers["x-plano-model"]) == ("own", LLAMA)


@pytest.mark.parametrize("name", ["naïve ✓", "two\nlines", "a" * 200, "x: y\r\nx-injected: 1"])
def test_names_no_header_can_hold(world: Stage, name: str) -> None:
    """What a request calls its preferences is shown as far as a header can show it; nothing breaks."""
    own = [{**OWN[0], "name": name}]
    reply = world.ask(MINE, SMALL, routing_preferences=own)
    assert reply.status == 200
    assert "x-injected" not in reply.headers
    assert len(reply.headers.get("x-plano-route", "")) <= 200


@pytest.mark.parametrize("length", [201, 5000])
def test_names_over_200_characters_are_refused(world: Stage, length: int) -> None:
    reply = world.ask(MINE, SMALL, routing_preferences=[{**OWN[0], "name": "a" * length}])
    assert (reply.status, reply.error["code"]) == (400, "invalid_preferences")
    assert not world.seen() and not world.router.seen


def test_an_empty_list_asks_for_no_routing(world: Stage) -> None:
    reply = world.ask(MINE, SMALL, routing_preferences=[])
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "requested")
    assert json.loads(world.small.last.body) == body(MINE, "small")
    assert not world.router.seen


INVALID: dict[str, Any] = {
    "no-list": "own",
    "no-object": ["own"],
    "no-name": [{"description": "d", "models": [GPT]}],
    "no-description": [{"name": "own", "models": [GPT]}],
    "no-models": [{"name": "own", "description": "d", "models": []}],
    "twice": OWN + OWN,
    "policy": [{**OWN[0], "selection_policy": {"prefer": "dearest"}}],
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", INVALID.values(), ids=INVALID)
def test_bad_preferences_are_refused(world: Stage, sent: Any, path: str) -> None:
    reply = world.ask(MINE, SMALL, path, routing_preferences=sent)
    assert reply.status == 400
    assert (reply.error["type"], reply.error["code"]) == ("invalid_request_error", "invalid_preferences")
    assert not world.seen() and not world.router.seen


def test_the_address_of_the_mistake_is_in_the_record(world: Stage) -> None:
    reply = world.ask(MINE, SMALL, routing_preferences=[OWN[0], {"name": "b", "description": "d", "models": [7]}])
    record = world.decision(reply)
    assert (record["why"], record["decision_error"]) == ("refused", "invalid_preferences")
    assert record["problem"] == "routing_preferences[1].models[0]: must be a model name"


def test_both_spellings_at_once_are_refused(world: Stage) -> None:
    reply = world.ask(MINE, SMALL, routing_preferences=OWN, routing_policy=OWN)
    assert (reply.status, reply.error["code"]) == (400, "invalid_preferences")


@pytest.mark.parametrize("models", [["no-such"], ["no-such", "groq/no-such"]])
def test_models_nobody_knows_are_passed_over(world: Stage, models: list[str]) -> None:
    reply = world.ask(MINE, SMALL, routing_preferences=[{**OWN[0], "models": models}])
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "no_match")
    assert world.attempts() == [("small", "small")]


NAMED = {
    "alias": ("fast", [("openai", "gpt-4o-mini")]),
    "failover-alias": ("safe", [("openai", "gpt-4o"), ("groq", "llama-3.3-70b")]),
    "bare-id": ("gpt-4o", [("openai", "gpt-4o")]),
    "wildcard": ("mistral/any/model-7", [("small", "any/model-7")]),
}


@pytest.mark.parametrize(("model", "attempts"), NAMED.values(), ids=NAMED)
def test_any_name_a_client_may_send(world: Stage, model: str, attempts: list[tuple[str, str]]) -> None:
    for provider in world.providers.values():
        provider.always(status=500)
    own = [{**OWN[0], "models": [model]}]
    assert world.ask(MINE, SONNET, routing_preferences=own).headers["x-plano-model"] == model
    assert world.attempts() == attempts
    assert world.seen()[0][1].header("authorization") in {f"Bearer {key}" for key in KEYS.values()}


def test_a_weighted_alias_is_shared_out(world: Stage) -> None:
    own = [{**OWN[0], "models": ["split"]}]
    for _ in range(40):
        assert world.ask(MINE, SMALL, routing_preferences=own).status == 200
    assert set(world.attempts()) == {("openai", "gpt-4o"), ("groq", "llama-3.3-70b")}


def test_a_call_without_a_model_may_bring_its_own(world: Stage) -> None:
    assert world.ask(MINE, None, routing_preferences=OWN).status == 200
    assert world.attempts() == [("groq", "llama-3.3-70b")]


def test_a_call_without_a_model_and_nothing_fits(world: Stage) -> None:
    reply = world.ask(NEITHER, None, routing_preferences=OWN)
    assert (reply.status, reply.error["code"]) == (400, "missing_model")
    assert not world.seen()


@pytest.mark.parametrize("prefer", ["none", "cheapest", "fastest", "", None])
def test_a_policy_of_selection(world: Stage, prefer: str | None) -> None:
    """Without a source, cheapest goes by the prices that come with the gateway, and fastest keeps the order."""
    own = [{**OWN[0], "models": [GPT, MINI], "selection_policy": {"prefer": prefer}}]
    assert world.ask(MINE, SMALL, routing_preferences=own).status == 200
    assert world.attempts() == [("openai", "gpt-4o-mini" if prefer == "cheapest" else "gpt-4o")]


def test_more_examples_than_a_request_may_bring(world: Stage) -> None:
    own = [{**OWN[0], "name": f"own {number}", "examples": ["this is mine"] * 50} for number in range(7)]
    reply = world.ask(MINE, SMALL, routing_preferences=own)
    assert (reply.status, reply.error["code"]) == (400, "invalid_preferences")
    assert "at most 300 examples and sentences of descriptions in all" in reply.error["message"]


def test_many_preferences(world: Stage) -> None:
    others = [{"name": f"n{i}", "description": f"subject {i}", "models": [GPT]} for i in range(60)]
    assert world.ask(MINE, SMALL, routing_preferences=[*others, *OWN]).status == 200
    assert world.attempts() == [("groq", "llama-3.3-70b")]
