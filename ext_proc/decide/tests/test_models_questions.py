"""Questions under /routing/v1: the answer other gateways' clients read, byte for byte its members, and `explain`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ext_proc.call import Call, Refuse, Reply
from ext_proc.decide.tests.model_world import (
    GPT,
    LLAMA,
    MINI,
    PATHS,
    SONNET,
    TRACE,
    TRACED,
    World,
    bare,
    call,
    preference,
    raw,
    routed,
    rules,
)
from ext_proc.rules import Rules
from router_model.choice import RouterLate, RouterUnreachable
from schemas.decisions import Why

OWN = [{"name": "mine", "description": "about mine", "models": ["no-such", MINI]}]
AFFINE = TRACED | {"x-model-affinity": "s-1"}


def question(path: str = "/v1/chat/completions", **more: Any) -> Call:
    return call(path=f"/routing{path}", **({"headers": TRACED} | more))


def told(world: World, asked: Call, by: Rules | None = None) -> dict[str, Any]:
    outcome = world.decide(asked, by).outcome
    assert isinstance(outcome, Reply)
    assert outcome.status == 200
    answer = json.loads(outcome.body)
    assert isinstance(answer, dict)
    return answer


def plain(models: list[str], route: str | None) -> dict[str, Any]:
    return {"models": models, "route": route, "trace_id": TRACE, "pinned": False, "switched": False}


ANSWERS: dict[str, tuple[Call, Any, list[str], str | None]] = {
    "matched": (question(), "code", [GPT, LLAMA], "code"),
    "matched-in-messages": (question(PATHS[1]), "code", [SONNET], "code"),
    "matched-in-responses": (question(PATHS[2]), "code", [GPT], "code"),
    "none-fits": (question(), "", ["none"], None),
    "nobody-spoke": (question(text=""), "code", ["none"], None),
    "inline": (question(routing_preferences=OWN), "mine", [MINI], "mine"),
    "inline-other-spelling": (question(routing_policy=OWN), "mine", [MINI], "mine"),
    "inline-empty": (question(routing_preferences=[]), "code", ["none"], None),
    "no-model": (question(model=None), "code", [GPT, LLAMA], "code"),
    "no-model-and-none-fits": (question(model=None), "", ["none"], None),
    "unknown-model": (question(model="gpt-5"), "code", [GPT, LLAMA], "code"),
    "unknown-model-and-none-fits": (question(model="gpt-5"), "", ["none"], None),
    "a-callers-list": (question(caller="key:narrow"), "code", [LLAMA], "code"),
    "nothing-for-this-caller": (question(caller="key:nobody"), "code", ["none"], None),
    "router-late": (question(), RouterLate("x"), [MINI], None),
    "router-failed": (question(), RouterUnreachable("x"), [MINI], None),
}


@pytest.mark.parametrize(("asked", "says", "models", "route"), ANSWERS.values(), ids=ANSWERS)
def test_the_answer(asked: Call, says: Any, models: list[str], route: str | None) -> None:
    assert told(routed(says), asked) == plain(models, route)


def test_without_preferences() -> None:
    world = routed("code")
    assert told(world, question(), bare()) == plain(["none"], None)
    assert not world.router.asked


@pytest.mark.parametrize("says", [RouterLate("x"), RouterUnreachable("x")], ids=["late", "failed"])
@pytest.mark.parametrize(
    "named",
    [{"model": None}, {"model": "gpt-5"}, {"model": SONNET}, {"model": GPT, "caller": "key:narrow"}],
    ids=["no-model", "unknown-model", "other-dialect", "not-allowed"],
)
def test_a_silent_router_and_no_model_to_name(says: Any, named: dict[str, Any]) -> None:
    """There is nothing to recommend then: no name is given out that leads nowhere."""
    assert told(routed(says), question(**named)) == plain(["none"], None)


def test_a_listener_that_does_not_go_on_without_its_router() -> None:
    decided = routed(RouterLate("x")).decide(question(), rules(router_failure="refuse"))
    assert decided.outcome == Refuse("router_failed")


def test_no_match_is_an_answer_also_where_calls_are_refused_for_it() -> None:
    answer = routed("").decide(question(), rules(no_match="refuse")).outcome
    assert isinstance(answer, Reply)
    assert json.loads(answer.body) == plain(["none"], None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"messages": NaN}'])
def test_bodies_that_are_none(body: bytes) -> None:
    assert routed("code").decide(raw(body, path=f"/routing{PATHS[0]}")).outcome == Refuse("invalid_json")


def test_a_session_is_named_pinned_and_shared_with_calls() -> None:
    world = routed("code")
    assert told(world, question(headers=AFFINE)) == plain([GPT, LLAMA], "code") | {"session_id": "s-1"}
    world.router.says = "poems"
    pinned = plain([GPT, LLAMA], "code") | {"session_id": "s-1", "pinned": True}
    assert told(world, question(headers=AFFINE)) == pinned
    assert world.decide(call(headers=AFFINE)).record.model == GPT
    assert len(world.router.asked) == 1


@pytest.mark.parametrize(
    "traceparent",
    ["", "junk", "00-xyz", f"00-{TRACE.upper()}-b7ad6b7169203331-01", f"00-{TRACE}-b7ad6b7169203331"],
)
def test_a_trace_id_is_made_where_there_is_none(traceparent: str) -> None:
    world = routed("code")
    ids = [told(world, question(headers={"traceparent": traceparent}))["trace_id"] for _ in range(2)]
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in ids)
    assert ids[0] != ids[1]


@pytest.mark.parametrize("value", ["true", "True", "1", "yes"])
def test_explain_shows_all_scores(value: str) -> None:
    answer = told(routed("code"), question(headers=TRACED | {"x-plano-explain": value}))
    explain = answer.pop("explain")
    assert answer == plain([GPT, LLAMA], "code")
    assert explain == {
        "why": "preference",
        "scores": [{"name": "code", "probability": 0.9}, {"name": "poems", "probability": 0.05}],
        "threshold": 0.5,
        "confidence": 0.9,
        "router": "fake-1",
        "prompt": "p/1",
        "router_ms": 4.0,
        "untried": [],
    }


@pytest.mark.parametrize("value", ["", "false", "0", "off"])
def test_no_explain_unless_asked_for(value: str) -> None:
    assert "explain" not in told(routed("code"), question(headers=TRACED | {"x-plano-explain": value}))


UNASKED: dict[str, tuple[Any, Rules, Why]] = {
    "no-preferences": ("code", bare(), Why.REQUESTED),
    "late": (RouterLate("x"), rules(), Why.ROUTER_LATE),
    "failed": (RouterUnreachable("x"), rules(), Why.ROUTER_FAILED),
}


@pytest.mark.parametrize(("says", "by", "why"), UNASKED.values(), ids=UNASKED)
def test_explain_without_an_answer_of_the_router(says: Any, by: Rules, why: Why) -> None:
    answer = told(routed(says), question(headers=TRACED | {"x-plano-explain": "true"}), by)
    assert answer["explain"] == {
        "why": why.value,
        "scores": [],
        "threshold": None,
        "confidence": None,
        "router": None,
        "prompt": None,
        "router_ms": None,
        "untried": [],
    }


def test_explain_tells_what_calls_do_not_show() -> None:
    """Abstaining shows how near each candidate was."""
    asked = question(headers=TRACED | {"x-plano-explain": "true"})
    explain = told(routed(""), asked, rules(preference("a", GPT), preference("b", MINI)))["explain"]
    assert (explain["why"], explain["confidence"]) == ("no_match", 0.8)
    assert [score["name"] for score in explain["scores"]] == ["a", "b"]


def test_calls_are_not_explained() -> None:
    asked = call(headers={"x-plano-explain": "true"})
    assert not isinstance(routed("code").decide(asked).outcome, Reply)
