"""Which model answers a turn, told as conversations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.sessions.binding import Visit
from ext_proc.sessions.identity import Session
from ext_proc.sessions.policy import Rules, Settled, Turn, Unrouted, after, before, recognises_implicitly, rules_for
from ext_proc.sessions.tests.samples import BINDINGS, binding
from ext_proc.sessions.tests.turns import (
    BUDGET,
    CHAT,
    CODE,
    EXPLICIT,
    IMPLICIT,
    MINI,
    NOTHING,
    PLAIN,
    PREFERENCES,
    RATES,
    TO_CHAT,
    TO_CODE,
    USER_ONLY,
    sessions,
    turn,
)
from schemas.decisions import Why
from schemas.runtime import Budget


def played(given: Turn, known, rules: Rules, outcome=TO_CHAT) -> Settled:
    return before(given, known, rules, RATES) or after(given, known, rules, outcome, RATES)


# Without a conversation


@pytest.mark.parametrize(
    ("outcome", "models", "route"), [(TO_CODE, CODE, "code"), (NOTHING, (MINI,), None)], ids=["matched", "no match"]
)
def test_a_request_of_no_conversation_follows_the_router(outcome, models, route):
    given = turn(None)
    assert before(given, None, PLAIN, RATES) is None
    assert after(given, None, PLAIN, outcome, RATES) == Settled(models=models, route=route, why=outcome.why)


@pytest.mark.parametrize("known", [None, binding()])
def test_without_preferences_the_requested_model_answers_and_nothing_is_remembered(known):
    assert before(turn(preferences={}), known, PLAIN, RATES) == Settled(models=(MINI,), route=None, why=Why.REQUESTED)


# An id of the client's


def test_a_conversation_with_an_id_begins_where_the_router_says():
    settled = played(turn(), None, PLAIN, TO_CODE)
    assert (settled.models, settled.route, settled.why) == (CODE, "code", Why.PREFERENCE)
    assert (settled.pinned, settled.switched, settled.skipped) == (False, False, False)
    assert settled.binding == binding(
        "anthropic/claude", last_used_s=1010, history=(Visit("anthropic/claude", 1010, 0),)
    )


def test_a_warm_conversation_keeps_its_model_and_the_router_is_not_asked():
    settled = before(turn(), binding("anthropic/claude"), PLAIN, RATES)
    assert settled is not None
    assert settled.models == CODE
    assert (settled.route, settled.why) == ("code", Why.CONTINUATION)
    assert (settled.pinned, settled.switched, settled.skipped) == (True, False, True)
    assert settled.idle_s == 10.5
    assert settled.binding.last_used_s == 1010


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (turn(now_s=1601.0), binding()),
        (turn(Session("s", "s", True, 8)), binding()),
        (turn(usable=lambda model: model != "openai/gpt-4o"), binding()),
        (turn(), None),
    ],
    ids=["idle for longer than its time to live", "new directions", "its model may not be used", "unknown"],
)
def test_a_cold_conversation_is_routed_anew(given, known):
    assert before(given, known, PLAIN, RATES) is None
    settled = after(given, known, PLAIN, TO_CODE, RATES)
    assert (settled.models, settled.pinned, settled.switched) == (CODE, False, False)
    assert settled.binding.anchor_model == settled.binding.default_model == "anthropic/claude"
    assert settled.binding.prefix_hash == given.session.prefix
    assert settled.idle_s == (None if known is None else given.now_s - 1000)


@pytest.mark.parametrize(("now_s", "warm"), [(1600.0, True), (1600.5, False), (900.0, True)])
def test_the_time_to_live_is_how_long_a_conversation_may_be_idle(now_s, warm):
    assert (before(turn(now_s=now_s), binding(), PLAIN, RATES) is not None) is warm


@pytest.mark.parametrize(("ours", "theirs"), [(None, 7), (7, None), (None, None)])
def test_an_unknown_prefix_is_no_other_prefix(ours, theirs):
    settled = before(turn(Session("s", "s", True, ours)), binding(prefix_hash=theirs), PLAIN, RATES)
    assert settled is not None
    assert settled.binding.prefix_hash == (theirs if ours is None else ours)


def test_another_requested_model_does_not_end_a_pin():
    assert before(turn(requested="openai/other"), binding(), PLAIN, RATES) is not None


def test_a_conversation_nothing_matched_for_is_not_pinned_until_something_does():
    first = played(turn(), None, PLAIN, NOTHING)
    assert (first.models, first.why) == ((MINI,), Why.NO_MATCH)
    second = turn(now_s=1020.0)
    assert before(second, first.binding, PLAIN, RATES) is None
    settled = after(second, first.binding, PLAIN, TO_CODE, RATES)
    assert (settled.models, settled.pinned, settled.switched) == (CODE, True, True)
    assert before(turn(now_s=1030.0), settled.binding, PLAIN, RATES) is not None


def test_models_standing_by_are_those_the_caller_may_use():
    settled = before(turn(usable=lambda model: model == "openai/gpt-4o"), binding(), PLAIN, RATES)
    assert settled.models == ("openai/gpt-4o",)


def test_a_preference_that_is_gone_leaves_the_model_alone():
    settled = before(turn(preferences={"chat": CHAT}), binding(), PLAIN, RATES)
    assert (settled.models, settled.route) == (("openai/gpt-4o",), "code")


# Recognised by its beginning


def test_without_a_budget_a_recognised_conversation_follows_the_router():
    known = binding("anthropic/claude", switches=1)
    assert before(turn(IMPLICIT), known, PLAIN, RATES) is None
    settled = after(turn(IMPLICIT), known, PLAIN, TO_CHAT, RATES)
    assert (settled.models, settled.route, settled.why) == (CHAT, "chat", Why.PREFERENCE)
    assert (settled.pinned, settled.switched) == (True, True)
    assert (settled.binding.anchor_model, settled.binding.route_name, settled.binding.switches) == (MINI, "chat", 2)
    assert (settled.binding.last_used_s, settled.idle_s) == (1010, 10.5)
    assert settled.binding.default_model == "anthropic/claude"


def test_the_same_model_again_is_no_switch():
    settled = after(turn(IMPLICIT), binding("anthropic/claude"), PLAIN, TO_CODE, RATES)
    assert (settled.models, settled.pinned, settled.switched) == (CODE, True, False)


@pytest.mark.parametrize(
    ("implicit", "user_only", "budget", "preferences", "wanted"),
    [
        (False, False, None, True, False),
        (True, False, None, False, True),
        (False, True, None, True, True),
        (False, True, None, False, False),
        (False, False, BUDGET, False, True),
    ],
)
def test_when_conversations_are_recognised_by_their_beginning(implicit, user_only, budget, preferences, wanted):
    known = sessions(implicit=implicit, route_on_user_only=user_only, budget=budget)
    assert recognises_implicitly(known, rules_for(known, None), preferences) is wanted
    assert recognises_implicitly(known, rules_for(known, "20"), preferences)


# Turns in which no user speaks


def test_such_a_turn_replays_the_model_and_refreshes_what_is_remembered():
    known = binding("anthropic/claude", switches=3, history=(Visit("anthropic/claude", 1000, 5),))
    settled = before(turn(IMPLICIT, fresh=False, context_tokens=90), known, USER_ONLY, RATES)
    assert (settled.models, settled.why) == (CODE, Why.CONTINUATION)
    assert (settled.pinned, settled.switched, settled.skipped) == (True, False, True)
    assert settled.binding == replace(
        known, last_used_s=1010, cached_tokens=90, history=(Visit("anthropic/claude", 1010, 90),)
    )


@pytest.mark.parametrize(
    ("given", "known", "rules"),
    [
        (turn(IMPLICIT), binding(), USER_ONLY),
        (turn(IMPLICIT, fresh=False, requested="openai/side"), binding(), USER_ONLY),
        (turn(IMPLICIT, fresh=False), binding(requested_model=""), USER_ONLY),
        (turn(replace(IMPLICIT, prefix=8), fresh=False), binding(), USER_ONLY),
        (turn(IMPLICIT, fresh=False, now_s=1700.0), binding(), USER_ONLY),
        (turn(IMPLICIT, fresh=False), None, USER_ONLY),
        (turn(None, fresh=False), None, USER_ONLY),
        (turn(IMPLICIT, fresh=False), binding(), PLAIN),
    ],
    ids=[
        "a user speaks",
        "another model",
        "unknown lane",
        "drifted",
        "cold",
        "unknown",
        "no session",
        "not configured",
    ],
)
def test_the_router_is_asked(given, known, rules):
    assert before(given, known, rules, RATES) is None


def test_a_side_call_for_another_model_takes_the_conversation_over():
    main, side = turn(IMPLICIT, fresh=False), turn(IMPLICIT, requested="openai/side")
    begun = played(turn(IMPLICIT), None, USER_ONLY, TO_CODE)
    assert before(main, begun.binding, USER_ONLY, RATES) is not None
    evicted = played(side, begun.binding, USER_ONLY, NOTHING)
    assert evicted.binding.anchor_model == "openai/side"
    assert before(main, evicted.binding, USER_ONLY, RATES) is None


def test_a_result_after_an_unmatched_turn_stays_with_the_requested_model():
    begun = played(turn(IMPLICIT), None, USER_ONLY, NOTHING)
    settled = before(turn(IMPLICIT, fresh=False), begun.binding, USER_ONLY, RATES)
    assert (settled.models, settled.route) == ((MINI,), None)


# A router without an answer


@pytest.mark.parametrize(
    ("why", "told"),
    [
        (Why.ROUTER_FAILED, Why.ROUTER_FAILED),
        (Why.ROUTER_LATE, Why.ROUTER_LATE),
        (Why.NOTHING_TO_ROUTE, Why.CONTINUATION),
    ],
)
def test_a_router_without_an_answer_changes_nothing_for_a_warm_conversation(why, told):
    known = binding("anthropic/claude")
    settled = after(turn(IMPLICIT), known, PLAIN, Unrouted(why), RATES)
    assert (settled.models, settled.why, settled.pinned, settled.skipped) == (CODE, told, True, False)
    assert settled.binding.anchor_model == "anthropic/claude"


@pytest.mark.parametrize("why", [Why.ROUTER_FAILED, Why.ROUTER_LATE, Why.NOTHING_TO_ROUTE])
def test_and_binds_no_cold_one(why):
    settled = after(turn(), None, PLAIN, Unrouted(why), RATES)
    assert (settled.models, settled.why, settled.binding) == ((MINI,), why, None)


# Whatever happens


TURNS = st.builds(
    turn,
    st.sampled_from([None, EXPLICIT, IMPLICIT, replace(EXPLICIT, prefix=None)]),
    requested=st.sampled_from([MINI, "openai/gpt-4o", "unheard/of"]),
    fresh=st.booleans(),
    preferences=st.sampled_from([{}, PREFERENCES]),
    context_tokens=st.integers(0, 10**9),
    now_s=st.floats(0, 1e10),
)
RULES = st.builds(
    Rules,
    st.floats(0, 1e6),
    st.booleans(),
    st.none()
    | st.builds(
        Budget,
        max_switch_spend_pct=st.floats(0, 100),
        replenish_on_rebind=st.booleans(),
        cache_read_discount=st.floats(0, 1),
        record_counterfactual=st.booleans(),
    ),
)
OUTCOMES = st.sampled_from([TO_CODE, TO_CHAT, NOTHING, Unrouted(Why.ROUTER_LATE), Unrouted(Why.NOTHING_TO_ROUTE)])


@settings(deadline=None)
@given(TURNS, st.none() | BINDINGS, RULES, OUTCOMES)
def test_whatever_was_remembered_a_turn_is_settled_and_the_record_stays_in_its_bounds(given, known, rules, outcome):
    settled = played(given, known, rules, outcome)
    assert settled.models and len(set(settled.models)) == len(settled.models)
    assert not (settled.switched and not settled.pinned)
    assert (settled.binding is not None) <= (given.session is not None)
    if settled.binding is not None:
        assert settled.binding.anchor_model == settled.models[0]
        assert len(settled.binding.history) <= 8
    if settled.pinned and not settled.switched:
        assert settled.models[0] == known.anchor_model
