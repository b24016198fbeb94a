"""Which model answers a call: the page that decides it, from the body to the attempts.

In: a call on a model listener. Out: what Envoy does with it, and the record. Order: the request's own preferences, else
the configured ones; the conversation it belongs to; the router; the ranking; the budget.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from ext_proc import conversation
from ext_proc.call import Attempt, Call, Decided, Forward, Outcome, Rank, Record, Refuse, Reply
from ext_proc.conversation import ConversationError
from ext_proc.decide import asking
from ext_proc.decide.asking import NoChoice
from ext_proc.decide.fitting import Fitting
from ext_proc.decide.means import Means
from ext_proc.decide.trace import request_id, trace_id
from ext_proc.decide.watch import Watch
from ext_proc.preferences import cutting, inline
from ext_proc.preferences.rank import rank
from ext_proc.rules import Rules
from ext_proc.sessions import identity, policy, telling
from ext_proc.sessions.binding import Binding
from ext_proc.sessions.budget import SPEND_HEADER
from ext_proc.sessions.identity import Session
from ext_proc.sessions.policy import Routed, Settled, Turn, Unrouted
from ext_proc.translate.needs import refusal
from router_model.choice import Choice, Option
from schemas import names
from schemas.decisions import Why
from schemas.runtime import Preference

STORE_DEADLINE_S = 0.1
"""How long a request waits for what is remembered of its conversation."""
_BYTES_PER_TOKEN = 4


class _Unfit(Exception):
    """None of the models there are can take the request; the text says what the first of them lacks, and where."""


@dataclass(frozen=True, slots=True)
class _Matter:
    """Everything about one call that does not change while it is decided. `own`: the preferences are the request's.
    `passed_on`: the body as a provider may see it."""

    call: Call
    rules: Rules
    path: str
    body: Mapping[str, object]
    preferences: tuple[Preference, ...]
    own: bool
    requested: str
    trace_id: str
    passed_on: bytes
    fitting: Fitting

    def attempts(self, models: Sequence[str], means: Means) -> tuple[Attempt, ...]:
        """Of these models only what can take the call."""
        return self.rules.attempts(self.call, self.path, models, means.pick, self.fitting.fits)

    @property
    def is_question(self) -> bool:
        """The client wants to know, not to be answered by a model."""
        return self.path != self.call.path


async def decide(call: Call, rules: Rules, means: Means) -> Decided:
    """The model, or the ranking, for this call."""
    watch = Watch(means.clock)
    try:
        with watch.step("read"):
            matter = _read(call, rules)
    except (ConversationError, cutting.NotAnObject):
        return _refused(call, rules, watch, "invalid_json")
    except inline.InvalidPreferences as error:
        return _refused(call, rules, watch, "invalid_preferences", problem=str(error))
    if call.model and rules.route(call.model) is None and not matter.is_question:
        return _refused(call, rules, watch, "model_not_found")
    try:
        return await _settle(matter, means, watch)
    except _Unfit as error:
        return _refused(call, rules, watch, "no_model_fits", problem=str(error))


def _read(call: Call, rules: Rules) -> _Matter:
    path = call.path.removeprefix(names.QUESTION_PREFIX)
    body = conversation.view_body(call.body)
    own = inline.read(body)
    return _Matter(
        call=call,
        rules=rules,
        path=path,
        body=body,
        preferences=rules.preferences if own is None else own,
        own=own is not None,
        requested=rules.canonical(call.model),
        trace_id=trace_id(call) or secrets.token_hex(16),
        passed_on=cutting.cut(call.body) if cutting.concerns(body) else call.body,
        fitting=Fitting(path, call.body, body, rules.providers),
    )


async def _settle(matter: _Matter, means: Means, watch: Watch) -> Decided:
    """The page itself."""
    call, rules = matter.call, matter.rules
    holds = policy.rules_for(means.sessions, call.headers.get(SPEND_HEADER))
    session = _session(matter, means, holds)
    turn = _turn(matter, means, session)
    with watch.step("session"):
        known = (await means.store.read(session.key, STORE_DEADLINE_S)).binding if session else None
    figures = means.figures(rules.listener.name)
    choice: Choice | NoChoice | None = None
    settled = policy.before(turn, known, holds, figures)
    if settled is None:
        with watch.step("router"):
            choice = await _ask(matter, means)
        settled = policy.after(turn, known, holds, _outcome(matter, choice, means, known), figures)
    if session and settled.binding:
        means.background(means.store.write(session.key, settled.binding, STORE_DEADLINE_S))
    with watch.step("rank"):
        outcome = _carry_out(matter, settled, session, choice, means)
    return Decided(outcome, _record(matter, settled, session, choice, outcome, holds, watch))


def _session(matter: _Matter, means: Means, holds: policy.Rules) -> Session | None:
    implicit = policy.recognises_implicitly(means.sessions, holds, bool(matter.preferences))
    if not implicit and names.AFFINITY_HEADER not in matter.call.headers:
        return None
    named = matter.call.headers.get(names.AFFINITY_HEADER, "").strip()
    opening = conversation.opening(matter.path, matter.body, first=not named)
    return identity.identify(
        matter.call.headers, opening, means.sessions, implicit=implicit, caller=_caller(matter.call)
    )


def _caller(call: Call) -> str:
    """Every subject of a token issuer is somebody else."""
    return f"{call.caller}:{call.caller_id}" if call.caller else ""


def _turn(matter: _Matter, means: Means, session: Session | None) -> Turn:
    def usable(model: str) -> bool:
        return bool(matter.attempts((model,), means))

    return Turn(
        session=session,
        requested=matter.requested,
        fresh=conversation.is_fresh_user_turn(matter.path, matter.body),
        preferences={preference.name: preference.models for preference in matter.preferences},
        usable=usable,
        context_tokens=len(matter.call.body) // _BYTES_PER_TOKEN,
        now_s=means.now_s(),
    )


async def _ask(matter: _Matter, means: Means) -> Choice | NoChoice:
    turns = conversation.turns(matter.path, matter.body)
    if not any(turn.role == "user" for turn in turns):
        return NoChoice(Why.NOTHING_TO_ROUTE)
    options = tuple(Option(p.name, p.description, p.examples) for p in matter.preferences)
    deadline_s = matter.rules.decision.deadline_s
    return await asking.ask(means.router, turns, options, several=False, deadline_s=deadline_s)


def _outcome(matter: _Matter, choice: Choice | NoChoice, means: Means, known: Binding | None) -> Routed | Unrouted:
    """The preference the router chose, with its models in order of attempts; those nobody may use are left out."""
    if isinstance(choice, NoChoice):
        return Unrouted(choice.why)
    if not choice.chosen:
        return Unrouted(Why.NO_MATCH)
    chosen = next(p for p in matter.preferences if p.name == choice.chosen[0].name)
    ranked = rank(chosen.models, chosen.prefer, means.figures(matter.rules.listener.name))
    usable = tuple(m for m in ranked if matter.attempts((m,), means))
    if not usable:
        _explain_unfit(matter, ranked, means)
        return Unrouted(Why.NO_MATCH)
    named = usable if known is None else _as_before(matter, usable, known.anchor_model, means)
    return Routed(chosen.name, named, Why.INLINE_PREFERENCE if matter.own else Why.PREFERENCE)


def _explain_unfit(matter: _Matter, models: Sequence[str], means: Means) -> None:
    """Raises _Unfit where it is what models lack that leaves none of them."""
    for attempt in matter.rules.attempts(matter.call, matter.path, models, means.pick):
        if (need := matter.fitting.lack(attempt)) is not None:
            at = f" (at {need.at})" if need.at else ""
            raise _Unfit(refusal(matter.fitting.model(attempt), need.capability) + at)


def _as_before(matter: _Matter, models: tuple[str, ...], anchor: str, means: Means) -> tuple[str, ...]:
    """The model of the conversation by the name it has there: another spelling is no change of models."""
    if not matter.attempts((anchor,), means):
        return models
    same = matter.rules.canonical(anchor)
    return tuple(dict.fromkeys(anchor if matter.rules.canonical(m) == same else m for m in models))


_FAILED = (Why.ROUTER_FAILED, Why.ROUTER_LATE)
_NO_PREFERENCE = "no preference fits the request"
_NONE_HERE = "none of them answers this path, or this caller"


def _carry_out(
    matter: _Matter, settled: Settled, session: Session | None, choice: Choice | NoChoice | None, means: Means
) -> Outcome:
    call, decision = matter.call, matter.rules.decision
    if settled.why in _FAILED and decision.router_failure == "refuse" and not settled.pinned:
        return Refuse("router_failed")
    if settled.why is Why.NO_MATCH and decision.no_match == "refuse" and not matter.is_question:
        return Refuse("no_model_fits")
    if matter.is_question:
        return _answer(matter, settled, session, choice, means)
    changed = None if matter.passed_on is call.body else matter.passed_on
    if settled.models == (matter.requested,):
        return Forward(names.NAMED + call.model if call.model else names.UNNAMED, changed)
    attempts = matter.attempts(settled.models, means)
    if not attempts:
        _explain_unfit(matter, settled.models, means)
        return Refuse("no_model_fits")
    return Rank(attempts, settled.models[0], changed)


def _answer(
    matter: _Matter, settled: Settled, session: Session | None, choice: Choice | NoChoice | None, means: Means
) -> Reply:
    """Plano's wire shape, and an object `explain` where it is asked for."""
    answer = telling.routing_answer(settled, session, matter.trace_id)
    attempts = matter.attempts(settled.models, means)
    if not attempts:
        # Without the router's answer what was asked for stands in, which may be nothing, unknown or not allowed.
        answer["models"] = [telling.NOT_ROUTED]
    if matter.call.headers.get(names.EXPLAIN_HEADER, "").lower() in ("1", "true", "yes"):
        answer["explain"] = {
            "why": settled.why.value,
            **asking.explained(choice),
            "untried": _untried(matter, settled, attempts),
        }
    return Reply(200, orjson.dumps(answer))


