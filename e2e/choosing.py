"""Fake providers, a fake router model that goes by keywords, and a gateway before them: the stage of model choices.

In: sections of a configuration. Out: `Stage`, whose providers show what reached them. A text names what it is about:
"python" is code, "poem" is writing, "sums" is arithmetic; with none of these words no preference fits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import anthropic
import openai

from e2e.client import CHAT, MESSAGES, RESPONSES, Reply, call
from e2e.fake import Exchange, Provider
from e2e.fake.answers import JSON, Answer
from e2e.fake.plan import Steps, plan, steps
from e2e.fake.script import Script
from e2e.harness import Gateway, free_port
from router_model.tests.fake_vllm import FakeVllm

PATHS = (CHAT, MESSAGES, RESPONSES)
ROUTER = "Plano-Orchestrator"
RULES = (("python", "code"), ("poem", "writing"), ("sums", "arithmetic"), ("mine", "own"))
CODE, WRITING, ARITHMETIC, NEITHER = "fix my python", "write a poem", "do my sums", "hello"
GPT, MINI, LLAMA, SONNET, SMALL = (
    "openai/gpt-4o",
    "openai/gpt-4o-mini",
    "groq/llama-3.3-70b",
    "anthropic/claude-sonnet-4-6",
    "vllm/small",
)
KEYS = {
    "OPENAI_KEY": "sk-openai",
    "GROQ_KEY": "sk-groq",
    "ANTHROPIC_KEY": "sk-anthropic",
    "MISTRAL_KEY": "sk-mistral",
    "ROUTER_KEY": "sk-router",
}
PREFERENCES = f"""
routing_preferences:
  - {{name: code, description: programs and their faults, models: [{LLAMA}, {GPT}, {SONNET}, {SMALL}]}}
  - {{name: writing, description: poems and stories, models: [{GPT}, {SONNET}]}}
  - {{name: arithmetic, description: sums and products, models: [{GPT}, {MINI}]}}
"""
ALIASES = f"""
model_aliases:
  fast: {{target: {MINI}}}
  safe: {{targets: [{{model: {GPT}}}, {{model: {LLAMA}}}]}}
  split: {{targets: [{{model: {GPT}, weight: 50}}, {{model: {LLAMA}, weight: 50}}]}}
