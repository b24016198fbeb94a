"""Whether the router answers: what health is told of it."""

from __future__ import annotations

import asyncio

import pytest

from ext_proc.routers import WatchedRouter
from router_model.choice import Choice, Question, RouterLate

QUESTION = Question((), ())


class Moody:
    version = "moody-1"

    def __init__(self) -> None:
        self.answers = True

    async def choose(self, _: Question, __: float) -> Choice:
        if not self.answers:
            raise RouterLate
        return Choice(chosen=(), scores=(), confidence=1.0, threshold=None, router="moody-1", prompt="", seconds=0.0)


def test_whoever_watches_hears_the_state_and_each_change_once() -> None:
    async def stage() -> None:
        inner, heard = Moody(), list[bool]()
        router = WatchedRouter(inner)
        router.watch(heard.append)
        for answers in (True, True, False, False, True):
            inner.answers = answers
            if answers:
                assert (await router.choose(QUESTION, 1.0)).router == router.version
            else:
                with pytest.raises(RouterLate):
                    await router.choose(QUESTION, 1.0)
        assert heard == [False, True, False, True]

    asyncio.run(stage())