def _record(
    matter: _Matter,
    settled: Settled,
    session: Session | None,
    choice: Choice | NoChoice | None,
    outcome: Outcome,
    holds: policy.Rules,
    watch: Watch,
) -> Record:
    more: dict[str, str | float | bool] = {**telling.attributes(settled, session, budgeted=holds.budget is not None)}
    if isinstance(outcome, Rank) and (untried := _untried(matter, settled, outcome.attempts)):
        more["untried"] = len(untried)
    if outcome == Refuse("no_model_fits"):
        more["problem"] = _NO_PREFERENCE if settled.why is Why.NO_MATCH else _NONE_HERE
    record = Record(
        listener=matter.call.listener,
        why=Why.REFUSED if isinstance(outcome, Refuse) else settled.why,
        candidates=tuple(p.name for p in matter.preferences),
        chosen=settled.models,
        route=settled.route,
        model=settled.models[0] or None,
        choice=_label(matter, settled.route),
        error=outcome.code if isinstance(outcome, Refuse) else None,
        request_id=request_id(matter.call),
        trace_id=matter.trace_id,
        steps_ms=watch.steps_ms,
        total_ms=watch.total_ms,
        more=more,
    )
    return asking.with_facts(record, choice)


def _untried(matter: _Matter, settled: Settled, attempts: Sequence[Attempt]) -> tuple[str, ...]:
    return matter.rules.untried(matter.call, matter.path, settled.models, attempts)


def _label(matter: _Matter, route: str | None) -> str:
    """What metrics count by: nothing a client wrote. A conversation may remember a preference of an earlier request."""
    if route is None:
        return ""
    configured = any(preference.name == route for preference in matter.rules.preferences)
    return route if configured and not matter.own else "inline"


def _refused(call: Call, rules: Rules, watch: Watch, code: str, *, problem: str = "") -> Decided:
    record = Record(
        listener=rules.listener.name,
        why=Why.REFUSED,
        error=code,
        request_id=request_id(call),
        steps_ms=watch.steps_ms,
        total_ms=watch.total_ms,
    )
    return Decided(Refuse(code), replace(record, more={"problem": problem}) if problem else record)
