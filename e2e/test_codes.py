"""Every code of the closed list of errors, each made by the real Envoy, in both dialects."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from e2e.client import CHAT, MESSAGES, Reply, call, chat, raw_exchange
from e2e.fake import Provider
from e2e.harness import Gateway, free_port
from schemas import errors

KEYS = {"KEY": "sk-provider", "CALLER": "sk-caller"}
LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
FAILS = 'function envoy_on_request(handle) handle:respond({[":status"] = "500"}, "fault of a filter") end'


class World(NamedTuple):
    open: int
    locked: int
    agents: int
    hurried: int
    provider: Provider


def _accounts(prefix: str, url: str, dead: int) -> str:
    """A provider of one dialect in every state: well, gone, and tried twice."""
    return f"""
  - {{model: {prefix}/well-{prefix}, access_key: $KEY, base_url: "{url}", timeouts: {{first_byte: 300ms}}}}
  - {{model: {prefix}/gone-{prefix}, access_key: $KEY, base_url: "http://127.0.0.1:{dead}"}}
  - {{model: {prefix}/twice-{prefix}, access_key: $KEY, base_url: "{url}", retry: {{attempts: 1, on: [reset]}}}}"""


WEATHER = "current weather, forecasts and temperatures for any city"
FLIGHTS = "flight status, departures, arrivals and delays of flights between airports"
BOTH = "What is the weather in Paris today, and also is flight AF123 delayed?"
NEITHER = "Write a limerick about a tax accountant."


def _yaml(ports: tuple[int, int, int, int], url: str) -> str:
    dead = free_port()
    agents = f"[{{id: one, description: '{WEATHER}'}}, {{id: two, description: '{FLIGHTS}'}}]"
    return f"""
version: v0.4.0
agents: [{{id: one, url: "http://127.0.0.1:{dead}"}}, {{id: two, url: "{url}"}}]
listeners:
  - type: model
    name: open
    address: 127.0.0.1
    port: {ports[0]}
    max_body_bytes: 20000
    decision: {{no_match: refuse}}
  - type: model
    name: locked
    address: 127.0.0.1
    port: {ports[1]}
    auth: {{api_keys: [{{name: app, key: $CALLER, models: [gone-openai]}}]}}
  - type: agent
    name: agents
    address: 127.0.0.1
    port: {ports[2]}
    decision: {{no_match: refuse}}
    agents: {agents}
  - type: agent
    name: hurried
    address: 127.0.0.1
    port: {ports[3]}
    decision: {{deadline: 1ms, router_failure: refuse}}
    agents: {agents}
