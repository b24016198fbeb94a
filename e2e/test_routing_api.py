"""The routing service: which models would answer, in the shape other gateways' clients know, and nobody is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.choosing import (
    CODE,
    GPT,
    LLAMA,
    MINI,
    NEITHER,
    PATHS,
    PREFERENCES,
    SMALL,
    SONNET,
    WRITING,
    Stage,
    body,
    clients,
    stage,
)
from e2e.client import CHAT, MESSAGES, Reply, call

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACED = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with stage(PREFERENCES) as made:
        yield made


@pytest.fixture(autouse=True)
def _nobody_is_called(world: Stage) -> Iterator[None]:
    yield
    assert not world.seen(), "a question reached a provider"


def answer(models: list[str], route: str | None, **more: Any) -> dict[str, Any]:
    return {"models": models, "route": route, "trace_id": TRACE, "pinned": False, "switched": False, **more}


@pytest.mark.parametrize("path", PATHS)
def test_a_preference_fits(world: Stage, path: str) -> None:
    """Whatever API is asked in: who speaks another one is translated for."""
    assert world.question(CODE, path=path, headers=TRACED) == answer([LLAMA, GPT, SONNET, SMALL], "code")


@pytest.mark.parametrize("path", PATHS)
def test_none_fits(world: Stage, path: str) -> None:
    assert world.question(NEITHER, path=path, headers=TRACED) == answer(["none"], None)


@pytest.mark.parametrize("model", [None, "", "unknown/model", GPT])
def test_the_requested_model_does_not_matter(world: Stage, model: str | None) -> None:
    assert world.question(WRITING, model, headers=TRACED)["models"] == [GPT, SONNET]
    assert world.question(NEITHER, model, headers=TRACED)["models"] == ["none"]


@pytest.mark.parametrize("key", ["routing_preferences", "routing_policy"])
def test_preferences_of_the_request(world: Stage, key: str) -> None:
    models = [MINI, "unknown/model", SMALL]
    own: dict[str, Any] = {key: [{"name": "own", "description": "all that is mine", "models": models}]}
    assert world.question("this is mine", headers=TRACED, **own) == answer([MINI, SMALL], "own")
    assert world.question(NEITHER, headers=TRACED, **own) == answer(["none"], None)


def test_an_empty_list_of_preferences(world: Stage) -> None:
    assert world.question(CODE, headers=TRACED, routing_preferences=[]) == answer(["none"], None)
    assert not world.router.seen


def test_without_a_trace_an_id_is_made(world: Stage) -> None:
    ids = [world.question(CODE)["trace_id"] for _ in range(2)]
    assert all(len(each) == 32 and set(each) <= set("0123456789abcdef") for each in ids)
    assert ids[0] != ids[1]


def test_the_answer_is_json_of_these_members_only(world: Stage) -> None:
    reply = call(world.port, f"/routing{CHAT}", body(CODE), TRACED)
    assert reply.headers["content-type"] == "application/json"
    assert list(reply.json) == ["models", "route", "trace_id", "pinned", "switched"]


def test_a_conversation_is_pinned_here_and_there(world: Stage) -> None:
    affine = TRACED | {"x-model-affinity": "asked-first"}
    first = world.question(WRITING, headers=affine)
    assert first == answer([GPT, SONNET], "writing", session_id="asked-first")
    assert world.question(CODE, headers=affine) == answer(
        [GPT, SONNET], "writing", session_id="asked-first", pinned=True
    )
    reply = world.ask(CODE, headers=affine)
    assert (reply.headers["x-plano-why"], world.attempts()) == ("continuation", [("openai", "gpt-4o")])
    world.reset()


def test_a_conversation_of_calls_is_known_to_questions(world: Stage) -> None:
    affine = TRACED | {"x-model-affinity": "called-first"}
    world.ask(WRITING, headers=affine)
    world.reset()
    assert world.question(CODE, headers=affine) == answer(
        [GPT, SONNET], "writing", session_id="called-first", pinned=True
    )


def test_explain(world: Stage) -> None:
    found = world.question(CODE, headers=TRACED | {"x-plano-explain": "true"})
    explain = found.pop("explain")
    assert found == answer([LLAMA, GPT, SONNET, SMALL], "code")
    assert set(explain) == {"why", "scores", "threshold", "confidence", "router", "prompt", "router_ms", "untried"}
    assert explain["scores"][0]["name"] == "code"
    assert {score["name"] for score in explain["scores"]} == {"code", "writing", "arithmetic"}
    assert explain["scores"] == sorted(explain["scores"], key=lambda score: -score["probability"])
    assert (explain["why"], explain["router"], explain["prompt"]) == (
        "preference",
        "Plano-Orchestrator",
        "plano-orchestrator/1",
    )
    assert 0 < explain["confidence"] <= 1 and explain["router_ms"] > 0


def test_explain_when_none_fits(world: Stage) -> None:
    explain = world.question(NEITHER, headers={"x-plano-explain": "true"})["explain"]
    assert explain["why"] == "no_match"
    assert len(explain["scores"]) == 3


def error(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.error["code"]


@pytest.mark.parametrize("path", PATHS)
def test_errors(world: Stage, path: str) -> None:
    at = f"/routing{path}"
    assert error(call(world.port, at, b"{")) == (400, "invalid_json")
    assert error(call(world.port, at, body(CODE, routing_policy="x"))) == (400, "invalid_preferences")
    assert error(call(world.port, at, method="GET")) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/routing/v1/embeddings", "/routing/v1/models", "/routing", "/routing/v1/messages/x"])
def test_other_paths_are_none(world: Stage, path: str) -> None:
    assert error(call(world.port, path, body(CODE))) == (404, "endpoint_not_found")


def test_a_query_does_not_matter(world: Stage) -> None:
    assert call(world.port, f"/routing{MESSAGES}?beta=true", body(CODE), TRACED).json["route"] == "code"


@pytest.mark.parametrize(
    "sent", [{}, {"messages": []}, {"messages": "x"}, {"messages": [1, None, {}]}, {"input": CODE}]
)
def test_bodies_without_a_conversation(world: Stage, sent: dict[str, Any]) -> None:
    assert call(world.port, f"/routing{CHAT}", sent, TRACED).json == answer(["none"], None)


def test_the_sdk_as_a_client_of_the_service(world: Stage) -> None:
    """Who uses the service points an official client at another base URL."""
    with clients(world.port) as made:
        client = made.openai.with_options(base_url=f"http://127.0.0.1:{world.port}/routing/v1")
        raw = client.chat.completions.with_raw_response.create(model=MINI, messages=[{"role": "user", "content": CODE}])
    assert raw.http_response.json()["models"] == [LLAMA, GPT, SONNET, SMALL]


def test_the_record_of_a_question(world: Stage) -> None:
    record = world.decision(call(world.port, f"/routing{CHAT}", body(CODE), TRACED))
    assert (record["why"], record["model"], record["trace_id"]) == ("preference", LLAMA, TRACE)