"""
PATIENT = "deadline: 20s"
"""A slow machine is no reason for a decision to be missed, unless a test is about that."""


class RouterModel(Provider):
    """A provider that serves the router model: it remembers requests with their headers, and fails as told."""

    def __init__(self, rules: Sequence[tuple[str, str]] = RULES) -> None:
        super().__init__(name="router")
        self.vllm = FakeVllm(rules=tuple(rules), models=(ROUTER,))

    def plan(self, exchange: Exchange) -> tuple[Script, Steps]:
        told = self._next.popleft() if self._next else self._always
        if told.fault or told.status >= 400 or told.body is not None:
            return plan.__wrapped__(exchange.target, exchange.body, told, told)
        status, content = self.vllm.answer(exchange.method, exchange.path, exchange.body)
        return told, steps(Answer(status, (JSON,), content), told, streamed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that runs."""

    port: int
    gateway: Gateway
    router: RouterModel
    openai: Provider
    groq: Provider
    anthropic: Provider
    small: Provider

    @property
    def providers(self) -> dict[str, Provider]:
        return {"openai": self.openai, "groq": self.groq, "anthropic": self.anthropic, "small": self.small}

    def reset(self) -> None:
        for provider in (*self.providers.values(), self.router):
            provider.reset()
        self.router.vllm.fault = ""

    def ask(
        self,
        text: str,
        model: str | None = MINI,
        path: str = CHAT,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Reply:
        """One call over plain HTTP."""
        return call(self.port, path, body(text, model, path, **more), headers)

    def question(
        self,
        text: str,
        model: str | None = MINI,
        path: str = CHAT,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """The answer to a question under /routing, which must be one."""
        reply = call(self.port, f"/routing{path}", body(text, model, path, **more), headers)
        assert reply.status == 200, reply
        found = reply.json
        assert isinstance(found, dict)
        return found

    def seen(self) -> list[tuple[str, Exchange]]:
        """The requests of all providers with their names, in the order of arrival."""
        found = [(each.at, name, each) for name, provider in self.providers.items() for each in provider.seen]
        return [(name, each) for _, name, each in sorted(found, key=lambda row: row[0])]

    def attempts(self) -> list[tuple[str, str]]:
        """Who was asked for which model, in order."""
        return [(name, json.loads(each.body).get("model")) for name, each in self.seen()]

    def decision(self, reply: Reply) -> dict[str, Any]:
        """The record of a call; it is written a moment after the answer."""
        sought = reply.headers["x-request-id"]
        return until(lambda: next((d for d in self.gateway.decisions() if d["request_id"] == sought), None))


T = TypeVar("T")


def until(look: Callable[[], T | None], timeout_s: float = 20.0) -> T:
    """What there is to see at last. Raises AssertionError where there is nothing in time."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def body(text: str, model: str | None = MINI, path: str = CHAT, **more: Any) -> dict[str, Any]:
    """The smallest request of a dialect."""
    named = {} if model is None else {"model": model}
    if path == RESPONSES:
        return {**named, "input": text, **more}
    limit = {"max_tokens": 64} if path == MESSAGES else {}
    return {**named, **limit, "messages": [{"role": "user", "content": text}], **more}


def with_tool_result(text: str, path: str, model: str = MINI) -> dict[str, Any]:
    """The turn after a tool was used: no user speaks in it."""
    user: dict[str, Any] = {"role": "user", "content": text}
    if path == RESPONSES:
        used = {"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"}
        return {
            "model": model,
            "input": [user, used, {"type": "function_call_output", "call_id": "c1", "output": "ok"}],
        }
    if path == MESSAGES:
        asked = {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "run", "input": {}}]}
        result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "ok"}]}
        return {"model": model, "max_tokens": 64, "messages": [user, asked, result]}
    tool = {"id": "c1", "type": "function", "function": {"name": "run", "arguments": "{}"}}
    answer = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
    return {"model": model, "messages": [user, {"role": "assistant", "tool_calls": [tool]}, answer]}


def models_dev(prices: Mapping[str, tuple[float, float]]) -> str:
    """The catalogue of models.dev with these prices (input, output; USD per million), by provider/id."""
    whole: dict[str, Any] = {}
    for name, (read, written) in prices.items():
        provider, _, model = name.partition("/")
        cost = {"input": read, "output": written}
        whole.setdefault(provider, {"models": {}})["models"][model] = {"id": model, "cost": cost}
    return json.dumps(whole)


@dataclass(frozen=True, slots=True)
class Clients:
    """The official SDKs, without retries of their own."""

    openai: openai.OpenAI
    anthropic: anthropic.Anthropic

    def ask(self, path: str, text: str, model: str = MINI, **more: Any) -> Any:
        said: list[Any] = [{"role": "user", "content": text}]
        if path == MESSAGES:
            return self.anthropic.messages.create(model=model, max_tokens=64, messages=said, extra_body=more)
        if path == RESPONSES:
            return self.openai.responses.create(model=model, input=text, extra_body=more)
        return self.openai.chat.completions.create(model=model, messages=said, extra_body=more)


@contextmanager
def clients(port: int) -> Iterator[Clients]:
    url = f"http://127.0.0.1:{port}"
    with (
        openai.OpenAI(api_key="sk-ignored", base_url=f"{url}/v1", max_retries=0) as o,
        anthropic.Anthropic(api_key="sk-ignored", base_url=url, max_retries=0) as a,
    ):
        yield Clients(o, a)


@contextmanager
def stage(
    *sections: str,
    listener: str = "",
    decision: str = PATIENT,
    environ: Mapping[str, str] | None = None,
    router: str = "kind: vllm",
    workers: int = 1,
    default: bool = False,
    first_byte: str = "10s",
    providers: str = "",
) -> Iterator[Stage]:
    """A running stage. `sections`: top-level YAML; `listener`, `providers`: more of these; `router` "" for the embedded
    one; `default`: whether a call without a model has one."""
    with ExitStack() as opened:
        names = ("openai", "groq", "anthropic", "small")
        fakes = {name: opened.enter_context(Provider(name=name)) for name in names}
        served = opened.enter_context(RouterModel())
        assert isinstance(served, RouterModel)
        port = free_port()
        usual = ", default: true" if default else ""
        own = f'- {{model: plano/{ROUTER}, base_url: "{served.url}", access_key: $ROUTER_KEY}}' if router else ""
        yaml = f"""
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
    timeouts: {{connect: 2s, first_byte: {first_byte}}}
    retry: {{backoff_base: 10ms, backoff_max: 50ms}}
    decision: {{{decision}}}
    {listener}
model_providers:
  - {{model: {GPT}, access_key: $OPENAI_KEY, base_url: "{fakes["openai"].url}", http_host: openai.example{usual}}}
  - {{model: {MINI}, access_key: $OPENAI_KEY, base_url: "{fakes["openai"].url}", http_host: openai.example}}
  - {{model: {LLAMA}, access_key: $GROQ_KEY, base_url: "{fakes["groq"].url}", http_host: groq.example}}
  - {{model: {SONNET}, access_key: $ANTHROPIC_KEY, base_url: "{fakes["anthropic"].url}"}}
  - {{model: {SMALL}, base_url: "{fakes["small"].url}/nested/v1"}}
  - {{model: mistral/*, access_key: $MISTRAL_KEY, base_url: "{fakes["small"].url}/wild/v1"}}
  {own}
{providers}
{f"router: {{model: plano/{ROUTER}, {router}}}" if router else ""}
{"".join(sections)}
"""
        gateway = opened.enter_context(Gateway(yaml, {**KEYS, **(environ or {})}, workers=workers))
        yield Stage(port=port, gateway=gateway, router=served, **fakes)
