"""What others are told about a decision."""

from __future__ import annotations

import pytest

from ext_proc.sessions.budget import Gate, Reason
from ext_proc.sessions.identity import Session
from ext_proc.sessions.policy import Settled
from ext_proc.sessions.telling import attributes, routing_answer
from ext_proc.sessions.tests.samples import binding
from schemas.decisions import Why

SESSION = Session("mine", "tenant:mine", True, 7)
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("settled", "session", "expected"),
    [
        (
            Settled(models=("a", "b"), route="code", why=Why.PREFERENCE),
            None,
            {"models": ["a", "b"], "route": "code", "pinned": False, "switched": False},
        ),
        (
            Settled(models=("a",), route=None, why=Why.NO_MATCH),
            SESSION,
            {"models": ["none"], "route": None, "session_id": "mine", "pinned": False, "switched": False},
        ),
        (
            Settled(models=("a",), route=None, why=Why.REQUESTED),
            None,
            {"models": ["none"], "route": None, "pinned": False, "switched": False},
        ),
        (
            Settled(models=("a", "b"), route="code", why=Why.CONTINUATION, pinned=True),
            SESSION,
            {"models": ["a", "b"], "route": "code", "session_id": "mine", "pinned": True, "switched": False},
        ),
        (
            Settled(models=("b",), route="chat", why=Why.PREFERENCE, pinned=True, switched=True),
            SESSION,
            {"models": ["b"], "route": "chat", "session_id": "mine", "pinned": True, "switched": True},
        ),
        (
            Settled(models=("a",), route=None, why=Why.ROUTER_FAILED),
            None,
            {"models": ["a"], "route": None, "pinned": False, "switched": False},
        ),
    ],
)
def test_the_routing_service_answers(settled, session, expected):
    assert routing_answer(settled, session, TRACE) == expected | {"trace_id": TRACE}


def test_a_request_of_no_conversation_has_little_to_tell():
    settled = Settled(models=("a",), route="code", why=Why.PREFERENCE)
    assert attributes(settled, None, budgeted=False) == {"plano.route.name": "code"}


def test_a_continued_turn_tells_that_the_router_was_skipped():
    settled = Settled(
        models=("a",),
        route="code",
        why=Why.CONTINUATION,
        pinned=True,
        skipped=True,
        idle_s=1.25,
        binding=binding(),
    )
    assert attributes(settled, SESSION, budgeted=False) == {
        "plano.session_id": "mine",
        "plano.route.name": "code",
        "plano.routing.skipped": True,
        "plano.cache.warm": True,
        "plano.cache.idle_ms": 1250,
    }


def test_a_refused_change_tells_its_sums():
    gate = Gate(
        allowed=False,
        reason=Reason.OVER_CAP,
        cost_usd=0.4,
        ceiling_usd=0.1,
        warm_tokens=9,
        counterfactual="b (chat)",
    )
    known = binding(baseline_usd=2.0, switch_spend_usd=0.5, switches=3)
    settled = Settled(
        models=("a",), route="code", why=Why.SWITCH_TOO_EXPENSIVE, pinned=True, binding=known, gate=gate, idle_s=0.0
    )
    told = attributes(settled, SESSION, budgeted=True)
    assert {
        name: value for name, value in told.items() if name.startswith("plano.s") and name != "plano.session_id"
    } == {
        "plano.session.overhead_pct": 25.0,
        "plano.session.switch_spend_in_usd": 0.5,
        "plano.session.baseline_in_usd": 2.0,
        "plano.session.switches": 3,
        "plano.switch.cost_in_usd": 0.4,
        "plano.switch.candidate_warm_tokens": 9,
        "plano.switch.overhead_ceiling_in_usd": 0.1,
        "plano.switch.decision": "retained",
        "plano.switch.counterfactual_route": "b (chat)",
    }
