"""Models that cannot take a request are not asked: the next one is, or the client reads what is missing and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from e2e.client import MESSAGES, RESPONSES, Reply, call
from e2e.harness import Gateway, free_port
from e2e.polyglot import Polyglot
from e2e.translating import sent

MODELS = {
    "text": "groq/openai/gpt-oss-20b",
    "other": "deepseek/deepseek-v4-pro",
    "sighted": "gemini/gemini-2.5-pro",
    "small": "zhipu/glm-4.5",
    "searching": "perplexity/sonar-pro",
    "unknown": "together_ai/of/nobody-knows",
}
DIALECTS = {"sighted": "gemini"}
PNG = "iVBORw0KGgo="
SHOWN = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
SAID = {"type": "text", "text": "what is this?"}
TOOL = {"name": "f", "input_schema": {"type": "object", "properties": {}}}


@dataclass(frozen=True, slots=True)
class World:
    port: int
    providers: Mapping[str, Polyglot]

    def ask(self, model: str, *content: Any, **more: Any) -> Reply:
        said = [{"role": "user", "content": list(content) or "hello"}]
        return call(self.port, MESSAGES, {"model": model, "max_tokens": 100, "messages": said, **more})

    def seen(self) -> list[str]:
        return [word for word, provider in self.providers.items() for _ in provider.seen]


@pytest.fixture(scope="module")
def standing() -> Iterator[World]:
    with ExitStack() as opened:
        fakes = {word: Polyglot(DIALECTS.get(word, "chat")) for word in MODELS}
        for fake in fakes.values():
            opened.enter_context(fake)
        port = free_port()
        rows = "\n".join(
            f'  - {{model: {model}, base_url: "{fakes[word].url}", access_key: $KEY}}' for word, model in MODELS.items()
        )
        yaml = f"""
version: v0.4.0
listeners:
  - {{type: model, name: llm, address: 127.0.0.1, port: {port}, retry: {{backoff_base: 10ms, backoff_max: 50ms}}}}
model_providers:
{rows}
model_aliases:
{"".join(f"  {word}: {{target: {model}}}{chr(10)}" for word, model in MODELS.items())}
  either: {{targets: [{{model: {MODELS["text"]}}}, {{model: {MODELS["sighted"]}}}]}}
  neither: {{targets: [{{model: {MODELS["text"]}}}, {{model: {MODELS["other"]}}}]}}
"""
        opened.enter_context(Gateway(yaml, {"KEY": "sk-of-all"}))
        yield World(port, fakes)


@pytest.fixture
def world(standing: World) -> World:
    for provider in standing.providers.values():
        provider.reset()
    return standing


@pytest.mark.parametrize("stream", [False, True])
def test_an_image_goes_to_the_model_that_sees(world: World, stream: bool) -> None:
    reply = world.ask("either", SAID, SHOWN, stream=stream)
    assert reply.status == 200 and reply.whole
    assert world.seen() == ["sighted"]
    assert PNG in str(sent(world.providers["sighted"].seen[0]))


def test_words_go_to_the_first(world: World) -> None:
    assert world.ask("either", SAID).status == 200
    assert world.seen() == ["text"]


def test_alone_the_model_is_refused_with_what_it_lacks_and_where(world: World) -> None:
    reply = world.ask("text", SAID, SHOWN)
    assert reply.status == 422
    for told in ("openai/gpt-oss-20b", "images", "messages[0].content[1]"):
        assert told in reply.error["message"]
    assert PNG not in reply.error["message"]
    assert world.seen() == []


def test_when_none_can_the_last_says_why(world: World) -> None:
    reply = world.ask("neither", SHOWN)
    assert reply.status == 422
    assert "images" in reply.error["message"] and "messages[0].content[0]" in reply.error["message"]
    assert world.seen() == []


def test_other_clients_read_their_own_addresses(world: World) -> None:
    content = [{"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}]
    reply = call(world.port, RESPONSES, {"model": "other", "input": [{"role": "user", "content": content}]})
    assert reply.status == 422
    assert "input[0].content[0]" in reply.error["message"]
    assert world.seen() == []


def test_tools_are_for_models_that_call_them(world: World) -> None:
    reply = world.ask("searching", SAID, tools=[TOOL])
    assert (reply.status, world.seen()) == (422, [])
    assert "cannot call tools" in reply.error["message"] and "tools[0]" in reply.error["message"]


def test_what_is_far_too_long_is_refused_and_what_may_fit_is_tried(world: World) -> None:
    reply = world.ask("small", {"type": "text", "text": "word " * 180_000})
    assert (reply.status, world.seen()) == (422, [])
    assert "context_length" in reply.error["message"]
    assert world.ask("small", {"type": "text", "text": "word " * 100_000}).status == 200
    assert world.seen() == ["small"]


def test_a_longer_answer_than_the_model_gives_is_not_asked_for(world: World) -> None:
    reply = world.ask("sighted", SAID, max_tokens=100_000)
    assert reply.status == 200
    assert "max_tokens" in reply.headers["x-plano-dropped"].split(",")
    assert sent(world.providers["sighted"].seen[0])["generationConfig"]["maxOutputTokens"] == 65536


def test_a_model_nobody_knows_is_asked_for_everything(world: World) -> None:
    assert world.ask("unknown", SAID, SHOWN, tools=[TOOL]).status == 200
    assert world.seen() == ["unknown"]
