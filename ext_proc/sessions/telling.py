"""What a decision about a conversation is told to others: span attributes and the answer of the routing service.

In: a `Settled` and its `Session`. Out: plain values under the names other gateways use. Never: what was said.
"""

from __future__ import annotations

from ext_proc.sessions.identity import Session
from ext_proc.sessions.policy import Settled
from schemas.decisions import Why

Attribute = str | bool | int | float
NOT_ROUTED = "none"
_UNCHOSEN = (Why.REQUESTED, Why.NO_MATCH, Why.NOTHING_TO_ROUTE)


def attributes(settled: Settled, session: Session | None, *, budgeted: bool) -> dict[str, Attribute]:
    """The `plano.*` attributes of the routing span."""
    told: dict[str, Attribute | None] = {
        "plano.session_id": session.id if session else None,
        "plano.route.name": settled.route,
        "plano.routing.skipped": True if settled.skipped else None,
    }
    if session is not None:
        told["plano.cache.warm"] = settled.pinned
        told["plano.cache.idle_ms"] = None if settled.idle_s is None else round(settled.idle_s * 1000)
    return {
        name: value for name, value in (told | _sums(settled, budgeted) | _switch(settled)).items() if value is not None
    }


def _sums(settled: Settled, budgeted: bool) -> dict[str, Attribute | None]:
    binding = settled.binding
    if binding is None or not budgeted:
        return {}
    baseline_usd = binding.baseline_usd
    return {
        "plano.session.overhead_pct": 100 * binding.switch_spend_usd / baseline_usd if baseline_usd > 0 else 0.0,
        "plano.session.switch_spend_in_usd": binding.switch_spend_usd,
        "plano.session.baseline_in_usd": baseline_usd,
        "plano.session.switches": binding.switches,
    }


def _switch(settled: Settled) -> dict[str, Attribute | None]:
    gate = settled.gate
    if gate is None or gate.cost_usd is None:
        return {}
    return {
        "plano.switch.cost_in_usd": gate.cost_usd,
        "plano.switch.candidate_warm_tokens": gate.warm_tokens,
        "plano.switch.overhead_ceiling_in_usd": gate.ceiling_usd,
        "plano.switch.decision": "allowed" if gate.allowed else "retained",
        "plano.switch.counterfactual_route": gate.counterfactual,
    }


def routing_answer(settled: Settled, session: Session | None, trace_id: str) -> dict[str, object]:
    """The body of an answer under /routing/v1: models in order of attempts, ["none"] where none was chosen."""
    unchosen = settled.route is None and settled.why in _UNCHOSEN
    answer: dict[str, object] = {
        "models": [NOT_ROUTED] if unchosen else list(settled.models),
        "route": settled.route,
        "trace_id": trace_id,
        "pinned": settled.pinned,
        "switched": settled.switched,
    }
    return answer if session is None else answer | {"session_id": session.id}
