"""Asking the router, and what its silence means. In: a question. Out: a choice, or the word for why there is none."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from ext_proc.call import Record
from router_model.choice import Choice, Option, Question, Router, RouterError, RouterLate, Turn
from schemas.decisions import Why

_LOG = logging.getLogger("ext_proc.router")
_GRACE_S = 0.1
"""A router is trusted to keep its deadline; one that does not is cut off this much later."""


@dataclass(frozen=True, slots=True)
class NoChoice:
    """The router gave no answer."""

    why: Why


async def ask(
    router: Router, turns: tuple[Turn, ...], options: tuple[Option, ...], *, several: bool, deadline_s: float
) -> Choice | NoChoice:
    """The router's choice. Whatever goes wrong with it, a decision can still be made."""
    try:
        async with asyncio.timeout(deadline_s + _GRACE_S):
            return await router.choose(Question(turns, options, several), deadline_s)
    except (RouterLate, TimeoutError):
        return NoChoice(Why.ROUTER_LATE)
    except RouterError as error:
        _LOG.warning("router_failed", extra={"fields": {"router": router.version, "kind": type(error).__name__}})
        return NoChoice(Why.ROUTER_FAILED)


def with_facts(record: Record, choice: Choice | NoChoice | None) -> Record:
    """The record with what is to be said about the router."""
    if not isinstance(choice, Choice):
        return record
    return replace(record, confidence=choice.confidence, router=choice.router, prompt=choice.prompt)


def explained(choice: Choice | NoChoice | None) -> dict[str, object]:
    """All that the router said, for whoever asked to see it."""
    if not isinstance(choice, Choice):
        return {"scores": [], "threshold": None, "confidence": None, "router": None, "prompt": None, "router_ms": None}
    return {
        "scores": [{"name": score.name, "probability": round(score.probability, 6)} for score in choice.scores],
        "threshold": choice.threshold,
        "confidence": round(choice.confidence, 6),
        "router": choice.router,
        "prompt": choice.prompt or None,
        "router_ms": round(choice.seconds * 1000, 3),
    }
