"""Configured preferences choose the model of every call, in all three APIs; the provider gets what is its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from e2e.choosing import (
    ALIASES,
    ARITHMETIC,
    CODE,
    GPT,
    KEYS,
    LLAMA,
    MINI,
    NEITHER,
    PATHS,
    PREFERENCES,
    SMALL,
    SONNET,
    WRITING,
    Clients,
    Stage,
    stage,
    until,
)
from e2e.client import CHAT, MESSAGES, RESPONSES, call
from e2e.fake import recordings


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with stage(PREFERENCES, ALIASES, default=True) as made:
        yield made


# What is said, on which path; who is asked, on which path of its own, for which model, with which credential.
CHOICES = {
    "code-chat": (CODE, CHAT, "groq", "/openai/v1/chat/completions", "llama-3.3-70b", ("authorization", "sk-groq")),
    "code-responses": (CODE, RESPONSES, "groq", "/openai/v1/responses", "llama-3.3-70b", ("authorization", "sk-groq")),
    "code-messages": (
        CODE,
        MESSAGES,
        "groq",
        "/openai/v1/chat/completions",
        "llama-3.3-70b",
        ("authorization", "sk-groq"),
    ),
    "writing-chat": (WRITING, CHAT, "openai", "/v1/chat/completions", "gpt-4o", ("authorization", "sk-openai")),
    "writing-responses": (WRITING, RESPONSES, "openai", "/v1/responses", "gpt-4o", ("authorization", "sk-openai")),
}


@pytest.mark.parametrize(("text", "path", "who", "at", "model", "key"), CHOICES.values(), ids=CHOICES)
def test_the_chosen_provider_gets_its_own_everything(
    world: Stage, sdk: Clients, text: str, path: str, who: str, at: str, model: str, key: tuple[str, str]
) -> None:
    requested = SMALL if path == MESSAGES else MINI
    sdk.ask(path, text, model=requested)
    ((name, exchange),) = world.seen()
    assert (name, exchange.target) == (who, at)
    assert json.loads(exchange.body)["model"] == model
    header, secret = key
    assert (exchange.header(header) or "").removeprefix("Bearer ") == secret
    sent = json.dumps(exchange.headers)
    assert not any(other in sent for other in KEYS.values() if other != secret), "another provider's key"
    assert "sk-ignored" not in sent, "the client's own key"
    assert not [name for name, _ in exchange.headers if name.startswith(("x-plano-", "x-envoy-"))]


def test_only_the_models_name_changes(world: Stage) -> None:
    sent = b'{ "model" : "openai/gpt-4o-mini", "messages":[{"role":"user","content":"fix my py\\u0074hon"}], "n":1.0 }'
    assert call(world.port, CHAT, sent).status == 200
    assert world.groq.last.body == sent.replace(b"openai/gpt-4o-mini", b"llama-3.3-70b")


@pytest.mark.parametrize("path", PATHS)
def test_the_requested_model_answers_when_nothing_fits(world: Stage, sdk: Clients, path: str) -> None:
    requested = SONNET if path == MESSAGES else MINI
    sdk.ask(path, NEITHER, model=requested)
    assert world.attempts() == [tuple(requested.split("/"))]


@pytest.mark.parametrize(
    ("model", "attempt"),
    [
        ("fast", ("openai", "gpt-4o-mini")),
        ("gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("safe", ("openai", "gpt-4o")),
        (SMALL, ("small", "small")),
        (None, ("openai", "gpt-4o")),
    ],
)
def test_names_that_mean_something_when_nothing_fits(world: Stage, model: str | None, attempt: tuple[str, str]) -> None:
    assert world.ask(NEITHER, model).status == 200
    assert world.attempts() == [attempt]


@pytest.mark.parametrize("model", ["fast", "safe", None, SMALL])
def test_preferences_come_before_whatever_was_asked_for(world: Stage, model: str | None) -> None:
    assert world.ask(CODE, model).status == 200
    assert world.attempts() == [("groq", "llama-3.3-70b")]


def test_an_unknown_model_is_an_error_also_where_a_preference_fits(world: Stage) -> None:
    reply = world.ask(CODE, "gpt-99")
    assert (reply.status, reply.error["code"]) == (404, "model_not_found")
    assert not world.seen()


def test_an_alias_keeps_its_failover_when_nothing_fits(world: Stage) -> None:
    world.openai.always(status=503)
    assert world.ask(NEITHER, "safe").status == 200
    assert world.attempts()[-1] == ("groq", "llama-3.3-70b")


@pytest.mark.parametrize("requested", [SMALL, MINI])
def test_a_path_that_no_preferred_model_speaks(world: Stage, requested: str) -> None:
    """Arithmetic has models of OpenAI only: they are asked in their own API, and the client is answered in its own."""
    reply = world.ask(ARITHMETIC, requested, MESSAGES)
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "preference")
    assert (reply.json["type"], reply.json["role"]) == ("message", "assistant")
    assert world.attempts() == [("openai", "gpt-4o")]
    assert world.openai.last.target == CHAT


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_streams_pass(world: Stage, path: str) -> None:
    reply = world.ask(CODE, path=path, stream=True)
    assert reply.status == 200 and reply.whole
    assert b"data: [DONE]" in reply.body or b"response.completed" in reply.body


def test_the_sdk_reads_a_stream(world: Stage, sdk: Clients) -> None:
    """Of a provider of another API."""
    world.groq.next(recording="completions--stream", chunk=7)
    with sdk.anthropic.messages.stream(
        model=SMALL, max_tokens=9, messages=[{"role": "user", "content": CODE}]
    ) as events:
        assert events.get_final_message().stop_reason
    assert world.attempts() == [("groq", "llama-3.3-70b")]


def test_the_answer_says_who_was_chosen_and_why(world: Stage) -> None:
    reply = world.ask(CODE)
    shown = {name: value for name, value in reply.headers.items() if name.startswith("x-plano-")}
    assert shown.pop("x-plano-confidence") == "0.90"
    assert shown == {
        "x-plano-why": "preference",
        "x-plano-route": "code",
        "x-plano-model": LLAMA,
        "x-plano-router": "Plano-Orchestrator",
    }
    assert reply.body == recordings()["chat-basic"].body


def test_the_answer_says_that_nothing_fits(world: Stage) -> None:
    reply = world.ask(NEITHER)
    assert (reply.headers["x-plano-why"], reply.headers["x-plano-model"]) == ("no_match", MINI)
    assert "x-plano-route" not in reply.headers


def test_errors_carry_the_decision_too(world: Stage) -> None:
    world.groq.always(status=400)
    reply = world.ask(CODE)
    assert (reply.status, reply.headers["x-plano-model"]) == (400, LLAMA)


def test_one_record_tells_everything_but_what_was_said(world: Stage) -> None:
    record = world.decision(world.ask(f"{CODE} s3cret"))
    assert (record["why"], record["route"], record["model"]) == ("preference", "code", LLAMA)
    assert record["candidates"] == ["code", "writing", "arithmetic"]
    assert record["chosen"] == [LLAMA, GPT, SONNET, SMALL]
    ids = [each["request_id"] for each in world.gateway.decisions()]
    assert len(ids) == len(set(ids))
    assert "s3cret" not in world.gateway.sidecar_log() + world.gateway.envoy_log()


def test_the_clients_headers_decide_nothing(world: Stage) -> None:
    """Names the gateway uses inside are no door for clients."""
    sent = {
        "x-plano-model": SONNET,
        "x-plano-why": "requested",
        "x-plano-route": "writing",
        "x-plano-internal-outbound": "router",
        "x-arch-llm-provider-hint": GPT,
        "x-envoy-max-retries": "0",
        "x-envoy-retry-on": "",
    }
    world.groq.always(status=500)
    reply = world.ask(CODE, headers=sent)
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "preference")
    assert [name for name, _ in world.attempts()] == ["groq", "openai"]
    assert not [name for name, _ in world.groq.last.headers if name.startswith(("x-plano-internal-", "x-envoy-"))]


@pytest.mark.parametrize("key", ["archgw_preference_config", "plano_preference_config"])
def test_older_clients_preferences_do_not_reach_a_provider(world: Stage, key: str) -> None:
    assert world.ask(CODE, metadata={"user": "u", key: "- name: x"}).status == 200
    assert json.loads(world.groq.last.body)["metadata"] == {"user": "u"}


@pytest.mark.parametrize("endpoint", ["/v1/embeddings", "/v1/completions", "/v1/moderations"])
def test_other_endpoints_are_not_decided(world: Stage, endpoint: str) -> None:
    said = {"model": MINI, "input": CODE, "prompt": CODE, "routing_preferences": "not looked at"}
    reply = call(world.port, endpoint, said)
    assert reply.status == 200
    assert not [name for name in reply.headers if name.startswith("x-plano-")]
    assert json.loads(world.openai.last.body) == said | {"model": "gpt-4o-mini"}
    world.decision(world.ask(CODE))
    assert reply.headers["x-request-id"] not in [each["request_id"] for each in world.gateway.decisions()]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_to_route_by(world: Stage, path: str) -> None:
    """A call without a user's words is for the provider to judge."""
    reply = world.ask("", SONNET if path == MESSAGES else MINI, path)
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "nothing_to_route")
    assert not world.router.seen


