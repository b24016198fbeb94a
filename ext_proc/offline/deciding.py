"""Calls decided as the gateway would decide them, one after the other, each as the first of its conversation.

In: a runtime file and calls of one listener. Out: for each call what was chosen, why, and everything the router said.
Where several agents would answer, none of them is asked: who they are does not depend on what they say.
"""

from __future__ import annotations

import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ext_proc.call import Attempt, Call, Decided, Forward, Outcome, Rank
from ext_proc.decide import agents, asking, models
from ext_proc.decide.means import Means
from ext_proc.offline import choosers
from ext_proc.offline.direct import Nowhere, Server
from ext_proc.offline.heard import Heard
from ext_proc.preferences.catalogue import catalogue
from ext_proc.preferences.figures import figures_of
from ext_proc.rules import Rules
from ext_proc.sessions.store_memory import MemoryStore
from router_model.choice import Option, Router
from schemas import names
from schemas.decisions import MEANING, Why
from schemas.runtime import Agent, Listener, Preference, RuntimeConfig

_FAILED = "router_failed"
_SILENT = (Why.ROUTER_FAILED, Why.ROUTER_LATE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to decide: its path, the model it names ("" = none), its body, and who calls as `call.Call` has it."""

    path: str
    model: str
    body: bytes
    caller: str = ""


class UnknownListener(Exception):
    """The runtime file has no listener of this name."""


async def decide(
    config: RuntimeConfig, listener_name: str, calls: Sequence[Asked], word: str, server: Server | None
) -> list[dict[str, object]]:
    """A plain answer for each call, in order. Raises UnknownListener, and OSError where the embedded router's weights
    are missing."""
    listener = next((each for each in config.listeners if each.name == listener_name), None)
    if listener is None:
        raise UnknownListener(listener_name)
    if listener.decision is None:
        return [_only_one(listener) for _ in calls]
    if not listener.agents:
        # The list of prices, before any time is taken: a gateway has it in memory.
        catalogue()
    rules = Rules(listener, replace(listener.decision, mode="sequential", agent_failure="skip"), config.preferences)
    described = options(listener, config.preferences)
    async with choosers.ready(config.router, word, server, described, several=bool(listener.agents)) as router:
        return [await _decide(call, rules, config, router) for call in calls]


def options(listener: Listener, preferences: Sequence[Preference]) -> tuple[Option, ...]:
    """What the router chooses from on this listener."""
    described: Sequence[Agent | Preference] = listener.agents or preferences
    return tuple(
        Option(each.id if isinstance(each, Agent) else each.name, each.description, each.examples) for each in described
    )


async def _decide(asked: Asked, rules: Rules, config: RuntimeConfig, router: Router) -> dict[str, object]:
    heard = Heard(router)
    means = _means(config, rules.listener, heard)
    call = Call(
        listener=rules.listener.name,
        path=asked.path,
        model=asked.model,
        body=asked.body,
        headers={},
        caller=asked.caller,
    )
    if rules.agents:
        decided = await agents.decide(call, rules, means, _no_delay)
    else:
        decided = await models.decide(call, rules, means)
    return _told(decided, call, rules, means, heard)


def _means(config: RuntimeConfig, listener: Listener, router: Router) -> Means:
    """Nothing is remembered, nobody is called, and of several equal places the heaviest is shown."""
    return Means(
        router=router,
        upstream=Nowhere(),
        sessions=config.sessions,
        store=MemoryStore(1, config.sessions.ttl_s, time.monotonic),
        figures=lambda _: figures_of(listener),
        background=_forget,
        pick=lambda weights: max(range(len(weights)), key=weights.__getitem__),
        clock=time.perf_counter,
        now_s=time.time,
    )


def _forget(work: Coroutine[Any, Any, object]) -> None:
    work.close()


async def _no_delay(_: float) -> None:
    return


def _told(decided: Decided, call: Call, rules: Rules, means: Means, heard: Heard) -> dict[str, object]:
    record, outcome = decided.record, decided.outcome
    chosen = () if record.error else tuple(name for name in record.chosen if name)
    attempts = () if rules.agents else _attempts(outcome, chosen, call, rules, means)
    return {
        "listener": rules.listener.name,
        "kind": "agent" if rules.agents else "model",
        "candidates": list(record.candidates),
        "why": record.why.value,
        "meaning": MEANING[record.why],
        "error": record.error,
        "problem": record.more.get("problem"),
        "chosen": list(chosen),
        "route": record.route,
        "matched": _matched(decided, rules),
        "answered": record.why not in _SILENT and record.error != _FAILED,
        "attempts": [{"cluster": attempt.cluster, "model": attempt.model} for attempt in attempts],
        "untried": list(rules.untried(call, call.path, chosen, attempts)),
        "total_ms": round(record.total_ms, 3),
        **asking.explained(heard.last),
    }


def _matched(decided: Decided, rules: Rules) -> list[str]:
    """The options the request was found to be for, whoever answers where it was for none."""
    record = decided.record
    if not rules.agents:
        return [record.route] if record.route is not None and not record.error else []
    fitting = record.why in (Why.MATCHED, Why.MATCHED_SEVERAL, Why.ONLY_ONE)
    return list(record.agents) if fitting else []


def _attempts(outcome: Outcome, chosen: Sequence[str], call: Call, rules: Rules, means: Means) -> tuple[Attempt, ...]:
    match outcome:
        case Rank(attempts):
            return attempts
        case Forward(key) if key.startswith((names.NAMED, names.UNNAMED)) and chosen:
            return rules.attempts(call, call.path, chosen, means.pick)
    return ()


def _only_one(listener: Listener) -> dict[str, object]:
    """A listener with a single agent asks no sidecar at all."""
    ids = [agent.id for agent in listener.agents]
    return {
        "listener": listener.name,
        "kind": "agent",
        "candidates": ids,
        "why": Why.ONLY_ONE.value,
        "meaning": MEANING[Why.ONLY_ONE],
        "error": None,
        "problem": None,
        "chosen": ids,
        "route": None,
        "matched": ids,
        "answered": True,
        "attempts": [],
        "untried": [],
        "total_ms": 0.0,
        **asking.explained(None),
    }
