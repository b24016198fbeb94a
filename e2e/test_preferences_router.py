"""Who chooses: a served router model behind Envoy, a cascade of both routers, or the embedded one; their silence."""

from __future__ import annotations

import json
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
    ROUTER,
    SMALL,
    Stage,
    body,
    stage,
    until,
    with_tool_result,
)
from e2e.client import CHAT, MESSAGES, RawConnection, call

# Far from each other and from everything else, so that any encoder of sentences tells them apart.
APART = f"""
routing_preferences:
  - name: code
    description: writing, debugging and explaining computer programs in Python and other languages
    examples: [write a Python function that sorts a list, why does this program crash, fix the bug in my code]
    models: [{LLAMA}]
  - name: writing
    description: recipes, cooking and baking
    examples: [how do I bake bread, a recipe for tomato soup, how long do eggs boil]
    models: [{GPT}]
"""
PROGRAM, DISH = "write a Python function that sorts a list of numbers", "a recipe for bread with tomato, please"


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with stage(APART) as made:
        yield made


@pytest.mark.parametrize("path", PATHS)
def test_the_router_model_gets_its_own_key_and_the_conversation(world: Stage, path: str) -> None:
    """Nothing else of the request reaches it, in particular no credential."""
    secret = {"authorization": "Bearer sk-clients", "x-api-key": "sk-clients", "cookie": "sk-clients"}
    reply = world.ask(f"{PROGRAM} (python)", SMALL if path == MESSAGES else MINI, path, headers=secret)
    assert reply.status == 200
    asked = [each for each in world.router.seen if b"sorts a list of numbers (python)" in each.body]
    assert asked
    for exchange in world.router.seen:
        assert (exchange.method, exchange.target) == ("POST", CHAT)
        assert exchange.header("authorization") == "Bearer sk-router"
        assert "sk-clients" not in json.dumps(exchange.headers) + exchange.body.decode()
        sent = json.loads(exchange.body)
        assert sent["model"] == ROUTER
        assert not [name for name, _ in exchange.headers if name.startswith(("x-plano-", "x-envoy-"))]
    (prompt,) = {json.loads(each.body)["messages"][0]["content"] for each in asked}
    assert "<routes>" in prompt and "recipes, cooking and baking" in prompt


def test_tools_and_directions_are_no_part_of_the_prompt(world: Stage) -> None:
    sent = with_tool_result(f"{PROGRAM} (python)", CHAT)
    sent["messages"].insert(0, {"role": "system", "content": "internal directions"})
    assert call(world.port, CHAT, sent).headers["x-plano-route"] == "code"
    assert world.router.seen
    assert not any(b"internal directions" in each.body or b"tool_call" in each.body for each in world.router.seen)


FAILURES: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "429": {"status": 429},
    "401": {"status": 401},
    "404": {"status": 404},
    "no-json": {"body": "<html>busy</html>"},
    "empty": {"body": '{"choices": []}'},
    "reset": {"fault": "reset"},
    "closed": {"fault": "fin"},
    "cut": {"body": '{"choices": [{}]}', "fault": "reset_mid", "cut": 5},
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize(("text", "route"), [(PROGRAM, "code"), (DISH, "writing")], ids=["program", "dish"])
def test_the_embedded_router_guesses_where_the_served_one_fails(
    world: Stage, failure: dict[str, Any], text: str, route: str
) -> None:
    world.router.always(**failure)
    reply = world.ask(text)
    assert reply.status == 200
    assert (reply.headers["x-plano-why"], reply.headers["x-plano-route"]) == ("preference", route)
    assert "served:" in reply.headers["x-plano-router"]
    assert world.router.seen


def test_the_guess_that_nothing_fits(world: Stage) -> None:
    world.router.always(status=500)
    assert world.ask("hello").headers["x-plano-why"] == "no_match"
    assert world.attempts() == [("openai", "gpt-4o-mini")]


def test_what_the_served_router_says_goes_before_the_guess(world: Stage) -> None:
    """The fake one goes by a single word: it calls cooking with this word code."""
    reply = world.ask(f"{DISH} python")
    assert (reply.headers["x-plano-route"], reply.headers["x-plano-router"]) == ("code", ROUTER)


def test_a_client_that_leaves_while_its_router_thinks(world: Stage) -> None:
    """The decision ends with it: one record says so, nobody is called, the worker goes on."""
    world.router.always(fault="hang")
    known = {each["request_id"] for each in world.gateway.decisions()}
    leaving = RawConnection(world.port, body(PROGRAM))
    assert world.router.wait(lambda: bool(world.router.seen), timeout_s=20)
    leaving.leave(reset=True)

    def noted() -> list[str]:
        return [each["why"] for each in world.gateway.decisions() if each["request_id"] not in known]

    assert until(noted) == ["client_left"]
    assert not world.seen()
    world.router.reset()
    assert world.ask(f"{PROGRAM} python").status == 200


