"""Whatever leads a request to a model leads a translated one there too: names, decisions, callers, their own keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.client import CHAT, Reply, call
from e2e.fake import Exchange
from e2e.translating import CLIENTS, KEYS, MODELS, NAMES, World, body_of, path_of, sent, translates, world

PAIRS = [(client, provider) for client in CLIENTS for provider in MODELS if translates(client, provider)]
CALLERS = {"ALL": "caller-of-all-1", "FEW": "caller-of-few-2"}
FOR_FEW = ("chat", "messages")
AUTH = f"""auth:
      api_keys:
        - {{name: all, key: $ALL}}
        - {{name: few, key: $FEW, models: [{", ".join(FOR_FEW)}]}}"""
SENT = {
    "chat": "authorization",
    "messages": "x-api-key",
    "responses": "authorization",
    "gemini": "x-goog-api-key",
}
"""A client's dialect -> the header its library puts the key into."""


@pytest.fixture(scope="module")
def named() -> Iterator[World]:
    with world(default="messages") as made:
        yield made


def _prefix(word: str) -> str:
    return MODELS[word].partition("/")[0]


def _ask(stage: World, client: str, model: str, headers: dict[str, str] | None = None, **more: Any) -> Reply:
    return call(stage.port, path_of(client, model), body_of(client, model, **more), headers)


def _model(exchange: Exchange) -> str:
    """The model a provider was asked for, in its body or its path."""
    found = sent(exchange).get("model")
    return str(found) if found else exchange.path.rsplit("/model", 1)[1].partition("/")[2].partition(":generate")[0]


@pytest.mark.parametrize("name", ["alias", "bare", "whole"])
@pytest.mark.parametrize(("client", "provider"), PAIRS)
def test_every_name_of_a_model(named: World, client: str, provider: str, name: str) -> None:
    named.reset()
    upstream = MODELS[provider].partition("/")[2]
    asked = {"alias": provider, "bare": upstream, "whole": MODELS[provider]}[name]
    reply = _ask(named, client, asked)
    assert (reply.status, reply.headers["x-plano-translated"]) == (200, NAMES[provider]), reply.body
    assert named.counts() == {provider: 1}
    assert _model(named.providers[provider].last).removesuffix("/converse") == upstream


@pytest.mark.parametrize("client", ["chat", "responses"])
def test_the_default_model(named: World, client: str) -> None:
    named.reset()
    body = {name: value for name, value in body_of(client, "").items() if name != "model"}
    reply = call(named.port, path_of(client, ""), body)
    assert (reply.status, reply.headers["x-plano-translated"]) == (200, "anthropic_messages")
    assert _model(named.providers["messages"].last) == "claude-sonnet-4-5"


@pytest.fixture(scope="module")
def wild() -> Iterator[World]:
    with world(patterns=True) as made:
        yield made


@pytest.mark.parametrize(("client", "provider"), PAIRS)
def test_wildcards(wild: World, client: str, provider: str) -> None:
    wild.reset()
    upstream = {"gemini": "gemini-9-any", "converse": "anthropic.any-v1:0"}.get(provider, "any-model.9")
    reply = _ask(wild, client, f"{_prefix(provider)}/{upstream}")
    assert (reply.status, reply.headers["x-plano-translated"]) == (200, NAMES[provider]), reply.body
    found = _model(wild.providers[provider].last).removesuffix("/converse")
    assert found.replace("%3A", ":") == upstream
    assert wild.keys_are_kept()


