"""Ends of streams: a client that leaves is noticed by the provider, a provider that dies is noticed by the client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import anthropic
import openai
import pytest

from e2e.client import CHAT, MESSAGES, RawConnection, call, chat
from e2e.fake import Provider
from e2e.harness import Gateway, free_port

NOTICED_WITHIN_S = 0.2


class World(NamedTuple):
    """`uneven_port`: a listener whose patience inside an answer is longer than before it."""

    port: int
    uneven_port: int
    provider: Provider


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port, uneven_port = free_port(), free_port()
    with Provider() as provider:
        yaml = f"""
version: v0.4.0
listeners:
  - {{type: model, name: llm, address: 127.0.0.1, port: {port}, timeouts: {{idle: 1s, first_byte: 1s}}}}
  - type: model
    name: uneven
    address: 127.0.0.1
    port: {uneven_port}
    timeouts: {{idle: 1500ms, first_byte: 700ms}}
model_providers:
  - {{model: openai/gpt-4o, access_key: $KEY, base_url: "{provider.url}"}}
  - {{model: anthropic/claude-sonnet-4-6, access_key: $KEY, base_url: "{provider.url}"}}
"""
        with Gateway(yaml, {"KEY": "sk-test"}):
            yield World(port, uneven_port, provider)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.provider.reset()


@pytest.mark.parametrize("reset", [True, False], ids=["rst", "fin"])
@pytest.mark.parametrize("fault", ["hang", "hang_body", "hang_mid"])
def test_the_provider_notices_that_the_client_left(world: World, fault: str, reset: bool) -> None:
    """Tokens that nobody reads cost money: the provider must stop at once. The quickest of three counts."""
    took_s = []
    for _ in range(3):
        world.provider.next(fault=fault, cut=200)
        asked = len(world.provider.seen)
        connection = RawConnection(world.port, chat(stream=True))
        assert world.provider.wait(lambda asked=asked: len(world.provider.seen) > asked)  # type: ignore[misc]
        if fault != "hang":
            assert connection.read_some().startswith(b"HTTP/1.1 200")
        left = time.monotonic()
        connection.leave(reset=reset)
        exchange = world.provider.last
        assert world.provider.wait(lambda e=exchange: e.gone is not None), "never noticed"  # type: ignore[misc]
        assert exchange.gone
        took_s.append(exchange.gone - left)
    assert min(took_s) < NOTICED_WITHIN_S


@pytest.mark.parametrize("fault", ["reset_mid", "fin_mid"])
def test_a_stream_that_dies_is_not_a_finished_one(world: World, fault: str) -> None:
    world.provider.next(fault=fault, cut=700)
    reply = call(world.port, CHAT, chat(stream=True))
    assert reply.status == 200 and not reply.whole


@pytest.mark.parametrize("silent_after_s", [0.0, 1.0], ids=["early", "late"])
@pytest.mark.parametrize("door", ["port", "uneven_port"])
def test_silence_in_a_stream_ends_it(world: World, door: str, silent_after_s: float) -> None:
    """Whether the provider falls silent before or after the wait for the first byte would have been over."""
    world.provider.next(fault="hang_mid", cut=900, chunk=300, gap_ms=silent_after_s * 500)
    reply = call(getattr(world, door), CHAT, chat(stream=True))
    assert reply.status == 200 and not reply.whole and len(reply.body) == 900


@pytest.mark.parametrize("fault", ["reset_mid", "fin_mid"])
def test_a_whole_answer_that_dies_is_not_a_finished_one(world: World, fault: str) -> None:
    world.provider.next(fault=fault, cut=100, framing="length")
    assert not call(world.port, CHAT, chat()).whole


def test_a_body_shorter_than_promised_is_not_a_finished_one(world: World) -> None:
    world.provider.next(length_lie=50)
    assert not call(world.port, CHAT, chat()).whole


@pytest.mark.parametrize("fault", ["reset_mid", "fin_mid"])
def test_openai_sdk_raises_when_the_stream_dies(world: World, fault: str) -> None:
    world.provider.next(fault=fault, cut=900, chunk=-1)
    with openai.OpenAI(api_key="x", base_url=f"http://127.0.0.1:{world.port}/v1", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "hi"}], stream=True
        )
        with pytest.raises(Exception, match=r"(?i)closed|incomplete|peer|reset|connection|protocol"):
            list(stream)


@pytest.mark.parametrize("fault", ["reset_mid", "fin_mid"])
def test_anthropic_sdk_raises_when_the_stream_dies(world: World, fault: str) -> None:
    world.provider.next(fault=fault, cut=900, chunk=-1)
    with anthropic.Anthropic(api_key="x", base_url=f"http://127.0.0.1:{world.port}", max_retries=0) as client:
        stream = client.messages.create(
            model="claude-sonnet-4-6", max_tokens=9, messages=[{"role": "user", "content": "hi"}], stream=True
        )
        with pytest.raises(Exception, match=r"(?i)closed|incomplete|peer|reset|connection|protocol"):
            list(stream)


def test_a_steady_stream_may_last_longer_than_every_timeout_between_bytes(world: World) -> None:
    """Twice the idle time in all, with events well inside it."""
    world.provider.next(recording="anthropic--stream_basic", chunk=-1, gap_ms=250)
    reply = call(world.port, MESSAGES, chat("claude-sonnet-4-6", stream=True))
    assert reply.whole and b"message_stop" in reply.body
