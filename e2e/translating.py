"""A gateway before one fake provider for every dialect: the stage of the tests of translation.

In: more of a configuration. Out: `World`, whose providers speak whatever they are asked in. Models are called by the
dialect of the provider that has them, lists of targets by two: "chat", "messages-then-gemini".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from e2e.client import CHAT, MESSAGES, RESPONSES
from e2e.fake import Exchange
from e2e.harness import Gateway, free_port
from e2e.polyglot import Polyglot

MODELS = {
    "chat": "cerebras/qwen-3-32b",
    "messages": "anthropic/claude-sonnet-4-5",
    "responses": "chatgpt/gpt-5",
    "gemini": "gemini/gemini-2.5-pro",
    "converse": "amazon_bedrock/anthropic.claude-sonnet-4-5-v1",
}
NAMES = {
    "chat": "openai_chat",
    "messages": "anthropic_messages",
    "responses": "openai_responses",
    "gemini": "gemini",
    "converse": "bedrock_converse",
}
"""A dialect's short word here -> the gateway's."""
CLIENTS = ("chat", "messages", "responses", "gemini")
KEYS = {f"KEY_{word.upper()}": f"sk-of-{word}" for word in MODELS}
SERVED = {("chat", "gemini")}
"""Pairs of client and provider where the provider itself serves the client's dialect beside its own."""
SEARCHED = ("x-api-key", "authorization", "x-goog-api-key", "api-key")


@dataclass(frozen=True, slots=True)
class World:
    port: int
    gateway: Gateway
    providers: Mapping[str, Polyglot]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        for provider in self.providers.values():
            provider.reset()

    def counts(self) -> dict[str, int]:
        """How many requests each provider saw, those with none left out."""
        return {word: len(provider.seen) for word, provider in self.providers.items() if provider.seen}

    def keys_are_kept(self) -> bool:
        """Whether every request so far held the key of its provider and no other secret of ours."""
        return all(_own_key(word, each) for word, provider in self.providers.items() for each in provider.seen)


def _own_key(word: str, exchange: Exchange) -> bool:
    text = "\n".join(f"{name}: {value}" for name, value in exchange.headers) + exchange.target
    strange = [key for key in KEYS.values() if key != KEYS[f"KEY_{word.upper()}"] and key in text]
    held = [name for name, value in exchange.headers if name in SEARCHED and KEYS[f"KEY_{word.upper()}"] in value]
    return len(held) == 1 and not strange and "x-plano" not in text and "sk-of-the-client" not in text


def translates(client: str, provider: str) -> bool:
    return client != provider and (client, provider) not in SERVED


def path_of(client: str, model: str, *, stream: bool = False) -> str:
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    paths = {"chat": CHAT, "messages": MESSAGES, "responses": RESPONSES, "gemini": f"/v1beta/models/{model}:{method}"}
    return paths[client]


def body_of(client: str, model: str, *, stream: bool = False, text: str = "hello", **more: Any) -> dict[str, Any]:
    """The smallest request of a dialect."""
    if client == "gemini":
        return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}
    said: dict[str, Any] = {"input": text} if client == "responses" else {"messages": _said(text)}
    limit = {"max_tokens": 4096} if client == "messages" else {}
    return {"model": model, **limit, **said, **({"stream": True} if stream else {}), **more}


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def sent(exchange: Exchange) -> dict[str, Any]:
    """What reached a provider."""
    found = json.loads(exchange.body)
    assert isinstance(found, dict)
    return found


@contextmanager
def world(
    *sections: str,
    listener: str = "timeouts: {connect: 2s, first_byte: 20s}",
    words: tuple[str, ...] = tuple(MODELS),
    default: str = "",
    environ: Mapping[str, str] | None = None,
    token_usage: bool = False,
    alive: bool = True,
    patterns: bool = False,
    **accounts: str,
) -> Iterator[World]:
    """A running stage. `sections`: top-level YAML; `listener`: members of the listener; `words`: which providers;
    `default`: the word of the default model; `alive`: whether anybody listens; `patterns`: each provider has a wildcard
    and nothing has an alias; `accounts`: more members of one provider, by its word."""
    with ExitStack() as opened:
        fakes = {word: Polyglot(word) for word in words}
        for fake in fakes.values():
            if alive:
                opened.enter_context(fake)
            else:
                fake.leave()
        port = free_port()
        models = {word: f"{MODELS[word].partition('/')[0]}/*" if patterns else MODELS[word] for word in words}
        rows = "\n".join(_row(word, models[word], fakes[word].url, accounts.get(word, ""), default) for word in words)
        yaml = f"""
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
    max_body_bytes: 30000000
    retry: {{backoff_base: 10ms, backoff_max: 50ms}}
    {listener}
model_providers:
{rows}
{"" if patterns else _aliases(words)}
{"".join(sections)}
"""
        gateway = opened.enter_context(Gateway(yaml, {**KEYS, **(environ or {})}, token_usage=token_usage))
        yield World(port, gateway, fakes)


def _row(word: str, model: str, url: str, more: str, default: str) -> str:
    usual = ", default: true" if default == word else ""
    key = "" if "passthrough_auth" in more else f", access_key: $KEY_{word.upper()}"
    return f'  - {{model: "{model}", base_url: "{url}"{key}{usual}{", " + more if more else ""}}}'


def _aliases(words: tuple[str, ...]) -> str:
    single = [f"  {word}: {{target: {MODELS[word]}}}" for word in words]
    pairs = [
        f"  {a}-then-{b}: {{targets: [{{model: {MODELS[a]}}}, {{model: {MODELS[b]}}}]}}"
        for a, b in permutations(words, 2)
    ]
    return "\n".join(["model_aliases:", *single, *pairs])
