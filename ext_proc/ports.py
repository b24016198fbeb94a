"""What the deciding code needs from outside, as protocols: calls through Envoy, and time. No sockets in here.

Errors: an `UpstreamError` says why there is no (complete) answer; its text never holds a body or a credential.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


class UpstreamError(Exception):
    """A call through Envoy gave no complete answer."""


class UpstreamLate(UpstreamError):
    """Not before the deadline."""


class UpstreamUnreachable(UpstreamError):
    """No connection to Envoy's internal listener."""


class UpstreamCut(UpstreamError):
    """The answer ended before its end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `headers` has lower-case names. Any status is an answer, also those Envoy makes itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class StreamedAnswer:
    """An answer whose head has arrived. `chunks` raises UpstreamCut where the body ends before its end."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Upstream(Protocol):
    """Calls through Envoy's internal listener, which owns pooling, TLS, credentials, retries and spans.

    `outbound` is a name of the runtime file (`Agent.outbound`, `Router.outbound`, `Source.outbound`); `deadline_s`
    counts from now and covers the whole call.
    """

    async def call(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> Answer:
        """The whole answer. Raises UpstreamError."""
        ...

    def stream(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> AbstractAsyncContextManager[StreamedAnswer]:
        """The answer as it comes; leaving the context ends the call. Raises UpstreamError on entering or reading."""
        ...


Clock = Callable[[], float]
"""Seconds that only grow; the zero is arbitrary."""