@pytest.fixture(scope="module")
def decided() -> Iterator[World]:
    listener = "decision: {deadline: 20s, router_failure: default, no_match: default}"
    with world(listener=listener) as made:
        yield made


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("client", ["chat", "messages", "responses"])
def test_preferences_lead_across_apis(decided: World, client: str, stream: bool) -> None:
    """Whatever the decision is, the models it names are asked in their own dialects, in its order."""
    decided.reset()
    own = [{"name": "weather", "description": "weather and forecasts of any city", "models": ["gemini", "converse"]}]
    decided.providers["gemini"].always(status=503)
    text = "What will the weather be like in Paris tomorrow? Give me the forecast for the city."
    body = body_of(client, "responses", stream=stream, text=text, routing_preferences=own)
    reply = call(decided.port, path_of(client, "responses", stream=stream), body)
    assert (reply.status, reply.headers["x-plano-route"]) == (200, "weather"), reply.body
    assert reply.headers["x-plano-model"] == "gemini"
    assert decided.counts().keys() == {"gemini", "converse"}
    assert reply.headers["x-plano-translated"] == "bedrock_converse"
    assert b"routing_preferences" not in decided.providers["converse"].last.body and decided.keys_are_kept()


@pytest.fixture(scope="module")
def guarded() -> Iterator[World]:
    with world(listener=AUTH, environ=CALLERS) as made:
        yield made


def _credential(client: str, key: str) -> dict[str, str]:
    return {SENT[client]: f"Bearer {key}" if SENT[client] == "authorization" else key}


@pytest.mark.parametrize(("client", "provider"), PAIRS)
def test_allow_lists_hold(guarded: World, client: str, provider: str) -> None:
    guarded.reset()
    reply = _ask(guarded, client, provider, _credential(client, CALLERS["FEW"]))
    allowed = provider in FOR_FEW
    assert (reply.status, guarded.counts()) == ((200, {provider: 1}) if allowed else (403, {})), reply.body
    assert _ask(guarded, client, provider, _credential(client, CALLERS["ALL"])).status == 200
    assert _ask(guarded, client, provider).status == 401
    assert guarded.keys_are_kept()
    seen = [str(each.headers) for fake in guarded.providers.values() for each in fake.seen]
    assert seen and not any(key in text for text in seen for key in CALLERS.values())


@pytest.fixture(scope="module")
def passing() -> Iterator[World]:
    accounts: dict[str, Any] = dict.fromkeys(MODELS, "passthrough_auth: true")
    with world(**accounts) as made:
        yield made


TAKEN = {"messages": "x-api-key"}


@pytest.mark.parametrize(("client", "provider"), [p for p in PAIRS if p[1] in {"chat", "messages", "responses"}])
def test_the_callers_own_key_goes_where_it_is_to_be_passed_on(passing: World, client: str, provider: str) -> None:
    passing.reset()
    assert _ask(passing, client, provider, _credential(client, "sk-mine-alone")).status == 200
    exchange = passing.providers[provider].last
    held = {name: value for name, value in exchange.headers if "sk-mine-alone" in value}
    wanted = TAKEN.get(provider, "authorization")
    assert held == {wanted: "sk-mine-alone" if wanted == "x-api-key" else "Bearer sk-mine-alone"}


@pytest.fixture(scope="module")
def mixed() -> Iterator[World]:
    with world(chat="passthrough_auth: true") as made:
        yield made


def test_the_callers_own_key_goes_to_nobody_else(mixed: World) -> None:
    mixed.reset()
    mixed.providers["chat"].always(status=503)
    reply = _ask(mixed, "responses", "chat-then-messages", _credential("responses", "sk-mine-alone"))
    assert reply.status == 200
    assert mixed.providers["chat"].last.header("authorization") == "Bearer sk-mine-alone"
    other = mixed.providers["messages"].last
    assert other.header("x-api-key") == KEYS["KEY_MESSAGES"]
    assert not any("sk-mine-alone" in value for _, value in other.headers)


@pytest.mark.parametrize("name", ["x-plano-internal-account", "x-plano-internal-model", "x-plano-internal-key"])
def test_clients_cannot_say_what_only_we_say(named: World, name: str) -> None:
    named.reset()
    forged = {name: "chat", "x-plano-translated": "gemini", "x-plano-internal-fail-over": "1"}
    reply = call(named.port, CHAT, body_of("chat", "messages"), forged)
    assert (reply.status, reply.headers["x-plano-translated"]) == (200, "anthropic_messages")
    assert named.counts() == {"messages": 1} and named.keys_are_kept()
