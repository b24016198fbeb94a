"""Whether changing the model in the middle of a conversation is worth its price.

A conversation that stays reads its context at the price of cached tokens; a change pays the full price for whatever the
new model has not cached. In: what is remembered of the conversation, the model somebody proposes, prices and the limit.
Out: allowed or retained, with the sums. Never: a veto on guesswork; without both prices the change is allowed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from ext_proc.preferences.prices import MTOK
from ext_proc.preferences.rank import Figures
from ext_proc.sessions.binding import Binding
from schemas import names
from schemas.runtime import Budget

SPEND_HEADER = names.SWITCH_HEADER
"""The limit of one request, 0..100."""
CACHE_IDLE_S = 300
"""How long providers keep a prompt cached that nobody uses."""
USUAL = Budget(max_switch_spend_pct=0.0, replenish_on_rebind=True, cache_read_discount=0.1, record_counterfactual=False)
"""What holds besides the limit where a request asks for a budget and the configuration has none."""


class Reason(StrEnum):
    """Why a change was allowed or not: the label of the metric."""

    SAME_ANCHOR = "same_anchor"
    FREE = "free"
    WITHIN_CAP = "within_cap"
    OVER_CAP = "over_cap"
    NO_PRICING = "no_pricing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What was decided about a change, and by which sums (USD); None where they were not needed or not known."""

    allowed: bool
    reason: Reason
    cost_usd: float | None = None
    ceiling_usd: float | None = None
    warm_tokens: int = 0
    counterfactual: str | None = None


def budget_for(configured: Budget | None, header: str | None) -> Budget | None:
    """The budget of a request. A header that is no number of 0..100 is ignored."""
    limit = _percent(header)
    if limit is None:
        return configured
    return replace(configured or USUAL, max_switch_spend_pct=limit)


def stayed(binding: Binding, context_tokens: int, budget: Budget, figures: Figures) -> Binding:
    """The binding after a warm turn has added to what never changing would have cost."""
    price = figures.price(binding.default_model)
    if price is None:
        return binding
    turn_usd = context_tokens * price.cached_or(budget.cache_read_discount) / MTOK
    return replace(binding, baseline_usd=binding.baseline_usd + turn_usd)


def weigh(
    binding: Binding, candidate: str, context_tokens: int, budget: Budget, figures: Figures, now_s: float
) -> Gate:
    """Whether the candidate may take over. `binding` has this turn in its baseline already."""
    if candidate == binding.anchor_model:
        return Gate(allowed=True, reason=Reason.SAME_ANCHOR)
    theirs, ours = figures.price(candidate), figures.price(binding.anchor_model)
    if theirs is None or ours is None:
        return Gate(allowed=True, reason=Reason.NO_PRICING)
    warm_tokens = min(_warm_tokens(binding, candidate, now_s), context_tokens)
    discount = budget.cache_read_discount
    cost_usd = (
        (context_tokens - warm_tokens) * theirs.input_usd_per_mtok
        + warm_tokens * theirs.cached_or(discount)
        - context_tokens * ours.cached_or(discount)
    ) / MTOK
    ceiling_usd = budget.max_switch_spend_pct / 100 * binding.baseline_usd
    if cost_usd <= 0:
        reason = Reason.FREE
    elif binding.switch_spend_usd + cost_usd <= ceiling_usd:
        reason = Reason.WITHIN_CAP
    else:
        reason = Reason.OVER_CAP
    return Gate(
        allowed=reason is not Reason.OVER_CAP,
        reason=reason,
        cost_usd=cost_usd,
        ceiling_usd=ceiling_usd,
        warm_tokens=warm_tokens,
    )


def spent_usd(gate: Gate) -> float:
    """What the change adds to the conversation's spending: a change that saves is not credited."""
    return gate.cost_usd or 0.0 if gate.reason is Reason.WITHIN_CAP else 0.0


def _warm_tokens(binding: Binding, model: str, now_s: float) -> int:
    """What the model may still have cached from an earlier turn of the conversation."""
    for visit in binding.history:
        if visit.model == model and now_s - visit.last_used_s <= CACHE_IDLE_S:
            return visit.cached_tokens
    return 0


def _percent(header: str | None) -> float | None:
    try:
        found = float(header or "")
    except ValueError:
        return None
    return found if math.isfinite(found) and 0 <= found <= 100 else None
