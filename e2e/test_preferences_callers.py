"""Allow-lists hold for decided calls too: no caller is given a model outside its list, whatever it sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest

from e2e.choosing import (
    ALIASES,
    ARITHMETIC,
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
    stage,
)
from e2e.client import CHAT, MESSAGES

EVERYTHING, NARROW, ALIASED = "caller-key-everything-1", "caller-key-narrow-2", "caller-key-aliased-3"
CALLERS = {"EVERYTHING": EVERYTHING, "NARROW": NARROW, "ALIASED": ALIASED}
AUTH = f"""auth:
      api_keys:
        - {{name: everything, key: $EVERYTHING}}
        - {{name: narrow, key: $NARROW, models: [{MINI}, {SMALL}]}}
        - {{name: aliased, key: $ALIASED, models: [fast]}}
"""
OWN = [{"name": "own", "description": "all that is mine", "models": [GPT, LLAMA, SONNET, "gpt-4o", "safe", MINI]}]


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with stage(PREFERENCES, ALIASES, listener=AUTH, environ=CALLERS, default=True) as made:
        yield made


def who(key: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} | {name.replace("_", "-"): value for name, value in more.items()}


def test_a_caller_without_a_list_gets_the_whole_ranking(world: Stage) -> None:
    world.groq.always(status=500)
    assert world.ask(CODE, headers=who(EVERYTHING)).status == 200
    assert world.attempts() == [("groq", "llama-3.3-70b"), ("openai", "gpt-4o")]


def test_a_ranking_has_only_what_the_caller_may_have(world: Stage) -> None:
    assert world.ask(CODE, headers=who(NARROW)).status == 200
    assert world.attempts() == [("small", "small")]


def test_failover_does_not_leave_the_list(world: Stage) -> None:
    world.openai.always(status=500)
    assert world.ask(ARITHMETIC, SMALL, headers=who(NARROW)).status == 500
    assert world.attempts() == [("openai", "gpt-4o-mini")]


def test_a_preference_of_forbidden_models_is_none(world: Stage) -> None:
    reply = world.ask(WRITING, headers=who(NARROW))
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "no_match")
    assert world.attempts() == [("openai", "gpt-4o-mini")]


@pytest.mark.parametrize("text", [NEITHER, WRITING], ids=["none-fits", "forbidden-fits"])
def test_a_forbidden_model_cannot_be_asked_for(world: Stage, text: str) -> None:
    reply = world.ask(text, GPT, headers=who(NARROW))
    assert (reply.status, reply.error["code"]) == (403, "model_not_allowed")
    assert not world.seen()


def test_a_default_that_is_forbidden(world: Stage) -> None:
    assert world.ask(NEITHER, None, headers=who(EVERYTHING)).status == 200
    world.reset()
    assert world.ask(NEITHER, None, headers=who(NARROW)).status == 403
    assert not world.seen()


@pytest.mark.parametrize(("path", "key"), [*product(PATHS, ["routing_preferences", "routing_policy"])])
def test_inline_preferences_are_no_way_around(world: Stage, path: str, key: str) -> None:
    model = SMALL if path == MESSAGES else MINI
    assert world.ask("this is mine", model, path, headers=who(NARROW), **{key: OWN}).status == 200
    may = {("openai", "gpt-4o-mini"), ("small", "small")}
    assert world.attempts() and set(world.attempts()) <= may


def test_inline_preferences_of_forbidden_models_only(world: Stage) -> None:
    own = [{**OWN[0], "models": [GPT, "gpt-4o", "safe", SONNET]}]
    reply = world.ask("this is mine", headers=who(NARROW), routing_preferences=own)
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "no_match")
    assert world.attempts() == [("openai", "gpt-4o-mini")]


def test_an_alias_is_a_right_of_its_own(world: Stage) -> None:
    """Whoever may use `fast` may not use the model behind it by its name, nor be led there by another's preference."""
    assert world.ask(NEITHER, "fast", headers=who(ALIASED)).status == 200
    assert world.ask(ARITHMETIC, "fast", headers=who(ALIASED)).headers["x-plano-why"] == "no_match"
    own = [{**OWN[0], "models": ["fast"]}]
    reply = world.ask("this is mine", "fast", headers=who(ALIASED), routing_preferences=own)
    assert (reply.status, reply.headers["x-plano-why"]) == (200, "inline_preference")
    assert world.attempts() == [("openai", "gpt-4o-mini")] * 3


@pytest.mark.parametrize("path", PATHS)
def test_questions_recommend_only_what_is_allowed(world: Stage, path: str) -> None:
    narrow = world.question(CODE, path=path, headers=who(NARROW))
    everything = world.question(CODE, path=path, headers=who(EVERYTHING))
    assert narrow["models"] == [SMALL]
    assert everything["models"] == [LLAMA, GPT, SONNET, SMALL]


def test_a_question_whose_every_answer_is_forbidden(world: Stage) -> None:
    assert world.question(WRITING, headers=who(NARROW))["models"] == ["none"]


def test_another_callers_conversation_leads_nowhere_forbidden(world: Stage) -> None:
    """Ids of conversations may be guessed; the model that is remembered is used by those who may use it."""
    mine = who(EVERYTHING, x_model_affinity="guessed")
    assert world.ask(WRITING, headers=mine).headers["x-plano-model"] == GPT
    world.reset()
    assert world.ask(WRITING, headers=who(NARROW, x_model_affinity="guessed")).status == 200
    assert world.attempts() == [("openai", "gpt-4o-mini")]


@pytest.mark.parametrize("path", [CHAT, f"/routing{CHAT}"])
@pytest.mark.parametrize("headers", [{}, who("no-such-key"), {"x-plano-internal-caller": "everything"}])
def test_strangers_are_asked_for_a_key_first(world: Stage, headers: dict[str, str], path: str) -> None:
    reply = world.ask(CODE, path=path, headers=headers)
    assert (reply.status, reply.error["code"]) == (401, "unauthorized")
    assert not world.seen() and not world.router.seen


def test_callers_keys_stay_inside(world: Stage) -> None:
    assert world.ask(CODE, headers=who(EVERYTHING)).status == 200
    world.ask("this is mine", headers=who(NARROW), routing_preferences=OWN)
    reached = json.dumps([each.headers for _, each in world.seen()] + [each.headers for each in world.router.seen])
    logs = world.gateway.sidecar_log() + world.gateway.envoy_log()
    assert not any(key in reached + logs for key in CALLERS.values())
