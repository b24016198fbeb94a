"""Asking the router: its answer is passed on as it is, its silence gets a word, and it cannot hold anything up."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from ext_proc.call import Record
from ext_proc.decide import asking
from ext_proc.decide.asking import NoChoice
from ext_proc.decide.tests.model_world import FakeRouter
from router_model.choice import (
    Choice,
    Option,
    Question,
    RouterConfused,
    RouterError,
    RouterLate,
    RouterUnreachable,
    Turn,
)
from schemas.decisions import Why

TURNS = (Turn("user", "s3cret"),)
OPTIONS = (Option("a", "about a"), Option("b", "about b"))


def ask(router: Any, deadline_s: float = 5.0) -> Choice | NoChoice:
    return asyncio.run(asking.ask(router, TURNS, OPTIONS, several=False, deadline_s=deadline_s))


class Stuck(FakeRouter):
    """Never answers, and does not look at its deadline; `let_go` says that it was told to stop."""

    let_go = False

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.let_go = True
            raise
        raise AssertionError("nobody sets the event")


def test_an_answer() -> None:
    router = FakeRouter("a")
    choice = ask(router)
    assert isinstance(choice, Choice)
    assert [score.name for score in choice.chosen] == ["a"]
    assert router.asked == [Question(TURNS, OPTIONS, False)]
    assert router.deadlines_s == [5.0]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RouterLate("x"), Why.ROUTER_LATE),
        (TimeoutError("x"), Why.ROUTER_LATE),
        (RouterUnreachable("x"), Why.ROUTER_FAILED),
        (RouterConfused("x"), Why.ROUTER_FAILED),
        (RouterError("x"), Why.ROUTER_FAILED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_silence(error: Exception, why: Why) -> None:
    assert ask(FakeRouter(error)) == NoChoice(why)


def test_a_router_that_ignores_its_deadline_is_cut_off() -> None:
    router = Stuck()
    assert ask(router, deadline_s=0.01) == NoChoice(Why.ROUTER_LATE)
    assert router.let_go


def test_a_client_that_leaves_stops_the_router() -> None:
    async def leave(router: Stuck) -> None:
        task = asyncio.create_task(asking.ask(router, TURNS, OPTIONS, several=False, deadline_s=60))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    router = Stuck()
    asyncio.run(leave(router))
    assert router.let_go


def test_a_failure_is_logged_without_a_word_of_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ask(FakeRouter(RouterConfused("it said s3cret")))
    (line,) = caplog.records
    assert line.getMessage() == "router_failed"
    assert getattr(line, "fields") == {"router": "fake-1", "kind": "RouterConfused"}  # noqa: B009
    assert "s3cret" not in caplog.text


def test_facts_of_a_choice_in_the_record() -> None:
    record = Record(listener="llm", why=Why.PREFERENCE)
    told = asking.with_facts(record, ask(FakeRouter("a")))
    assert (told.confidence, told.router, told.prompt) == (0.9, "fake-1", "p/1")
    assert asking.with_facts(record, NoChoice(Why.ROUTER_LATE)) == record
    assert asking.with_facts(record, None) == record


def test_explained_has_the_same_members_with_and_without_an_answer() -> None:
    assert set(asking.explained(ask(FakeRouter("a")))) == set(asking.explained(None))
