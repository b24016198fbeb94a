"""The ranking is used: the next candidate answers where one fails, with its own key, path and model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.choosing import ARITHMETIC, CODE, KEYS, LLAMA, MINI, PREFERENCES, SMALL, Stage, stage
from e2e.client import CHAT, MESSAGES, RESPONSES
from e2e.fake import Exchange, recordings
from e2e.harness import free_port


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    more = f"""
  - {{name: own, description: all that is mine, models: [deepseek/refused, xai/no-such-host, {SMALL}]}}
"""
    providers = f"""
  - {{model: deepseek/refused, access_key: $OPENAI_KEY, base_url: "http://127.0.0.1:{free_port()}"}}
  - {{model: xai/no-such-host, access_key: $OPENAI_KEY, base_url: "http://no-such-host.invalid:8080"}}
"""
    with stage(PREFERENCES, more, first_byte="3s", providers=providers) as made:
        yield made


FAILURES: dict[str, dict[str, Any]] = {
    "429": {"status": 429},
    "429-retry-after": {"status": 429, "headers": {"retry-after": "30"}},
    "500": {"status": 500},
    "503": {"status": 503},
    "529": {"status": 529},
    "reset": {"fault": "reset"},
    "closed": {"fault": "fin"},
    "no-first-byte": {"fault": "hang"},
}


def is_groq(exchange: Exchange, path: str = CHAT) -> None:
    assert exchange.target == f"/openai{path}"
    assert (exchange.header("host"), exchange.header("authorization")) == ("groq.example", "Bearer sk-groq")
    assert json.loads(exchange.body)["model"] == "llama-3.3-70b"


def is_openai(exchange: Exchange, model: str = "gpt-4o", path: str = CHAT) -> None:
    assert exchange.target == path
    assert (exchange.header("host"), exchange.header("authorization")) == ("openai.example", "Bearer sk-openai")
    assert json.loads(exchange.body)["model"] == model


def is_anthropic(exchange: Exchange) -> None:
    assert (exchange.target, exchange.header("x-api-key")) == (MESSAGES, "sk-anthropic")
    assert json.loads(exchange.body)["model"] == "claude-sonnet-4-6"


def is_small(exchange: Exchange, path: str = CHAT) -> None:
    assert exchange.target == f"/nested{path}"
    assert json.loads(exchange.body)["model"] == "small"
    assert not any(secret in json.dumps(exchange.headers) for secret in KEYS.values())


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_the_next_candidate_answers(world: Stage, failure: dict[str, Any], stream: bool) -> None:
    world.groq.always(**failure)
    reply = world.ask(CODE, stream=stream)
    assert reply.status == 200 and reply.whole
    assert reply.body == recordings()["chat-streaming" if stream else "chat-basic"].body
    assert [name for name, _ in world.seen()] == ["groq", "openai"]
    is_groq(world.groq.last)
    is_openai(world.openai.last)


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_every_candidate_gets_its_turn(world: Stage, path: str) -> None:
    world.groq.always(status=500)
    world.openai.always(status=503)
    world.anthropic.always(status=529)
    assert world.ask(CODE, path=path).status == 200
    (first, second, third, fourth) = [each for _, each in world.seen()]
    is_groq(first, path)
    is_openai(second, path=path)
    is_anthropic(third)
    is_small(fourth, path)


def test_candidates_of_another_dialect(world: Stage) -> None:
    """Each is asked in its own."""
    world.groq.always(status=500)
    world.openai.always(status=503)
    reply = world.ask(CODE, SMALL, MESSAGES)
    assert (reply.status, reply.json["type"]) == (200, "message")
    (first, second, third) = [each for _, each in world.seen()]
    is_groq(first)
    is_openai(second)
    is_anthropic(third)


def test_two_models_of_one_provider(world: Stage) -> None:
    """Both lead to one cluster: only the model tells the attempts apart."""
    world.openai.next(status=429)
    assert world.ask(ARITHMETIC, LLAMA).status == 200
    first, second = (each for _, each in world.seen())
    is_openai(first, "gpt-4o")
    is_openai(second, "gpt-4o-mini")


def test_candidates_that_cannot_be_reached(world: Stage) -> None:
    """Refused, and a name nobody knows: each costs an attempt, and the third one answers under its own name."""
    assert world.ask("this is mine").status == 200
    ((_, exchange),) = world.seen()
    is_small(exchange)


def test_the_last_answer_is_passed_when_all_fail(world: Stage) -> None:
    world.groq.always(status=500)
    world.openai.always(status=502)
    world.anthropic.always(status=529)
    world.small.always(status=429, headers={"retry-after": "7"})
    reply = world.ask(CODE)
    assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (429, "fake", "7")
    assert [name for name, _ in world.seen()] == ["groq", "openai", "anthropic", "small"]


def test_nobody_is_asked_more_often_than_the_ranking_says(world: Stage) -> None:
    for provider in world.providers.values():
        provider.always(status=500)
    assert world.ask(ARITHMETIC, LLAMA).status == 500
    assert world.attempts() == [("openai", "gpt-4o"), ("openai", "gpt-4o-mini")]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_no_other_candidate_can_mend_is_passed_on(world: Stage, status: int) -> None:
    world.groq.always(status=status)
    reply = world.ask(CODE)
    assert (reply.status, reply.error["code"]) == (status, "fake")
    assert [name for name, _ in world.seen()] == ["groq"]


def test_an_answer_that_breaks_off_is_not_begun_anew(world: Stage) -> None:
    """The client has read a part of it."""
    world.groq.always(fault="reset_mid", cut=40)
    reply = world.ask(CODE)
    assert not reply.whole
    assert [name for name, _ in world.seen()] == ["groq"]


@pytest.mark.parametrize("count", ["0", "9"])
def test_the_client_does_not_say_how_often(world: Stage, count: str) -> None:
    for provider in world.providers.values():
        provider.always(status=500)
    sent = {"x-envoy-max-retries": count, "x-envoy-retry-on": "5xx", "x-envoy-attempt-count": "5"}
    assert world.ask(CODE, headers=sent).status == 500
    assert [name for name, _ in world.seen()] == ["groq", "openai", "anthropic", "small"]


def test_inline_preferences_fail_over_too(world: Stage) -> None:
    world.openai.always(status=500)
    own = [{"name": "own", "description": "all that is mine", "models": [MINI, LLAMA]}]
    assert world.ask("this is mine", routing_preferences=own).status == 200
    assert world.attempts() == [("openai", "gpt-4o-mini"), ("groq", "llama-3.3-70b")]
    assert b"routing_preferences" not in world.groq.last.body + world.openai.last.body


def test_the_log_tells_who_answered(world: Stage) -> None:
    world.groq.always(status=500)
    line = world.gateway.logged(world.ask(CODE).headers["x-request-id"])
    assert (line["attempts"], line["cluster"].partition("_")[0]) == (2, "openai")
