"""A fake agent: a provider that thinks up its answer from the conversation it gets, in the dialect it is asked in.

`Agent(say)` has everything a `Provider` has. Scripts without a recording, a body or an error status play the agent's
own answer, so `next(fault="reset_mid", cut=300)` cuts it and `always(chunk=-1, gap_ms=50)` slows it down.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from e2e import speaking
from e2e.fake import Exchange, Provider
from e2e.fake.answers import Answer
from e2e.fake.plan import Steps, plan, steps
from e2e.fake.script import Script
from e2e.speaking import Said, Usage

Say = Callable[[list[Said]], str]
_JSON = ("content-type", "application/json")
_EVENTS = ("content-type", "text/event-stream")


class Agent(Provider):
    """`say` makes an answer of a conversation."""

    def __init__(self, say: Say, *, name: str = "agent", port: int = 0) -> None:
        super().__init__(port, name=name)
        self.say = say

    def __enter__(self) -> Agent:
        super().__enter__()
        return self

    def plan(self, exchange: Exchange) -> tuple[Script, Steps]:
        script = self._next.popleft() if self._next else self._always
        body = _parsed(exchange.body)
        if body is None or script.recording or script.body is not None or script.status >= 400:
            return plan.__wrapped__(exchange.target, exchange.body, script, script)
        streamed = body.get("stream") is True
        text = self.say(speaking.conversation(exchange.path, body))
        content = speaking.answer(exchange.path, text, self.usage(exchange), streamed=streamed)
        found = Answer(200, (_EVENTS if streamed else _JSON, *script.headers), content)
        script = replace(script, chunk=-1) if streamed and not script.chunk else script
        return script, steps(found, script, streamed=streamed)

    def usage(self, exchange: Exchange) -> Usage:
        """Made up, but the same for the same request."""
        return Usage(asked=10 + len(self.heard(exchange)), answered=7)

    @staticmethod
    def heard(exchange: Exchange) -> list[Said]:
        """The conversation of a request this agent got."""
        body = _parsed(exchange.body)
        return [] if body is None else speaking.conversation(exchange.path, body)


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
