"""Whether a change of the model in the middle of a conversation is allowed.

A turn with a million tokens on Claude, whose cached rate is 0.5, costs 0.50.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ext_proc.sessions.binding import Visit
from ext_proc.sessions.policy import Routed, Rules, after, before, rules_for
from ext_proc.sessions.tests.samples import binding
from ext_proc.sessions.tests.turns import (
    BUDGET,
    BUDGETED,
    CODE,
    EXPLICIT,
    MINI,
    NOTHING,
    RATES,
    TO_CHAT,
    TO_CODE,
    sessions,
    turn,
)
from schemas.decisions import Why


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


def test_the_budget_may_be_spent_to_the_end():
    # A quarter of 7.5 + 0.5 is exactly what the change costs.
    settled = after(turn(), warm(baseline_usd=7.5), BUDGETED, TO_4O, RATES)
    assert (settled.gate.cost_usd, settled.gate.ceiling_usd) == (2.0, 2.0)
    assert settled.switched


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


def test_a_conversation_whose_model_was_kept_is_in_the_lane_of_its_latest_turn():
    settled = after(turn(requested="openai/gpt-4o"), warm(), BUDGETED, TO_4O, RATES)
    assert (settled.binding.requested_model, settled.binding.last_used_s) == ("openai/gpt-4o", 1010)


def test_what_would_have_been_is_told_where_it_is_wanted():
    rules = replace(BUDGETED, budget=replace(BUDGET, record_counterfactual=True))
    assert after(turn(), warm(), rules, TO_4O, RATES).gate.counterfactual == "openai/gpt-4o (chat)"


def test_a_cheaper_model_is_free_and_saves_nothing_for_later():
    settled = after(turn(), warm(switch_spend_usd=0.3), BUDGETED, TO_CHAT, RATES)
    assert (settled.models[0], settled.switched, settled.gate.reason) == (MINI, True, "free")
    assert settled.gate.cost_usd == pytest.approx(0.1 - 0.5)
    assert settled.binding.switch_spend_usd == 0.3


def test_a_model_that_costs_just_as_much_is_free():
    known = binding("anthropic/claude", cached_tokens=1_000_000)
    settled = after(turn(), known, BUDGETED, Routed("chat", ("equal",), Why.PREFERENCE), RATES)
    assert (settled.gate.reason, settled.gate.cost_usd) == ("free", 0.0)


def test_the_same_model_costs_nothing_and_counts_as_staying():
    settled = after(turn(), warm(), BUDGETED, TO_CODE, RATES)
    assert (settled.gate.reason, settled.switched, settled.binding.switches) == ("same_anchor", False, 0)
    assert settled.why is Why.PREFERENCE
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
    last = after(turn(now_s=1200.0), warm(history=history), BUDGETED, TO_4O, RATES)
    gone = after(turn(now_s=1200.5), warm(history=history), BUDGETED, TO_4O, RATES)
    assert (last.gate.warm_tokens, gone.gate.warm_tokens) == (800_000, 0)


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
    known = sessions(ttl_s=60.0, route_on_user_only=True, budget=replace(BUDGET, cache_read_discount=0.5))
    rules = rules_for(known, header)
    assert rules == Rules(60.0, True, replace(BUDGET, cache_read_discount=0.5, max_switch_spend_pct=limit))
    assert rules.warm_s == 60.0
    bare = rules_for(replace(known, budget=None), header)
    assert bare.budget == (replace(BUDGET, max_switch_spend_pct=limit) if limit != 25.0 else None)
