"""Which request goes where: named models, names of providers, aliases, wildcards, the default, several listeners."""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from e2e.client import CHAT, MESSAGES, RESPONSES, call, chat
from e2e.fake import Provider
from e2e.harness import Gateway, free_port


class World(NamedTuple):
    port: int
    second_port: int
    gateway: Gateway
    providers: dict[str, Provider]


NAMES = ("openai", "azure", "groq", "vllm_a", "vllm_b", "anthropic")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port, second_port = free_port(), free_port()
    fakes = {name: Provider(name=name).__enter__() for name in NAMES}
    at = {name: fake.url for name, fake in fakes.items()}
    yaml = f"""
version: v0.4.0
listeners:
  - {{type: model, name: llm, address: 127.0.0.1, port: {port}}}
  - {{type: model, name: narrow, address: 127.0.0.1, port: {second_port}, models: [local-a]}}
model_providers:
  - {{model: openai/gpt-4o, access_key: $K1, base_url: "{at["openai"]}", default: true}}
  - {{model: azure_openai/gpt-4o, access_key: $K2, base_url: "{at["azure"]}"}}
  - {{model: groq/*, access_key: $K3, base_url: "{at["groq"]}"}}
  - {{model: vllm/small, name: local-a, base_url: "{at["vllm_a"]}"}}
  - {{model: vllm/small-b, name: local-b, base_url: "{at["vllm_b"]}/nested/v1"}}
  - {{model: anthropic/claude-sonnet-4-6, access_key: $K4, base_url: "{at["anthropic"]}"}}
model_aliases:
  plain: {{target: gpt-4o}}
  through-wildcard: {{target: groq/llama-4}}
  chained: {{target: plain}}
  named: {{target: local-b}}
  split: {{targets: [{{model: openai/gpt-4o, weight: 50}}, {{model: azure_openai/gpt-4o, weight: 50}}]}}
"""
    try:
        with Gateway(yaml, {f"K{i}": f"key-{i}" for i in range(1, 5)}, token_usage=True) as gateway:
            yield World(port, second_port, gateway, fakes)
    finally:
        for fake in fakes.values():
            fake.close()


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    for provider in world.providers.values():
        provider.reset()


def _who(world: World) -> str:
    (name,) = [name for name, provider in world.providers.items() if provider.seen]
    return name


ROUTES = [
    pytest.param("openai/gpt-4o", "openai", "/v1/chat/completions", "gpt-4o", id="full-name"),
    pytest.param("gpt-4o", "openai", "/v1/chat/completions", "gpt-4o", id="bare-id-of-two-is-the-first"),
    pytest.param(
        "azure_openai/gpt-4o", "azure", "/openai/deployments/gpt-4o/chat/completions", "gpt-4o", id="the-other"
    ),
    pytest.param("groq/llama-4", "groq", "/openai/v1/chat/completions", "llama-4", id="wildcard"),
    pytest.param("groq/meta/llama", "groq", "/openai/v1/chat/completions", "meta/llama", id="wildcard-with-slash"),
    pytest.param("local-a", "vllm_a", "/v1/chat/completions", "small", id="provider-name"),
    pytest.param("small-b", "vllm_b", "/nested/v1/chat/completions", "small-b", id="same-host-other-port"),
    pytest.param("plain", "openai", "/v1/chat/completions", "gpt-4o", id="alias"),
    pytest.param("through-wildcard", "groq", "/openai/v1/chat/completions", "llama-4", id="alias-to-wildcard"),
    pytest.param("chained", "openai", "/v1/chat/completions", "gpt-4o", id="alias-of-alias"),
    pytest.param("named", "vllm_b", "/nested/v1/chat/completions", "small-b", id="alias-of-provider-name"),
]


@pytest.mark.parametrize(("model", "provider", "path", "upstream"), ROUTES)
def test_model_leads_to_its_provider(world: World, model: str, provider: str, path: str, upstream: str) -> None:
    assert call(world.port, CHAT, chat(model)).status == 200
    assert _who(world) == provider
    asked = world.providers[provider].last
    assert asked.path == path
    assert json.loads(asked.body)["model"] == upstream


def test_provider_query_and_client_query_are_both_sent(world: World) -> None:
    call(world.port, CHAT + "?trace=1", chat("azure_openai/gpt-4o"))
    query = world.providers["azure"].last.target.partition("?")[2].split("&")
    assert "trace=1" in query and any(part.startswith("api-version=") for part in query)


BODIES = [
    pytest.param(chat(None), id="omitted"),
    pytest.param({**chat(None), "model": None}, id="null"),
    pytest.param(chat(""), id="empty"),
]


@pytest.mark.parametrize("body", BODIES)
def test_no_model_means_the_default(world: World, body: dict[str, Any]) -> None:
    reply = call(world.port, CHAT, body)
    assert reply.status == 200, reply.body
    assert json.loads(world.providers["openai"].last.body)["model"] == "gpt-4o"


