"""A router that is listened to: passes questions on, and remembers the last answer."""

from __future__ import annotations

from router_model.choice import Choice, Question, Router


class Heard:
    """`last` is None while there was no question, or no answer."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.last: Choice | None = None

    @property
    def version(self) -> str:
        return self._router.version

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        self.last = None
        self.last = await self._router.choose(question, deadline_s)
        return self.last
