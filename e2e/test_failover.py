"""Failover between two providers: every failure before the first byte leads to the next, with its own everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from e2e.client import call, chat
from e2e.fake import Exchange, Provider, recordings
from e2e.harness import Gateway, free_port


class World(NamedTuple):
    port: int
    first: Provider
    second: Provider
    gateway: Gateway


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port, dead = free_port(), free_port()
    with Provider() as first, Provider() as second:
        yaml = f"""
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
    timeouts: {{connect: 500ms, first_byte: 400ms}}
    retry: {{backoff_base: 10ms, backoff_max: 50ms}}
model_providers:
  - {{model: openai/gpt-4o, access_key: $FIRST_KEY, base_url: "{first.url}", http_host: first.example}}
  - {{model: groq/llama-3.3-70b, access_key: $SECOND_KEY, base_url: "{second.url}", http_host: second.example}}
  - {{model: mistral/refused, access_key: $THIRD_KEY, base_url: "http://127.0.0.1:{dead}"}}
  - {{model: deepseek/no-such-host, access_key: $FOURTH_KEY, base_url: "http://no-such-host.invalid:8080"}}
model_aliases:
  safe: {{targets: [{{model: openai/gpt-4o}}, {{model: groq/llama-3.3-70b}}]}}
  patient:
    targets: [{{model: openai/gpt-4o}}, {{model: groq/llama-3.3-70b}}]
    timeouts: {{first_byte: 10s}}
  refused: {{targets: [{{model: mistral/refused}}, {{model: groq/llama-3.3-70b}}]}}
  unknown-host: {{targets: [{{model: deepseek/no-such-host}}, {{model: groq/llama-3.3-70b}}]}}
  hopeless: {{targets: [{{model: mistral/refused}}, {{model: deepseek/no-such-host}}]}}
"""
        environ = {
            "FIRST_KEY": "sk-first",
            "SECOND_KEY": "sk-second",
            "THIRD_KEY": "sk-third",
            "FOURTH_KEY": "sk-fourth",
        }
        with Gateway(yaml, environ) as gateway:
            yield World(port, first, second, gateway)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.first.reset()
    world.second.reset()


def _is_first(attempt: Exchange) -> None:
    assert attempt.target == "/v1/chat/completions"
    assert attempt.header("host") == "first.example"
    assert attempt.header("authorization") == "Bearer sk-first"
    assert json.loads(attempt.body)["model"] == "gpt-4o"


def _is_second(attempt: Exchange) -> None:
    assert attempt.target == "/openai/v1/chat/completions"
    assert attempt.header("host") == "second.example"
    assert attempt.header("authorization") == "Bearer sk-second"
    assert json.loads(attempt.body)["model"] == "llama-3.3-70b"


FAILURES: dict[str, dict[str, Any]] = {
    "429": {"status": 429},
    "429-retry-after": {"status": 429, "headers": {"retry-after": "30"}},
    "500": {"status": 500},
    "502": {"status": 502},
    "503": {"status": 503},
    "504": {"status": 504},
    "529": {"status": 529},
    "reset": {"fault": "reset"},
    "closed": {"fault": "fin"},
    "no-first-byte": {"fault": "hang"},
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_next_provider_answers(world: World, failure: dict[str, Any], stream: bool) -> None:
    world.first.always(**failure)
    reply = call(world.port, body=chat("safe", stream=stream))
    assert reply.status == 200 and reply.whole
    assert reply.body == recordings()["chat-streaming" if stream else "chat-basic"].body
    assert len(world.first.seen) >= 1 and len(world.second.seen) == 1
    _is_first(world.first.last)
    _is_second(world.second.last)


@pytest.mark.parametrize("alias", ["refused", "unknown-host"])
def test_next_provider_answers_when_the_first_cannot_be_reached(world: World, alias: str) -> None:
    reply = call(world.port, body=chat(alias))
    assert reply.status == 200
    _is_second(world.second.last)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_no_other_provider_can_mend_is_passed_on(world: World, status: int) -> None:
    world.first.always(status=status)
    reply = call(world.port, body=chat("safe"))
    assert reply.status == status and reply.error["code"] == "fake"
    assert len(world.second.seen) == 0


def test_the_last_providers_answer_is_passed_when_all_fail(world: World) -> None:
    world.first.always(status=503)
    world.second.always(status=429, headers={"retry-after": "7"})
    reply = call(world.port, body=chat("safe"))
    assert reply.status in {429, 503}
    assert reply.error["code"] == "fake"
    assert world.second.seen, "the second provider was never asked"


def test_nobody_can_be_reached(world: World) -> None:
    reply = call(world.port, body=chat("hopeless"))
    assert reply.status in {502, 503}
    assert reply.error["code"] and reply.headers["x-request-id"]
    assert "mistral" not in reply.body.decode() and "127.0.0.1" not in reply.body.decode()


def test_big_bodies_fail_over_too(world: World) -> None:
    """A retry needs the whole body again, also when it is larger than a buffer."""
    world.first.always(status=500)
    reply = call(world.port, body=chat("patient", metadata={"pad": "x" * 5_000_000}))
    assert reply.status == 200
    _is_second(world.second.last)
    assert len(world.second.last.body) > 5_000_000


def test_the_caller_may_not_choose_the_order(world: World) -> None:
    sent = {"x-envoy-attempt-count": "2", "x-envoy-retry-on": "", "x-envoy-max-retries": "0", "x-plano-route": "groq"}
    world.first.always(status=500)
    assert call(world.port, body=chat("safe"), headers=sent).status == 200
    _is_first(world.first.last)
    _is_second(world.second.last)


def test_one_attempt_when_the_first_succeeds(world: World) -> None:
    assert call(world.port, body=chat("safe")).status == 200
    assert (len(world.first.seen), len(world.second.seen)) == (1, 0)
    _is_first(world.first.last)


def test_the_log_tells_the_attempts(world: World) -> None:
    world.first.always(status=500)
    reply = call(world.port, body=chat("safe"))
    line = world.gateway.logged(reply.headers["x-request-id"])
    assert line["attempts"] == 2
    assert "groq" in line["cluster"]
