"""Turns, rules and prices to test decisions with."""

from __future__ import annotations

from typing import Any

from ext_proc.preferences.prices import Price
from ext_proc.sessions.identity import Session
from ext_proc.sessions.policy import Routed, Rules, Turn, Unrouted
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
PRICES = {
    "anthropic/claude": Price(3, 15, 0.5),
    "openai/gpt-4o": Price(2.5, 10, 0.25),
    MINI: Price(0.1, 0.6),
    "equal": Price(0.5, 1),
}


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


def sessions(**fields) -> Sessions:
    known: dict[str, Any] = {
        "ttl_s": 600.0,
        "max_entries": 10,
        "store": "memory",
        "url": None,
        "tenant_header": None,
        "implicit": False,
        "route_on_user_only": False,
        "budget": None,
    }
    return Sessions(**(known | fields))
