"""A quick router and a served one together: who answers, who is asked, and what happens when one fails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from router_model.cascade import Cascade, ServedFirst
from router_model.choice import (
    Choice,
    Option,
    Question,
    RouterConfused,
    RouterError,
    RouterLate,
    RouterUnreachable,
    Score,
    Turn,
)

QUESTION = Question((Turn("user", "x"),), (Option("a", "a"), Option("b", "b")))


@dataclass
class Scripted:
    """Answers `name` with `confidence`, or raises, after as many turns of the loop as told; None is never."""

    version: str
    name: str = "a"
    confidence: float = 0.9
    error: RouterError | None = None
    rounds: int | None = 0
    asked: list[float] = field(default_factory=list)
    cancelled: int = 0

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        self.asked.append(deadline_s)
        try:
            async with asyncio.timeout(deadline_s):
                await self._think()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        except TimeoutError as problem:
            raise RouterLate("late") from problem
        if self.error:
            raise self.error
        score = Score(self.name, self.confidence)
        return Choice(
            chosen=(score,),
            scores=(score,),
            confidence=self.confidence,
            threshold=None,
            router=self.version,
            prompt="",
            seconds=0.0,
        )

    async def _think(self) -> None:
        if self.rounds is None:
            await asyncio.Event().wait()
        for _ in range(self.rounds or 0):
            await asyncio.sleep(0)


def choose(router: Cascade | ServedFirst, deadline_s: float = 5.0) -> Choice:
    return asyncio.run(router.choose(QUESTION, deadline_s))


def test_a_sure_guess_stands_and_the_served_router_is_not_asked():
    quick, served = Scripted("quick", "a", 0.9), Scripted("served", "b")
    assert choose(Cascade(quick, served, 0.8)).chosen[0].name == "a"
    assert served.asked == []


def test_an_unsure_guess_gives_way_to_the_served_router():
    choice = choose(Cascade(Scripted("quick", "a", 0.5), Scripted("served", "b", 0.4), 0.8))
    assert (choice.chosen[0].name, choice.router) == ("b", "served")


@pytest.mark.parametrize(
    ("error", "word"),
    [(RouterLate("x"), "late"), (RouterUnreachable("x"), "unreachable"), (RouterConfused("x"), "confused")],
)
@pytest.mark.parametrize("kind", [ServedFirst, lambda quick, served: Cascade(quick, served, 0.8)])
def test_the_guess_answers_where_the_served_router_fails_and_the_choice_says_so(kind, error, word):
    choice = choose(kind(Scripted("quick", "a", 0.5), Scripted("served", error=error)))
    assert (choice.chosen[0].name, choice.confidence) == ("a", 0.5)
    assert choice.router == f"quick (served: {word})"


@pytest.mark.parametrize("kind", [ServedFirst, lambda quick, served: Cascade(quick, served, 0.8)])
def test_at_the_deadline_the_guess_answers(kind):
    served = Scripted("served", rounds=None)
    choice = choose(kind(Scripted("quick", "a", 0.5), served), deadline_s=0.05)
    assert choice.router == "quick (served: late)"
    assert served.asked[0] < 0.05


@pytest.mark.parametrize("kind", [ServedFirst, lambda quick, served: Cascade(quick, served, 0.8)])
def test_without_a_guess_the_failure_of_the_served_router_is_the_answer(kind):
    with pytest.raises(RouterUnreachable, match="served"):
        choose(
            kind(
                Scripted("quick", error=RouterConfused("quick")), Scripted("served", error=RouterUnreachable("served"))
            )
        )


def test_a_failing_quick_router_leaves_it_to_the_served_one():
    assert (
        choose(Cascade(Scripted("quick", error=RouterConfused("x")), Scripted("served", "b"), 0.8)).router == "served"
    )


def test_a_slow_quick_router_does_not_hold_up_the_served_one():
    quick, served = Scripted("quick", rounds=None), Scripted("served", "b")
    assert choose(Cascade(quick, served, 0.8, patience_s=0.001)).router == "served"
    assert quick.cancelled == 1


def test_a_sure_guess_that_comes_late_cancels_the_served_router():
    quick, served = Scripted("quick", "a", 0.9, rounds=50), Scripted("served", rounds=None)
    assert choose(Cascade(quick, served, 0.8, patience_s=0)).router == "quick"
    assert served.cancelled == 1


def test_served_first_prefers_the_served_answer_over_a_surer_guess():
    quick = Scripted("quick", "a", 1.0)
    choice = choose(ServedFirst(quick, Scripted("served", "b", 0.3, rounds=20)))
    assert (choice.router, choice.chosen[0].name) == ("served", "b")
    assert len(quick.asked) == 1


@pytest.mark.parametrize("kind", [ServedFirst, lambda quick, served: Cascade(quick, served, 0.8, patience_s=0)])
def test_a_caller_that_leaves_leaves_nothing_running(kind):
    quick, served = Scripted("quick", rounds=None), Scripted("served", rounds=None)

    async def leave():
        choosing = asyncio.create_task(kind(quick, served).choose(QUESTION, 5))
        while not (quick.asked and served.asked):
            await asyncio.sleep(0.001)
        choosing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await choosing
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(leave()) == []
    assert (quick.cancelled, served.cancelled) == (1, 1)


def test_the_seconds_are_those_of_the_whole_choice():
    ticks = iter([10.0, 12.5, 13.0, 14.0])
    choice = choose(ServedFirst(Scripted("quick"), Scripted("served"), clock=lambda: next(ticks)))
    assert choice.seconds == 2.5
