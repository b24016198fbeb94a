"""Which model answers a turn, told as conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.preferences.prices import Price
from ext_proc.sessions.binding import Visit
from ext_proc.sessions.identity import Session
from ext_proc.sessions.policy import (
    Routed,
    Rules,
    Settled,
    Turn,
    Unrouted,
    after,
    before,
    recognises_implicitly,
    rules_for,
)
from ext_proc.sessions.tests.samples import BINDINGS, binding
from schemas.decisions import Why
from schemas.runtime import Budget, Sessions

CODE, CHAT = ("anthropic/claude", "openai/gpt-4o"), ("openai/gpt-4o-mini", "openai/gpt-4o")
PREFERENCES = {"code": CODE, "chat": CHAT}
MINI = "openai/gpt-4o-mini"
EXPLICIT, IMPLICIT = Session("s", "s", True, 7), Session("implicit:1", "implicit:1", False, 7)
PLAIN = Rules(600.0, False, None)
USER_ONLY = Rules(600.0, True, None)
BUDGET = Budget(
    max_switch_spend_pct=25.0, replenish_on_rebind=True, cache_read_discount=0.1, record_counterfactual=False
)
BUDGETED = Rules(600.0, False, BUDGET)
TO_CODE = Routed("code", CODE, Why.PREFERENCE)
TO_CHAT = Routed("chat", CHAT, Why.PREFERENCE)
NOTHING = Unrouted(Why.NO_MATCH)


# USD per million: a million tokens of context make every sum a round figure.
PRICES = {"anthropic/claude": Price(3, 15, 0.5), "openai/gpt-4o": Price(2.5, 10, 0.25), MINI: Price(0.1, 0.6)}


class Rates:
    def price(self, model):
        return PRICES.get(model)

    def latency(self, model):
        return None


RATES = Rates()


def turn(session: Session | None = EXPLICIT, **fields) -> Turn:
    known: dict[str, Any] = {
        "requested": MINI,
        "fresh": True,
        "preferences": PREFERENCES,
        "usable": lambda model: True,
        "context_tokens": 0,
        "now_s": 1010.5,
    }
    return Turn(session=session, **(known | fields))


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


@pytest.mark.parametrize(("now_s", "warm"), [(1600.0, True), (1600.5, False), (900.0, True)])
def test_the_time_to_live_is_how_long_a_conversation_may_be_idle(now_s, warm):
    assert (before(turn(now_s=now_s), binding(), PLAIN, RATES) is not None) is warm


@pytest.mark.parametrize(("ours", "theirs"), [(None, 7), (7, None), (None, None)])
def test_an_unknown_prefix_is_no_other_prefix(ours, theirs):
    assert before(turn(Session("s", "s", True, ours)), binding(prefix_hash=theirs), PLAIN, RATES) is not None


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
    sessions = Sessions(
        ttl_s=600.0,
        max_entries=1,
        store="memory",
        url=None,
        tenant_header=None,
        implicit=implicit,
        route_on_user_only=user_only,
        budget=budget,
    )
    assert recognises_implicitly(sessions, rules_for(sessions, None), preferences) is wanted
    assert recognises_implicitly(sessions, rules_for(sessions, "20"), preferences)


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


# The budget. Claude's cached rate is 0.5: staying a turn with a million tokens costs 0.50.


def warm(**fields):
    return binding("anthropic/claude", cached_tokens=1_000_000, **fields)


def test_a_change_within_the_budget_is_allowed_and_spent():
    # To gpt-4o: 2.5 fresh - 0.5 = 2.0 more; a quarter of 9.5 + 0.5 is 2.5.
    settled = after(turn(), warm(baseline_usd=9.5), BUDGETED, Routed("chat", CODE[1:], Why.PREFERENCE), RATES)
    assert (settled.models, settled.switched, settled.pinned) == (("openai/gpt-4o",), True, True)
    assert settled.gate.reason == "within_cap"
    assert settled.gate.cost_usd == pytest.approx(2.0)
    assert settled.gate.ceiling_usd == pytest.approx(2.5)
    assert settled.binding.baseline_usd == pytest.approx(10.0)
    assert settled.binding.switch_spend_usd == pytest.approx(2.0)
    assert (settled.binding.switches, settled.binding.default_model) == (1, "anthropic/claude")


TO_4O = Routed("chat", ("openai/gpt-4o", MINI), Why.PREFERENCE)


@pytest.mark.parametrize("spent", [0.0, 1.0])
def test_a_change_beyond_the_budget_is_not(spent):
    baseline = 7.4 if spent == 0 else 9.5
    settled = after(turn(), warm(baseline_usd=baseline, switch_spend_usd=spent), BUDGETED, TO_4O, RATES)
    assert settled.models == ("anthropic/claude", "openai/gpt-4o", MINI)
    assert (settled.route, settled.why) == ("code", Why.SWITCH_TOO_EXPENSIVE)
    assert (settled.pinned, settled.switched) == (True, False)
    assert settled.gate.reason == "over_cap"
    assert settled.gate.counterfactual is None
    assert (settled.binding.anchor_model, settled.binding.route_name) == ("anthropic/claude", "code")
    assert (settled.binding.switches, settled.binding.switch_spend_usd) == (0, spent)
    assert settled.binding.baseline_usd == pytest.approx(baseline + 0.5)


def test_what_would_have_been_is_told_where_it_is_wanted():
    rules = replace(BUDGETED, budget=replace(BUDGET, record_counterfactual=True))
    assert after(turn(), warm(), rules, TO_4O, RATES).gate.counterfactual == "openai/gpt-4o (chat)"


def test_a_cheaper_model_is_free_and_saves_nothing_for_later():
    settled = after(turn(), warm(switch_spend_usd=0.3), BUDGETED, TO_CHAT, RATES)
    assert (settled.models[0], settled.switched, settled.gate.reason) == (MINI, True, "free")
    assert settled.gate.cost_usd == pytest.approx(0.1 - 0.5)
    assert settled.binding.switch_spend_usd == 0.3


def test_the_same_model_costs_nothing_and_counts_as_staying():
    settled = after(turn(), warm(), BUDGETED, TO_CODE, RATES)
    assert (settled.gate.reason, settled.switched, settled.binding.switches) == ("same_anchor", False, 0)
    assert settled.binding.baseline_usd == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("anchor", "candidate"), [("anthropic/claude", "unheard/of"), ("unheard/of", "anthropic/claude")]
)
def test_without_a_price_a_change_is_allowed(anchor, candidate):
    known = binding(anchor, cached_tokens=1_000_000)
    settled = after(turn(), known, BUDGETED, Routed("chat", (candidate,), Why.PREFERENCE), RATES)
    assert (settled.models, settled.switched, settled.gate.reason) == ((candidate,), True, "no_pricing")
    assert settled.binding.switch_spend_usd == 0


def test_the_yardstick_is_the_model_the_episode_began_with():
    settled = after(turn(), warm(default_model="openai/gpt-4o"), BUDGETED, TO_CODE, RATES)
    assert settled.binding.baseline_usd == pytest.approx(0.25)


def test_returning_to_a_model_that_is_still_warm_costs_only_what_is_new():
    history = (Visit("openai/gpt-4o", 900, 800_000),)
    settled = after(turn(), warm(history=history), BUDGETED, TO_4O, RATES)
    assert settled.gate.warm_tokens == 800_000
    assert settled.gate.cost_usd == pytest.approx(0.2 * 2.5 + 0.8 * 0.25 - 0.5)
    gone = after(turn(now_s=1205.0), warm(history=history), BUDGETED, TO_4O, RATES)
    assert gone.gate.warm_tokens == 0


def test_a_rate_of_cached_tokens_nobody_lists_is_a_part_of_the_input_rate():
    known = binding(MINI, cached_tokens=1_000_000)
    assert after(turn(), known, BUDGETED, NOTHING, RATES).binding.baseline_usd == pytest.approx(0.1 * 0.1)


def test_no_match_is_a_change_like_any_other():
    known = binding("openai/gpt-4o", cached_tokens=1_000_000)
    settled = after(turn(requested="anthropic/claude"), known, BUDGETED, NOTHING, RATES)
    assert (settled.models[0], settled.why) == ("openai/gpt-4o", Why.SWITCH_TOO_EXPENSIVE)


def test_an_estimate_counts_where_no_answer_told_the_tokens():
    settled = after(turn(context_tokens=2_000_000), binding("anthropic/claude"), BUDGETED, TO_CODE, RATES)
    assert settled.binding.baseline_usd == pytest.approx(1.0)
    assert settled.binding.cached_tokens == 2_000_000


def test_the_budget_is_asked_and_not_the_pin():
    assert before(turn(), warm(), BUDGETED, RATES) is None


def test_a_replayed_turn_counts_as_staying():
    rules = replace(BUDGETED, route_on_user_only=True)
    settled = before(turn(fresh=False), warm(), rules, RATES)
    assert settled.binding.baseline_usd == pytest.approx(0.5)


def test_after_five_minutes_no_cache_is_left_to_protect():
    known = warm(baseline_usd=4.0, switch_spend_usd=0.9, switches=2, session_cost_usd=3.0)
    settled = after(turn(now_s=1301.0), known, BUDGETED, TO_4O, RATES)
    assert (settled.models[0], settled.pinned, settled.switched, settled.gate) == ("openai/gpt-4o", False, False, None)
    begun = settled.binding
    assert (begun.baseline_usd, begun.switch_spend_usd, begun.switches) == (0.0, 0.0, 0)
    assert (begun.default_model, begun.session_cost_usd) == ("openai/gpt-4o", 3.0)


def test_a_budget_that_is_not_replenished_goes_on():
    rules = replace(BUDGETED, budget=replace(BUDGET, replenish_on_rebind=False))
    known = warm(baseline_usd=4.0, switch_spend_usd=0.9, switches=2)
    begun = after(turn(now_s=1301.0), known, rules, TO_4O, RATES).binding
    assert (begun.baseline_usd, begun.switch_spend_usd, begun.switches) == (4.0, 0.9, 0)
    assert (begun.default_model, begun.anchor_model) == ("anthropic/claude", "openai/gpt-4o")


def test_new_directions_forget_which_models_were_warm():
    known = warm(history=(Visit("openai/gpt-4o", 1000, 5),))
    drifted = after(turn(replace(EXPLICIT, prefix=8)), known, BUDGETED, TO_CODE, RATES)
    assert [visit.model for visit in drifted.binding.history] == ["anthropic/claude"]
    cold = after(turn(now_s=1400.0), known, BUDGETED, TO_CODE, RATES)
    assert [visit.model for visit in cold.binding.history] == ["openai/gpt-4o", "anthropic/claude"]


def test_the_budget_holds_over_many_turns():
    """Somebody who wants another model every turn never spends more than the agreed part of what staying costs."""
    known = warm()
    switches = 0
    for place in range(60):
        outcome = TO_CODE if place % 2 else TO_4O
        settled = after(turn(now_s=1001.0 + 299 * place), known, BUDGETED, outcome, RATES)
        known, switches = replace(settled.binding, cached_tokens=1_000_000), switches + settled.switched
        assert known.switch_spend_usd <= 0.25 * known.baseline_usd + 1e-9
    assert 0 < switches < 60


HEADERS = [
    ("20", 20.0),
    ("0", 0.0),
    ("100", 100.0),
    ("12.5", 12.5),
    (None, 25.0),
    ("", 25.0),
    ("-1", 25.0),
    ("101", 25.0),
    ("nan", 25.0),
    ("inf", 25.0),
    ("many", 25.0),
    ("20%", 25.0),
]


@pytest.mark.parametrize(("header", "limit"), HEADERS)
def test_a_request_may_have_a_limit_of_its_own(header, limit):
    sessions = Sessions(
        ttl_s=60.0,
        max_entries=1,
        store="memory",
        url=None,
        tenant_header=None,
        implicit=False,
        route_on_user_only=True,
        budget=replace(BUDGET, cache_read_discount=0.5),
    )
    rules = rules_for(sessions, header)
    assert rules == Rules(60.0, True, replace(BUDGET, cache_read_discount=0.5, max_switch_spend_pct=limit))
    assert rules.warm_s == 60.0
    bare = rules_for(replace(sessions, budget=None), header)
    assert bare.budget == (replace(BUDGET, max_switch_spend_pct=limit) if limit != 25.0 else None)


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