@pytest.mark.parametrize("sent", [b"{", b'{"model": "openai/gpt-4o-mini"} x', b"[]", b'{"messages": [{"a": tru}]}'])
def test_bodies_that_are_no_json(world: Stage, sent: bytes) -> None:
    reply = call(world.port, CHAT, sent)
    assert (reply.status, reply.error["code"]) == (400, "invalid_json")
    assert not world.seen()


def test_a_large_conversation(world: Stage) -> None:
    """Megabytes pass through the decision and on to the second provider, unchanged."""
    world.groq.always(status=500)
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 3_000_000}"}}
    said = [{"role": "user", "content": [image]}, {"role": "assistant", "content": "?"}]
    sent = {"model": MINI, "messages": [*said, {"role": "user", "content": CODE}]}
    reply = call(world.port, CHAT, sent, timeout_s=60)
    assert (reply.status, reply.headers["x-plano-route"]) == (200, "code")
    assert json.loads(world.openai.last.body) == sent | {"model": "gpt-4o"}


def test_counters_have_configured_labels_only(world: Stage) -> None:
    own = [{"name": "mine", "description": "all that is mine", "models": [SMALL]}]
    assert world.ask("this is mine", routing_preferences=own).status == 200
    assert world.ask(CODE).status == 200

    def counted() -> str | None:
        lines = (line for line in world.gateway.admin("/stats/prometheus").splitlines() if "plano_decisions" in line)
        text = "\n".join(lines)
        return text if 'choice="code"' in text and 'choice="inline"' in text else None

    text = until(counted)
    assert 'why="preference"' in text and 'why="inline_preference"' in text
    assert "mine" not in text


def test_a_provider_cannot_speak_for_the_decision(world: Stage) -> None:
    """Behind a provider's name may be a gateway that shows decisions of its own."""
    world.openai.always(headers={"x-plano-why": "forged", "x-plano-route": "forged", "x-plano-anything": "kept"})
    reply = world.ask(NEITHER, MINI)
    assert (reply.headers["x-plano-why"], reply.headers["x-plano-anything"]) == ("no_match", "kept")
    assert "x-plano-route" not in reply.headers
    embedded = {"model": MINI, "input": "text"}
    native = call(world.port, "/v1/embeddings", embedded)
    assert native.status == 200 and "x-plano-why" not in native.headers
