"""Agents for tests: an `Upstream` whose answers, waits and failures a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ext_proc.agents.tests.answers_sent import JSON, SSE, events, stream, whole
from ext_proc.conversation import Dialect
from ext_proc.ports import Answer, StreamedAnswer
from schemas.runtime import Agent

Chunks = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True)
class Sent:
    """A call as an agent got it."""

    outbound: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    deadline_s: float


@dataclass
class Reply:
    """What an agent answers: `error` instead of a head, `chunks` one by one (an exception among them is raised)."""

    chunks: list[bytes | Exception | asyncio.Event] = field(default_factory=list)
    status: int = 200
    content_type: str = JSON
    error: Exception | None = None


@dataclass
class FakeUpstream:
    """`open` counts the calls that nobody has left yet."""

    replies: Mapping[str, Reply]
    sent: list[Sent] = field(default_factory=list)
    open: int = 0
    on_call: Callable[[], None] = lambda: None

    async def call(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> Answer:
        raise NotImplementedError

    @asynccontextmanager
    async def stream(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> AsyncIterator[StreamedAnswer]:
        self.sent.append(Sent(outbound, method, path, headers, body, deadline_s))
        self.on_call()
        reply = self.replies[outbound]
        self.open += 1
        try:
            if reply.error is not None:
                raise reply.error
            yield StreamedAnswer(reply.status, {"content-type": reply.content_type}, _chunks(reply))
        finally:
            self.open -= 1


async def _chunks(reply: Reply) -> AsyncIterator[bytes]:
    for chunk in reply.chunks:
        if isinstance(chunk, asyncio.Event):
            await chunk.wait()
        elif isinstance(chunk, Exception):
            raise chunk
        else:
            yield chunk


def says(text: str, dialect: Dialect = Dialect.CHAT) -> Reply:
    return Reply([whole(dialect, text)])


def streams(*pieces: str, dialect: Dialect = Dialect.CHAT) -> Reply:
    """A chunk for each event, so that a test may put waits and failures between them."""
    return Reply([stream([event]) for event in events(dialect, pieces)], content_type=SSE)


def agent(name: str) -> Agent:
    return Agent(
        id=name,
        description="",
        examples=(),
        default=False,
        key=f"@{name}",
        outbound=name,
        endpoints=tuple(Dialect),
        input_filters=(),
    )


class Ticks:
    """A clock that goes on only when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def tick(self, seconds: float) -> None:
        self.now_s += seconds