def test_no_model_and_no_default_in_reach_is_refused(world: World) -> None:
    reply = call(world.second_port, CHAT, chat(None))
    assert reply.status == 400, reply.body


def test_second_listener_serves_only_its_models(world: World) -> None:
    assert call(world.second_port, CHAT, chat("local-a")).status == 200
    assert call(world.second_port, CHAT, chat("openai/gpt-4o")).status == 404
    listed = [m["id"] for m in call(world.second_port, "/v1/models", method="GET").json["data"]]
    assert "local-a" in listed and "openai/gpt-4o" not in listed


def test_weights_split(world: World) -> None:
    for _ in range(60):
        assert call(world.port, CHAT, chat("split")).status == 200
    seen = collections.Counter({n: len(p.seen) for n, p in world.providers.items() if p.seen})
    assert set(seen) == {"openai", "azure"} and min(seen.values()) >= 10


@pytest.mark.parametrize(
    ("path", "model"),
    [
        pytest.param(MESSAGES, "openai/gpt-4o", id="messages-to-openai"),
        pytest.param(CHAT, "anthropic/claude-sonnet-4-6", id="chat-to-anthropic"),
        pytest.param(RESPONSES, "anthropic/claude-sonnet-4-6", id="responses-to-anthropic"),
    ],
)
def test_what_needs_translation_is_translated(world: World, path: str, model: str) -> None:
    asked = {"model": model, "input": "hello"} if path == RESPONSES else chat(model)
    reply = call(world.port, path, asked)
    assert reply.status == 200, reply.body
    assert reply.headers["x-plano-translated"] == ("openai_chat" if "gpt" in model else "anthropic_messages")
    (exchange,) = world.providers[model.partition("/")[0]].seen
    assert exchange.target.endswith(CHAT if "gpt" in model else MESSAGES)


def test_what_can_be_translated_into_nothing_is_refused(world: World) -> None:
    reply = call(world.port, "/v1/embeddings", {"model": "anthropic/claude-sonnet-4-6", "input": "hello"})
    assert (reply.status, reply.error["code"]) == (501, "translation_required")
    assert not any(p.seen for p in world.providers.values())


def test_models_are_listed_with_cors(world: World) -> None:
    reply = call(world.port, "/v1/models", method="GET")
    assert reply.json["object"] == "list"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert {"openai/gpt-4o", "azure_openai/gpt-4o", "local-a", "plain", "split"} <= {
        m["id"] for m in reply.json["data"]
    }
    assert call(world.port, "/v1/models", method="OPTIONS").status in {200, 204}


def test_healthz(world: World) -> None:
    for port in (world.port, world.second_port):
        assert call(port, "/healthz", method="GET").status == 200


def test_log_line_says_what_happened(world: World) -> None:
    reply = call(world.port, CHAT, chat("plain"))
    line = world.gateway.logged(reply.headers["x-request-id"])
    assert line["status"] == 200 and line["attempts"] == 1
    assert line["listener"] == "llm" and line["route"] and line["cluster"]


TOKENS: list[Any] = [
    pytest.param(CHAT, chat("plain"), None, (8, 377), id="chat"),
    pytest.param(
        CHAT, chat("plain", stream=True, stream_options={"include_usage": True}), None, (12, 100), id="stream"
    ),
    pytest.param(CHAT, chat("plain", stream=True), None, (None, None), id="stream-without-usage"),
    pytest.param(MESSAGES, chat("claude-sonnet-4-6"), None, (15, 21), id="messages"),
    pytest.param(MESSAGES, chat("claude-sonnet-4-6", stream=True), None, (15, 21), id="messages-stream"),
    pytest.param(RESPONSES, chat("plain"), "responses--tool", (30, None), id="responses"),
    pytest.param("/v1/embeddings", chat("plain"), None, (7, None), id="embeddings"),
]


@pytest.mark.parametrize("chunk", [0, 5, -1], ids=["whole", "5-bytes", "events"])
@pytest.mark.parametrize(("path", "body", "recording", "tokens"), TOKENS)
def test_log_line_counts_tokens(
    world: World, path: str, body: Any, recording: str | None, tokens: tuple[int | None, int | None], chunk: int
) -> None:
    """Of every kind of answer that says them, however it arrives."""
    provider = world.providers["anthropic" if path == MESSAGES else "openai"]
    provider.next(chunk=chunk, **({"recording": recording} if recording else {}))
    line = world.gateway.logged(call(world.port, path, body).headers["x-request-id"])
    assert line["input_tokens"] == tokens[0]
    assert tokens[1] is None or line["output_tokens"] == tokens[1]


@pytest.mark.parametrize("model", ["groq/", "groq/*"])
def test_a_wildcard_is_no_model(world: World, model: str) -> None:
    answer = call(world.port, CHAT, chat(model))
    assert (answer.status, answer.json["error"]["code"]) == (404, "model_not_found")
