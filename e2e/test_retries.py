"""Retries, splits and crowds: exactly as many attempts as configured, none once an answer has begun."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from e2e.client import CHAT, call, chat
from e2e.fake import Provider
from e2e.harness import Gateway, free_port

REQUESTS, SHARE = 400, 0.9


class World(NamedTuple):
    port: int
    first: Provider
    second: Provider


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port = free_port()
    with Provider() as first, Provider() as second:
        yaml = f"""
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
    timeouts: {{first_byte: 300ms}}
    retry: {{backoff_base: 10ms, backoff_max: 20ms}}
model_providers:
  - {{model: openai/once, access_key: $KEY, base_url: "{first.url}", retry: {{attempts: 0}}}}
  - {{model: openai/thrice, access_key: $KEY, base_url: "{first.url}", retry: {{attempts: 3}}}}
  - {{model: openai/plenty, access_key: $KEY, base_url: "{first.url}", timeouts: {{first_byte: 10s}}}}
  - {{model: groq/other, access_key: $KEY, base_url: "{second.url}", timeouts: {{first_byte: 10s}}}}
model_aliases:
  safe: {{targets: [{{model: plenty}}, {{model: other}}], timeouts: {{first_byte: 10s}}}}
  split: {{targets: [{{model: plenty, weight: 9}}, {{model: other, weight: 1}}], timeouts: {{first_byte: 10s}}}}
"""
        with Gateway(yaml, {"KEY": "sk-test"}, concurrency=2):
            yield World(port, first, second)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.first.reset()
    world.second.reset()


FAILURES: dict[str, dict[str, Any]] = {
    "503": {"status": 503},
    "429": {"status": 429, "headers": {"retry-after": "1"}},
    "closed": {"fault": "fin"},
    "silent": {"fault": "hang"},
}


@pytest.mark.parametrize(("model", "attempts"), [("once", 1), ("thrice", 4)])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_as_many_attempts_as_configured(world: World, failure: dict[str, Any], model: str, attempts: int) -> None:
    world.first.always(**failure)
    assert call(world.port, body=chat(model)).status >= 400
    assert len(world.first.seen) == attempts


def test_a_fault_of_the_request_is_not_tried_again(world: World) -> None:
    world.first.always(status=400)
    assert call(world.port, body=chat("thrice")).status == 400
    assert len(world.first.seen) == 1


@pytest.mark.parametrize("fault", ["reset_mid", "fin_mid"])
@pytest.mark.parametrize("model", ["thrice", "safe"])
def test_no_attempt_after_the_first_byte(world: World, model: str, fault: str) -> None:
    """Half an answer stays half: a second one behind it would be a lie."""
    world.first.always(fault=fault, cut=20)
    reply = call(world.port, body=chat(model))
    assert (reply.status, reply.whole) == (200, False)
    assert (len(world.first.seen), len(world.second.seen)) == (1, 0)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_body_of_20_mb_fails_over(world: World, stream: bool) -> None:
    world.first.always(status=503)
    body = chat("safe", stream=stream, pad="x" * 20_000_000)
    assert call(world.port, body=body).status == 200
    assert len(world.second.last.body) > 20_000_000


def test_weights_hold(world: World) -> None:
    """Within five standard deviations: one run in a million is outside by chance."""
    for _ in range(REQUESTS):
        assert call(world.port, body=chat("split")).status == 200
    deviation = (REQUESTS * SHARE * (1 - SHARE)) ** 0.5
    assert abs(len(world.first.seen) - REQUESTS * SHARE) <= 5 * deviation
    assert len(world.first.seen) + len(world.second.seen) == REQUESTS


def test_json_nested_too_deep_is_refused(world: World) -> None:
    body = b'{"model": "once", "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    reply = call(world.port, CHAT, body)
    assert (reply.status, reply.error["code"]) == (400, "invalid_json")
    assert not world.first.seen


def test_a_crowd_is_served(world: World) -> None:
    """Three hundred clients at once, each with a connection of its own."""
    with ThreadPoolExecutor(300) as crowd:
        replies = list(crowd.map(lambda _: call(world.port, body=chat("plenty"), timeout_s=30), range(600)))
    assert [reply.status for reply in replies] == [200] * 600