model_providers:{_accounts("openai", url, dead)}{_accounts("anthropic", url, dead)}
"""


class Changed(Gateway):
    """A gateway one value of whose rendered listeners is changed, where waiting for the real one takes too long."""

    def __init__(self, yaml: str, change: Callable[[Any], None]) -> None:
        super().__init__(yaml, KEYS)
        self.change = change

    def _write(self) -> Path:
        path = super()._write()
        bootstrap = json.loads(path.read_text())
        self.change(bootstrap)
        path.write_text(json.dumps(bootstrap))
        return path


def _managers(bootstrap: Any) -> Iterator[Any]:
    """Those of the listeners that clients reach."""
    for listener in bootstrap["static_resources"]["listeners"]:
        if "pipe" not in listener["address"]:
            yield listener["filter_chains"][0]["filters"][-1]["typed_config"]


def _ports() -> tuple[int, int, int, int]:
    return free_port(), free_port(), free_port(), free_port()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    ports = _ports()
    with Provider() as provider, Gateway(_yaml(ports, provider.url), KEYS):
        yield World(*ports, provider)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.provider.reset()


def _kind(path: str) -> str:
    return "anthropic" if path == MESSAGES else "openai"


def _failing(world: World, path: str, model: str, **fault: Any) -> Reply:
    world.provider.always(**fault)
    return call(world.open, path, chat(f"{model}-{_kind(path)}"))


def _ask(world: World, path: str, **more: Any) -> Reply:
    return call(world.open, path, chat(f"well-{_kind(path)}"), **more)


def _says(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "any", "max_tokens": 64, "messages": [{"role": "user", "content": text}], **more}


def _preference(path: str) -> dict[str, Any]:
    return {"name": "weather", "description": WEATHER, "models": [f"well-{_kind(path)}"]}


def _with_preferences(world: World, path: str, preferences: list[dict[str, Any]]) -> Reply:
    body = _says(NEITHER, routing_preferences=preferences) | {"model": f"well-{_kind(path)}"}
    return call(world.open, path, body)


CALLER = {"authorization": "Bearer sk-caller"}

# Refused before Envoy gives the request an id, or even knows the path that would tell the dialect.
NO_ID = {"bad_request", "headers_too_large", "overloaded"}
NO_PATH = {"headers_too_large"}

# What brings about each code; the three below take a gateway of their own.
CAUSES: dict[str, Callable[[World, str], Reply]] = {
    "invalid_json": lambda w, path: call(w.open, path, b'{"model": "x'),
    "missing_model": lambda w, path: call(w.open, path, chat(None)),
    "bad_request": lambda w, path: call(w.open, f"{path}%2fmore", chat("well-openai")),
    "unauthorized": lambda w, path: call(w.locked, path, chat("well-openai")),
    "model_not_allowed": lambda w, path: call(w.locked, path, chat("well-openai"), CALLER),
    "model_not_found": lambda w, path: call(w.open, path, chat("nobody-has-it")),
    "endpoint_not_found": lambda w, path: call(w.open, f"{path}/more", chat("well-openai")),
    "method_not_allowed": lambda w, path: call(w.open, path, method="GET"),
    "request_too_large": lambda w, path: call(w.open, path, {**chat("well-openai"), "pad": "x" * 30000}),
    "headers_too_large": lambda w, path: _ask(w, path, headers={f"x-{i}": "y" * 8000 for i in range(12)}),
    "no_agent_fits": lambda w, path: call(w.agents, path, _says(NEITHER)),
    "no_model_fits": lambda w, path: _with_preferences(w, path, [_preference(path)]),
    "invalid_preferences": lambda w, path: _with_preferences(w, path, [{"name": "code"}]),
    "agent_failed": lambda w, path: call(w.agents, path, _says(BOTH)),
    "router_failed": lambda w, path: call(w.hurried, path, _says(BOTH)),
    "upstream_reset": lambda w, path: _failing(w, path, "well", fault="reset"),
    "upstream_unreachable": lambda w, path: _failing(w, path, "gone"),
    "attempts_exhausted": lambda w, path: _failing(w, path, "twice", fault="reset"),
    "upstream_timeout": lambda w, path: _failing(w, path, "well", fault="hang"),
}


def _check(reply: Reply, path: str, code: str) -> None:
    listed = errors.BY_CODE[code]
    assert reply.error["code"] == code, reply.body
    assert (reply.status, reply.headers["content-type"]) == (listed.status, "application/json")
    assert reply.json["request_id"] == reply.headers.get("x-request-id")
    assert (reply.json["request_id"] is None) == (code in NO_ID)
    if path == MESSAGES and code not in NO_PATH:
        assert reply.json["type"] == "error" and reply.error["type"] == listed.anthropic_type
        assert code in NO_ID or reply.headers["request-id"] == reply.headers["x-request-id"]
    else:
        assert reply.error["type"] == listed.openai_type and "type" not in reply.json


@pytest.mark.parametrize("path", [CHAT, MESSAGES], ids=["openai", "anthropic"])
@pytest.mark.parametrize("code", CAUSES)
def test_code(world: World, code: str, path: str) -> None:
    _check(CAUSES[code](world, path), path, code)


def _hurry(bootstrap: Any) -> None:
    for manager in _managers(bootstrap):
        manager["request_timeout"] = "0.300s"


def _fill_memory(bootstrap: Any) -> None:
    heap = bootstrap["overload_manager"]["resource_monitors"][0]["typed_config"]
    heap["max_heap_size_bytes"] = "1"


def _break_a_filter(bootstrap: Any) -> None:
    for manager in _managers(bootstrap):
        broken = {"@type": LUA, "default_source_code": {"inline_string": FAILS}}
        manager["http_filters"].insert(-1, {"name": "broken", "typed_config": broken})


def _half(port: int, path: str) -> Reply:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{{"
    top, _, body = raw_exchange(port, head.encode()).partition(b"\r\n\r\n")
    first, *lines = top.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Reply(int(first.split()[1]), headers, body, True)


def _whole(port: int, path: str) -> Reply:
    """Asks until it is refused: Envoy looks at its memory a few times a second."""
    for _ in range(100):
        reply = call(port, path, chat(f"well-{_kind(path)}"))
        if reply.status != 200:
            break
        time.sleep(0.05)
    return reply


CHANGES: dict[str, tuple[Callable[[Any], None], Callable[[int, str], Reply]]] = {
    "request_timeout": (_hurry, _half),
    "overloaded": (_fill_memory, _whole),
    "internal_error": (_break_a_filter, _whole),
}


@pytest.mark.parametrize("code", CHANGES)
def test_code_of_a_gateway_in_trouble(world: World, code: str) -> None:
    change, ask = CHANGES[code]
    ports = _ports()
    with Changed(_yaml(ports, world.provider.url), change):
        for path in (CHAT, MESSAGES):
            _check(ask(ports[0], path), path, code)


def test_code_of_a_gateway_without_its_sidecar(world: World) -> None:
    ports = _ports()
    with Gateway(_yaml(ports, world.provider.url), KEYS, sidecar=False):
        for path in (CHAT, MESSAGES):
            _check(call(ports[2], path, _says(BOTH)), path, "decision_unavailable")
            assert _whole(ports[0], path).status == 200, "a request that names its model needs no sidecar"


def test_code_of_a_call_nobody_serves(world: World) -> None:
    """Chat is translated for every provider; embeddings of one that makes none are nothing to be translated to."""
    reply = call(world.open, "/v1/embeddings", {"model": "well-anthropic", "input": "x"})
    _check(reply, CHAT, "translation_required")


def test_no_code_is_left_out() -> None:
    elsewhere = {"decision_unavailable", "translation_required"}
    assert CAUSES.keys() | CHANGES.keys() | elsewhere == errors.BY_CODE.keys()
