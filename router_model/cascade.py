"""Two routers as one: a quick one in this process and a served one that knows more.

`Cascade` asks the served router only where the quick one is unsure; `ServedFirst` asks the served one always. In both,
the quick router's guess answers when the served one is late, fails or is confused; `Choice.router` then says so. Only
where there is no guess either does the failure reach the caller.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from router_model.choice import Choice, Question, Router, RouterConfused, RouterError, RouterLate, RouterUnreachable

RESERVE_S = 0.02
"""Kept back from the served router, so that the guess still comes in time; a tenth of short deadlines."""
PATIENCE_S = 0.03
"""How long the quick router may think by itself; the served one is then asked at the same time."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """`threshold` 0..1: a quick choice at least this confident stands."""

    quick: Router
    served: Router
    threshold: float
    patience_s: float = PATIENCE_S
    clock: Callable[[], float] = field(default=time.perf_counter)

    @property
    def version(self) -> str:
        return f"{self.quick.version} > {self.served.version}"

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        began = self.clock()
        guessing = _start(self.quick.choose(question, deadline_s))
        asking: asyncio.Task[Choice] | None = None
        try:
            await asyncio.wait({guessing}, timeout=min(self.patience_s, deadline_s))
            if not _stands(guessing, self.threshold):
                left_s = deadline_s - (self.clock() - began)
                asking = _start(self.served.choose(question, _reserved(left_s)))
                await _first_to_tell(guessing, asking, self.threshold)
            if asking is None or _stands(guessing, self.threshold):
                choice = guessing.result()
            else:
                choice = await _answer_or_guess(asking, guessing)
        finally:
            await _stop(guessing, asking)
        return replace(choice, seconds=self.clock() - began)


@dataclass(frozen=True, slots=True)
class ServedFirst:
    """Both are asked at once: the guess costs a few milliseconds of this process and no time."""

    quick: Router
    served: Router
    clock: Callable[[], float] = field(default=time.perf_counter)

    @property
    def version(self) -> str:
        return self.served.version

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        began = self.clock()
        asking = _start(self.served.choose(question, _reserved(deadline_s)))
        guessing = _start(self.quick.choose(question, deadline_s))
        try:
            choice = await _answer_or_guess(asking, guessing)
        finally:
            await _stop(asking, guessing)
        return replace(choice, seconds=self.clock() - began)


def _start(choosing: Coroutine[Any, Any, Choice]) -> asyncio.Task[Choice]:
    return asyncio.create_task(choosing)


def _reserved(deadline_s: float) -> float:
    return max(deadline_s - min(RESERVE_S, deadline_s / 10), 0.0)


def _stands(guessing: asyncio.Task[Choice], threshold: float) -> bool:
    succeeded = guessing.done() and not guessing.cancelled() and guessing.exception() is None
    return succeeded and guessing.result().confidence >= threshold


async def _first_to_tell(guessing: asyncio.Task[Choice], asking: asyncio.Task[Choice], threshold: float) -> None:
    """Until the served router has answered or failed, or a late guess turns out to be sure."""
    await asyncio.wait({guessing, asking}, return_when=asyncio.FIRST_COMPLETED)
    if not asking.done() and not _stands(guessing, threshold):
        await asyncio.wait({asking})


async def _answer_or_guess(asking: asyncio.Task[Choice], guessing: asyncio.Task[Choice]) -> Choice:
    try:
        return await asking
    except RouterError as failure:
        try:
            guess = await guessing
        except RouterError:
            raise failure from None
        return replace(guess, router=f"{guess.router} (served: {word(failure)})")


def word(failure: RouterError) -> str:
    match failure:
        case RouterLate():
            return "late"
        case RouterUnreachable():
            return "unreachable"
        case RouterConfused():
            return "confused"
    return "failed"


async def _stop(*tasks: asyncio.Task[Choice] | None) -> None:
    """Nobody needs what is still under way; a failure nobody waited for is fetched, lest it is reported as lost."""
    begun = [task for task in tasks if task is not None]
    for task in begun:
        task.cancel()
    await asyncio.wait(begun)
    for task in begun:
        if not task.cancelled():
            task.exception()