def test_failures_are_told_without_the_prompt(world: Stage) -> None:
    world.router.always(body='{"choices": [{"message": {"content": "s3cret"}}]}')
    world.decision(world.ask(f"{PROGRAM} s3cret"))
    assert "s3cret" not in world.gateway.sidecar_log() + world.gateway.envoy_log()


@pytest.fixture(scope="module")
def hasty() -> Iterator[Stage]:
    """Waits one second for its router."""
    with stage(APART, decision="deadline: 1s") as made:
        yield made


@pytest.mark.parametrize("fault", ["hang", "hang_body"])
def test_a_router_that_hangs_is_given_up(hasty: Stage, fault: str) -> None:
    hasty.reset()
    hasty.router.always(fault=fault)
    reply = hasty.ask(PROGRAM)
    assert reply.status == 200
    # On a slow machine even the guess may come too late; then the requested model answers.
    assert reply.headers["x-plano-why"] in {"preference", "router_late"}
    record = hasty.decision(reply)
    assert record["total_ms"] < 10_000
    assert hasty.attempts() == [
        ("groq", "llama-3.3-70b") if record["why"] == "preference" else ("openai", "gpt-4o-mini")
    ]


def test_a_router_that_recovers(hasty: Stage) -> None:
    hasty.reset()
    hasty.router.always(status=500)
    hasty.ask(NEITHER)
    hasty.reset()
    with_word = hasty.ask(f"{DISH} python")
    assert with_word.headers["x-plano-why"] in {"preference", "router_late"}
    assert hasty.router.seen


@pytest.fixture(scope="module")
def strict() -> Iterator[Stage]:
    """Nothing answers without a choice, and no time to make one."""
    with stage(APART, decision="deadline: 1ms, router_failure: refuse, no_match: refuse, headers: false") as made:
        yield made


@pytest.mark.parametrize("path", [CHAT, f"/routing{CHAT}"])
def test_a_listener_that_refuses_without_its_router(strict: Stage, path: str) -> None:
    """Even the guess takes longer than a millisecond."""
    strict.reset()
    strict.router.always(fault="hang")
    reply = strict.ask(f"{PROGRAM} " * 100, path=path)
    assert (reply.status, reply.error["code"]) == (503, "router_failed")
    assert strict.decision(reply)["decision_error"] == "router_failed"
    assert not strict.seen()


def test_a_listener_that_refuses_serves_what_needs_no_choice(strict: Stage) -> None:
    strict.reset()
    for reply in (strict.ask(PROGRAM, routing_preferences=[]), strict.ask("")):
        assert reply.status == 200
        assert not [name for name in reply.headers if name.startswith("x-plano-")], "headers are switched off"


def test_a_listener_that_refuses_what_nothing_fits() -> None:
    with stage(PREFERENCES, decision="deadline: 20s, no_match: refuse") as made:
        reply = made.ask(NEITHER)
        assert (reply.status, reply.error["code"]) == (422, "no_model_fits")
        assert reply.headers["x-plano-why"] == "refused"
        assert not made.seen()
        assert made.ask(CODE).status == 200
        assert made.question(NEITHER)["models"] == ["none"]


def test_a_cascade_that_is_sure() -> None:
    """From 0.02 on the embedded router's every answer stands; nobody waits for the served one."""
    with stage(APART, router="kind: cascade, threshold: 0.02") as made:
        made.router.always(delay_ms=15_000)
        reply = made.ask(f"{DISH} python")
        assert reply.headers["x-plano-route"] == "writing"
        assert reply.headers["x-plano-router"].startswith("plano-embedded-")
        assert "served:" not in reply.headers["x-plano-router"]


def test_a_cascade_that_is_unsure() -> None:
    """At 1 no answer of the embedded router stands, but it still is the guess where the served one fails."""
    with stage(APART, router="kind: cascade, threshold: 1") as made:
        reply = made.ask(f"{DISH} python")
        assert (reply.headers["x-plano-route"], reply.headers["x-plano-router"]) == ("code", ROUTER)
        made.router.always(status=500)
        assert made.ask(DISH).headers["x-plano-route"] == "writing"


def test_the_embedded_router_alone() -> None:
    with stage(APART, router="") as made:
        for text, route, who in ((PROGRAM, "code", "groq"), (DISH, "writing", "openai")):
            made.reset()
            reply = made.ask(text)
            assert (reply.headers["x-plano-route"], [name for name, _ in made.seen()]) == (route, [who])
            assert reply.headers["x-plano-router"].startswith("plano-embedded-")
        explain = made.question(PROGRAM, headers={"x-plano-explain": "true"})["explain"]
        assert [score["name"] for score in explain["scores"]] == ["code", "writing"]
        assert 0 < explain["threshold"] < 1
        assert not made.router.seen


def test_clients_cannot_ask_the_router_model(world: Stage) -> None:
    for name in (ROUTER, f"plano/{ROUTER}"):
        reply = world.ask(PROGRAM, name, routing_preferences=[])
        assert (reply.status, reply.error["code"]) == (404, "model_not_found")
    assert not world.router.seen
