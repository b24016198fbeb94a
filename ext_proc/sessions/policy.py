"""Which model answers a turn of a conversation.

In: what is remembered of the conversation, the turn, and what the router said. Out: the models in order of attempts,
why, and what to remember. `before` says whether the router is needed at all, `after` what follows from its answer.
Never: a model the caller may not use, a clock, a store.

The rules. A conversation is warm while it has been idle for at most `Sessions.ttl_s` and its directions and tools are
the same; where a routing budget holds, for at most five minutes, since prices of cached tokens mean nothing once the
cache is gone. A warm conversation with an id of the client's keeps the model a preference chose, without asking the
router, until it is cold; where a budget holds, the budget decides instead. With `route_on_user_only`, turns in which no
user speaks keep the model too, where they ask for the same one as the conversation did. A router without an answer
changes nothing for a warm conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ext_proc.preferences.rank import Figures
from ext_proc.sessions.binding import Binding, Visit, visited
from ext_proc.sessions.budget import CACHE_IDLE_S, Gate, Reason, budget_for, spent_usd, stayed, weigh
from ext_proc.sessions.identity import Session
from schemas.decisions import Why
from schemas.runtime import Budget, Sessions


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one request."""

    ttl_s: float
    route_on_user_only: bool
    budget: Budget | None

    @property
    def warm_s(self) -> float:
        """How long a conversation may be idle and still be warm."""
        return self.ttl_s if self.budget is None else min(self.ttl_s, CACHE_IDLE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One request. `requested`: the model it names, aliases resolved. `fresh`: a user just spoke. `preferences`: the
    models of those that hold for it, by name; empty without any. `usable`: whether the caller may be given a model.
    `context_tokens`: an estimate, 0 for none. `now_s`: seconds since 1970."""

    session: Session | None
    requested: str
    fresh: bool
    preferences: Mapping[str, tuple[str, ...]]
    usable: Callable[[str], bool]
    context_tokens: int
    now_s: float


@dataclass(frozen=True, slots=True)
class Routed:
    """The router chose a preference. `models`: its usable models, ranked, at least one. `why` is PREFERENCE or
    INLINE_PREFERENCE."""

    route: str
    models: tuple[str, ...]
    why: Why


@dataclass(frozen=True, slots=True)
class Unrouted:
    """The router chose none. `why` is NO_MATCH, NOTHING_TO_ROUTE, ROUTER_FAILED or ROUTER_LATE."""

    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """`models[0]` answers, the others stand by. `pinned`: the conversation was warm. `switched`: a warm conversation
    changed its model. `skipped`: the router was not asked, for the conversation's sake. `binding`: what to remember,
    None for nothing. `idle_s`: since the last turn, None without one."""

    models: tuple[str, ...]
    route: str | None
    why: Why
    pinned: bool = False
    switched: bool = False
    skipped: bool = False
    binding: Binding | None = None
    gate: Gate | None = None
    idle_s: float | None = None


def rules_for(sessions: Sessions, spend_header: str | None) -> Rules:
    """The rules of a request with that value of budget.SPEND_HEADER."""
    return Rules(sessions.ttl_s, sessions.route_on_user_only, budget_for(sessions.budget, spend_header))


def recognises_implicitly(sessions: Sessions, rules: Rules, preferences: bool) -> bool:
    """Whether a conversation without an id is worth recognising for this request."""
    return sessions.implicit or rules.budget is not None or (rules.route_on_user_only and preferences)


def before(turn: Turn, binding: Binding | None, rules: Rules, figures: Figures) -> Settled | None:
    """The turn without the router; None where the router has to be asked."""
    if not turn.preferences:
        return Settled(models=(turn.requested,), route=None, why=Why.REQUESTED)
    if binding is None or turn.session is None or not _warm(turn, binding, rules):
        return None
    pinned = turn.session.explicit and rules.budget is None and binding.route_name is not None
    replayed = rules.route_on_user_only and not turn.fresh and binding.requested_model == turn.requested
    return _continued(turn, binding, rules, figures, Why.CONTINUATION, skipped=True) if pinned or replayed else None


def after(turn: Turn, binding: Binding | None, rules: Rules, outcome: Routed | Unrouted, figures: Figures) -> Settled:
    """The turn with the router's answer."""
    models = outcome.models if isinstance(outcome, Routed) else (turn.requested,)
    route = outcome.route if isinstance(outcome, Routed) else None
    idle_s = None if binding is None else _idle_s(turn, binding)
    known = isinstance(outcome, Routed) or outcome.why is Why.NO_MATCH
    if turn.session is None:
        return Settled(models=models, route=route, why=outcome.why)
    if binding is None or not _warm(turn, binding, rules):
        started = _started(turn, binding, rules, models[0], route) if known else None
        return Settled(models=models, route=route, why=outcome.why, binding=started, idle_s=idle_s)
    if not known:
        why = Why.CONTINUATION if outcome.why is Why.NOTHING_TO_ROUTE else outcome.why
        return _continued(turn, binding, rules, figures, why)
    return _weighed(turn, binding, rules, figures, Settled(models=models, route=route, why=outcome.why, idle_s=idle_s))


def _weighed(turn: Turn, binding: Binding, rules: Rules, figures: Figures, wanted: Settled) -> Settled:
    """A warm conversation for which the router has an answer."""
    candidate, tokens = wanted.models[0], _context_tokens(turn, binding)
    gate = Gate(allowed=True, reason=Reason.SAME_ANCHOR if candidate == binding.anchor_model else Reason.FREE)
    if rules.budget is not None:
        binding = stayed(binding, tokens, rules.budget, figures)
        gate = weigh(binding, candidate, tokens, rules.budget, figures, turn.now_s)
    if not gate.allowed:
        return _retained(turn, binding, rules, gate, wanted)
    switched = gate.reason is not Reason.SAME_ANCHOR
    kept = replace(
        binding,
        anchor_model=candidate,
        requested_model=turn.requested,
        route_name=wanted.route,
        switch_spend_usd=binding.switch_spend_usd + spent_usd(gate),
        switches=binding.switches + switched,
    )
    return replace(wanted, pinned=True, switched=switched, binding=_touched(turn, kept), gate=gate)


def _retained(turn: Turn, binding: Binding, rules: Rules, gate: Gate, wanted: Settled) -> Settled:
    """The change costs too much; should the anchor fail, what was wanted stands by."""
    if rules.budget is not None and rules.budget.record_counterfactual:
        would = f"{wanted.models[0]} ({wanted.route})" if wanted.route else wanted.models[0]
        gate = replace(gate, counterfactual=would)
    return replace(
        wanted,
        models=_first(binding.anchor_model, wanted.models),
        route=binding.route_name,
        why=Why.SWITCH_TOO_EXPENSIVE,
        pinned=True,
        binding=_touched(turn, replace(binding, requested_model=turn.requested)),
        gate=gate,
    )


def _continued(
    turn: Turn, binding: Binding, rules: Rules, figures: Figures, why: Why, *, skipped: bool = False
) -> Settled:
    """The conversation's model answers; the other models of its preference stand by."""
    if rules.budget is not None:
        binding = stayed(binding, _context_tokens(turn, binding), rules.budget, figures)
    others = (model for model in turn.preferences.get(binding.route_name or "", ()) if turn.usable(model))
    return Settled(
        models=_first(binding.anchor_model, others),
        route=binding.route_name,
        why=why,
        pinned=True,
        skipped=skipped,
        binding=_touched(turn, binding),
        idle_s=_idle_s(turn, binding),
    )


def _started(turn: Turn, old: Binding | None, rules: Rules, model: str, route: str | None) -> Binding:
    """A new episode. What the conversation has cost so far stays known; its budget starts anew unless told not to."""
    assert turn.session is not None
    begun = Binding(
        anchor_model=model,
        default_model=model,
        requested_model=turn.requested,
        route_name=route,
        prefix_hash=turn.session.prefix,
        last_used_s=0,
        cached_tokens=0,
        history=() if old is None or _drifted(turn, old) else old.history,
        session_cost_usd=0.0 if old is None else old.session_cost_usd,
    )
    if old is not None and rules.budget is not None and not rules.budget.replenish_on_rebind:
        begun = replace(
            begun,
            default_model=old.default_model,
            baseline_usd=old.baseline_usd,
            switch_spend_usd=old.switch_spend_usd,
        )
    return _touched(turn, begun)


def _touched(turn: Turn, binding: Binding) -> Binding:
    """The binding after its anchor has answered this turn."""
    tokens, now_s = turn.context_tokens or binding.cached_tokens, int(turn.now_s)
    visit = Visit(binding.anchor_model, now_s, tokens)
    prefix = turn.session.prefix if turn.session is not None and turn.session.prefix is not None else None
    return replace(
        binding,
        last_used_s=now_s,
        cached_tokens=tokens,
        history=visited(binding.history, visit),
        prefix_hash=binding.prefix_hash if prefix is None else prefix,
    )


def _warm(turn: Turn, binding: Binding, rules: Rules) -> bool:
    lively = _idle_s(turn, binding) <= rules.warm_s
    return lively and not _drifted(turn, binding) and turn.usable(binding.anchor_model)


def _drifted(turn: Turn, binding: Binding) -> bool:
    prefix = turn.session.prefix if turn.session is not None else None
    return prefix is not None and binding.prefix_hash is not None and prefix != binding.prefix_hash


def _idle_s(turn: Turn, binding: Binding) -> float:
    """Clocks of several gateways differ a little: a turn of the near future was just now."""
    return max(0.0, turn.now_s - binding.last_used_s)


def _context_tokens(turn: Turn, binding: Binding) -> int:
    """What the last answer said was read is truer than an estimate."""
    return binding.cached_tokens or turn.context_tokens


def _first(model: str, others: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((model, *others)))
