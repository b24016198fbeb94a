"""Conversations on a model listener: what keeps its model, what does not, and what a store that fails changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ext_proc.call import Call, Forward, Rank
from ext_proc.decide.models import STORE_DEADLINE_S
from ext_proc.decide.tests.model_world import (
    AT,
    CHAT,
    GPT,
    LLAMA,
    MESSAGES,
    MINI,
    NOW_S,
    PLAIN,
    RESPONSES,
    SONNET,
    FakeFigures,
    World,
    call,
    preference,
    raw,
    routed,
    rules,
)
from ext_proc.preferences.prices import Price
from ext_proc.sessions.stores import Trouble
from router_model.choice import RouterUnreachable
from schemas.decisions import Why
from schemas.runtime import Budget, Sessions

AFFINE = {"x-model-affinity": "s-1"}
BY_TURN = replace(PLAIN, implicit=True, route_on_user_only=True)
BUDGET = Budget(max_switch_spend_pct=0, replenish_on_rebind=True, cache_read_discount=0.1, record_counterfactual=True)
BUDGETED = replace(PLAIN, implicit=True, budget=BUDGET)
MINI_PRICE = Price(0.1, 0.6)
PRICES = {
    GPT: Price(2.5, 10, 0.25),
    MINI: MINI_PRICE,
    "gpt-4o-mini": MINI_PRICE,
    "fast": MINI_PRICE,
    SONNET: Price(3, 15, 0.5),
    LLAMA: Price(0.5, 0.8),
}
LONG = "please " * 200


def result_of_a_tool(path: str, text: str = "write a program") -> Call:
    """The turn after a tool was called: no user speaks in it."""
    user: dict[str, Any] = {"role": "user", "content": text}
    rest: list[dict[str, Any]]
    if path == CHAT:
        asked = {"id": "c1", "type": "function", "function": {"name": "run", "arguments": "{}"}}
        rest = [{"role": "assistant", "tool_calls": [asked]}, {"role": "tool", "tool_call_id": "c1", "content": "ok"}]
    elif path == MESSAGES:
        used = {"type": "tool_use", "id": "c1", "name": "run", "input": {}}
        rest = [
            {"role": "assistant", "content": [used]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "ok"}]},
        ]
    else:
        rest = [
            {"type": "function_call", "call_id": "c1", "name": "run", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "ok"},
        ]
    key = "input" if path == RESPONSES else "messages"
    return raw(json.dumps({"model": MINI, key: [user, *rest]}).encode(), path=path)


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        (("key:ann", "ann"), ("key:bob", "bob")),
        (("token:idp", "ann"), ("token:idp", "bob")),
        (("key:ann", "ann"), ("", "")),
    ],
    ids=["key", "subject", "nobody"],
)
def test_a_conversation_is_its_callers_own(mine: tuple[str, str], other: tuple[str, str]) -> None:
    """The same id of another caller is another conversation: nobody is given a model somebody else was given."""
    world = routed("code")
    first, second = (replace(call(headers=AFFINE), caller=kind, caller_id=id) for kind, id in (mine, other))
    world.decide(first)
    world.router.says = "poems"
    assert world.decide(second).record.why is not Why.CONTINUATION
    assert world.decide(first).record.why is Why.CONTINUATION


def test_an_id_of_the_client_pins_what_a_preference_chose() -> None:
    world = routed("code")
    first = world.decide(call(headers=AFFINE))
    world.router.says = "poems"
    second = world.decide(call(text="now a poem", headers=AFFINE))
    assert first.outcome == second.outcome == Rank((AT[GPT], AT[LLAMA]), GPT)
    assert (first.record.why, second.record.why) == (Why.PREFERENCE, Why.CONTINUATION)
    assert second.record.more["plano.routing.skipped"] is True
    assert second.record.more["plano.session_id"] == "s-1"
    assert len(world.router.asked) == 1


def test_a_preference_remembered_from_an_earlier_request_is_no_label() -> None:
    """Metrics are counted by `choice`, and a client may call its preferences anything."""
    own = [{"name": "mine", "description": "about mine", "models": [GPT]}]
    world = routed("mine")
    world.decide(call(headers=AFFINE, routing_preferences=own))
    record = world.decide(call(headers=AFFINE)).record
    assert (record.why, record.route, record.choice) == (Why.CONTINUATION, "mine", "inline")


def test_no_id_no_pin() -> None:
    world = routed("code")
    world.decide(call())
    world.router.says = "poems"
    assert world.decide(call()).outcome == Forward(f"={MINI}")
    assert not world.store.reads


def test_other_ids_are_other_conversations() -> None:
    world = routed("code")
    world.decide(call(headers=AFFINE))
    world.router.says = "poems"
    assert world.decide(call(headers={"x-model-affinity": "s-2"})).record.route == "poems"


def test_what_no_preference_chose_does_not_pin() -> None:
    """A conversation that began with small talk is routed as soon as it is about something."""
    world = routed("")
    world.decide(call(headers=AFFINE))
    world.router.says = "code"
    assert world.decide(call(headers=AFFINE)).record.route == "code"


@pytest.mark.parametrize(("idle_s", "pinned"), [(60.0, True), (59.0, True), (61.5, False)])
def test_the_time_to_live(idle_s: float, pinned: bool) -> None:
    world = routed("code", sessions=replace(PLAIN, ttl_s=60.0))
    world.decide(call(headers=AFFINE))
    world.router.says, world.now_s = "poems", NOW_S + idle_s
    assert (world.decide(call(headers=AFFINE)).record.route == "code") is pinned


def test_every_turn_lives_longer() -> None:
    world = routed("code", sessions=replace(PLAIN, ttl_s=60.0))
    for turn in range(5):
        world.now_s = NOW_S + turn * 50
        assert world.decide(call(headers=AFFINE)).record.route == "code"
        world.router.says = "poems"


def test_tenants_share_no_conversation() -> None:
    sessions = replace(PLAIN, tenant_header="x-org")
    world = routed("code", sessions=sessions)
    world.decide(call(headers=AFFINE | {"x-org": "a"}))
    world.router.says = "poems"
    assert world.decide(call(headers=AFFINE | {"x-org": "b"})).record.route == "poems"
    assert world.decide(call(headers=AFFINE)).record.route == "poems"
    assert world.decide(call(headers=AFFINE | {"x-org": "a"})).record.route == "code"


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_store_that_fails_costs_the_memory_not_the_answer(trouble: Trouble) -> None:
    world = routed("code")
    world.store.trouble = trouble
    assert world.decide(call(headers=AFFINE)).record.why is Why.PREFERENCE
    world.router.says = "poems"
    assert world.decide(call(headers=AFFINE)).record.route == "poems"


def test_the_store_is_never_waited_for_long() -> None:
    world = routed("code")
    world.decide(call(headers=AFFINE))
    assert world.store.reads == [("s-1", STORE_DEADLINE_S)]
    assert STORE_DEADLINE_S <= 0.25


def test_a_router_that_fails_changes_nothing_for_a_warm_conversation() -> None:
    world = routed("code", sessions=BUDGETED)
    world.decide(call(headers=AFFINE))
    world.router.says = RouterUnreachable("x")
    decided = world.decide(call(headers=AFFINE), rules(router_failure="refuse"))
    assert decided.outcome == Rank((AT[GPT], AT[LLAMA]), GPT)
    assert decided.record.why is Why.ROUTER_FAILED


def test_a_pin_does_not_outlive_the_callers_right() -> None:
    """Two callers may know one id: what the one may have is no answer for the other."""
    world = routed("code")
    world.decide(call(headers=AFFINE))
    decided = world.decide(call(headers=AFFINE, caller="key:narrow"))
    assert decided.outcome == Rank((AT[LLAMA],), LLAMA)


def test_a_pin_on_a_model_that_does_not_speak_the_path() -> None:
    world = routed("code")
    world.decide(call(headers=AFFINE))
    assert world.decide(call(headers=AFFINE, path=MESSAGES)).outcome == Rank((AT[SONNET],), SONNET)


def test_a_pin_of_a_requested_model_is_forwarded_as_the_client_named_it() -> None:
    world = routed("poems")
    world.decide(call(model="fast", headers=AFFINE))
    world.router.says = "code"
    assert world.decide(call(model="fast", headers=AFFINE)).outcome == Forward("=fast")


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
def test_results_of_tools_stay_with_the_model_of_the_turn(path: str) -> None:
    world = routed("code", sessions=BY_TURN)
    first = world.decide(call(path=path))
    world.router.says = "poems"
    second = world.decide(result_of_a_tool(path))
    assert second.outcome == first.outcome
    assert second.record.why is Why.CONTINUATION
    assert second.record.more["plano.routing.skipped"] is True
    assert str(second.record.more["plano.session_id"]).startswith("implicit:")
    assert len(world.router.asked) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"sessions": PLAIN},
        {"asked": {"text": "another conversation"}},
        {"headers": {"x-plano-cache": "off"}},
        {"model": GPT},
    ],
    ids=["not-configured", "other-beginning", "cache-off", "other-model-asked-for"],
)
def test_results_of_tools_are_routed_where_nothing_is_to_be_continued(changed: dict[str, Any]) -> None:
    world = routed("code", sessions=changed.get("sessions", BY_TURN))
    world.decide(call())
    world.router.says = "poems"
    asked = result_of_a_tool(CHAT, **changed.get("asked", {}))
    body = asked.body.replace(b'"model": "%s"' % MINI.encode(), b'"model": "%s"' % changed.get("model", MINI).encode())
    asked = replace(asked, body=body, model=changed.get("model", MINI), headers=changed.get("headers", {}))
    assert world.decide(asked).record.route == "poems"
    assert len(world.router.asked) == 2


def test_a_user_who_speaks_is_routed_anew() -> None:
    world = routed("code", sessions=BY_TURN)
    world.decide(call())
    world.router.says = "poems"
    said = [{"role": "user", "content": "write a program"}, {"role": "user", "content": "now a poem"}]
    decided = world.decide(raw(json.dumps({"model": MINI, "messages": said}).encode()))
    assert decided.record.route == "poems"


def budgeted(says: str = "code", sessions: Sessions = BUDGETED) -> World:
    return routed(says, sessions=sessions, figures=FakeFigures(dict(PRICES)))


DEAR = rules(preference("code", MINI, LLAMA), preference("poems", SONNET, GPT))
"""Code is written by a cheap model, poems by a dear one (in chat: GPT, which speaks it)."""


def test_a_change_that_costs_too_much_is_not_made() -> None:
    world = budgeted()
    world.decide(call(LONG, model=LLAMA), DEAR)
    world.router.says = "poems"
    decided = world.decide(call(LONG, model=LLAMA), DEAR)
    assert decided.outcome == Rank((AT[MINI], AT[GPT]), MINI)
    assert decided.record.why is Why.SWITCH_TOO_EXPENSIVE
    assert decided.record.more["plano.switch.decision"] == "retained"
    assert decided.record.more["plano.switch.counterfactual_route"] == f"{GPT} (poems)"


def test_a_request_may_allow_itself_more() -> None:
    world = budgeted()
    for _ in range(4):
        world.decide(call(LONG, model=LLAMA), DEAR)
    world.router.says = "code"
    dear = rules(preference("code", LLAMA))
    denied = world.decide(call(LONG, model=LLAMA, headers={"x-plano-max-switch-spend-pct": "1"}), dear)
    allowed = world.decide(call(LONG, model=LLAMA, headers={"x-plano-max-switch-spend-pct": "100"}), dear)
    assert denied.record.why is Why.SWITCH_TOO_EXPENSIVE
    assert allowed.record.why is Why.SWITCH_TOO_EXPENSIVE or allowed.record.more["plano.switch.decision"] == "allowed"


def test_a_request_may_bring_a_budget_where_none_is_configured() -> None:
    world = budgeted(sessions=PLAIN)
    headers = {"x-plano-max-switch-spend-pct": "0"}
    world.decide(call(LONG, model=LLAMA, headers=headers), DEAR)
    world.router.says = "poems"
    assert world.decide(call(LONG, model=LLAMA, headers=headers), DEAR).record.why is Why.SWITCH_TOO_EXPENSIVE
    assert world.decide(call(LONG, model=LLAMA), DEAR).record.why is Why.PREFERENCE


@pytest.mark.parametrize("value", ["", "-1", "101", "many", "nan", "inf"])
def test_a_budget_that_is_no_percentage_is_ignored(value: str) -> None:
    world = budgeted(sessions=PLAIN)
    headers = {"x-plano-max-switch-spend-pct": value}
    world.decide(call(LONG, model=LLAMA, headers=headers), DEAR)
    world.router.says = "poems"
    assert world.decide(call(LONG, model=LLAMA, headers=headers), DEAR).record.why is Why.PREFERENCE


def test_a_cheaper_model_is_always_welcome() -> None:
    world = budgeted("poems")
    world.decide(call(LONG, model=LLAMA), DEAR)
    world.router.says = "code"
    decided = world.decide(call(LONG, model=LLAMA), DEAR)
    assert decided.record.why is Why.PREFERENCE
    assert decided.record.more["plano.switch.decision"] == "allowed"


def test_without_prices_nothing_is_vetoed() -> None:
    world = routed("code", sessions=BUDGETED)
    world.decide(call(LONG, model=LLAMA), DEAR)
    world.router.says = "poems"
    assert world.decide(call(LONG, model=LLAMA), DEAR).record.why is Why.PREFERENCE


@pytest.mark.parametrize("spelt", ["gpt-4o-mini", "fast"])
def test_another_spelling_of_the_same_model_is_no_change(spelt: str) -> None:
    """A model costs nothing to stay with, whatever name a preference knows it by."""
    world = budgeted()
    world.decide(call(LONG, model=LLAMA), rules(preference("code", MINI)))
    decided = world.decide(call(LONG, model=LLAMA), rules(preference("code", spelt)))
    assert decided.record.why is Why.PREFERENCE
    assert decided.record.more["plano.session.switches"] == 0


def test_a_name_the_caller_may_not_use_is_not_put_in_place_of_one_it_may() -> None:
    world = routed("code")
    world.decide(call(headers=AFFINE), rules(preference("code", MINI)))
    asked = call(model="fast", headers=AFFINE, caller="key:aliased")
    assert world.decide(asked, rules(preference("code", "fast"))).outcome == Rank((AT[MINI],), "fast")


def test_cache_off_keeps_a_conversation_unknown() -> None:
    world = budgeted()
    off = {"x-plano-cache": "off"}
    world.decide(call(LONG, model=LLAMA, headers=off), DEAR)
    assert not world.store.bindings
    world.router.says = "poems"
    assert world.decide(call(LONG, model=LLAMA, headers=off), DEAR).record.why is Why.PREFERENCE


def test_nothing_that_was_said_is_kept() -> None:
    world = routed("code", sessions=BY_TURN)
    world.decide(call(text="s3cret"))
    assert world.store.bindings
    assert "s3cret" not in repr(world.store.bindings)
