"""Bindings in a Redis that several gateways share.

In: keys and bindings. Out: bindings, or the trouble there was. Never: an exception, a wait beyond the caller's
deadline, or a word of the address in a log. While Redis does not answer, one request a second tries, the others do
without.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ext_proc.ports import Clock
from ext_proc.sessions.binding import Binding, decode, encode
from ext_proc.sessions.stores import Found, Log, Outcome, Trouble

PREFIX = "plano:affinity:"
CONNECT_S = 5.0
RESPONSE_S = 2.0
MAX_CONNECTIONS = 64
REST_S = 1.0
"""How long nobody asks a Redis that did not answer."""
PATIENT_S = 0.02
"""Whoever waited for less has not shown that Redis is down."""

T = TypeVar("T")


class RedisStore:
    """Satisfies `Store`."""

    def __init__(self, address: str, ttl_s: float, clock: Clock, log: Log) -> None:
        pool = BlockingConnectionPool.from_url(
            address,
            max_connections=MAX_CONNECTIONS,
            socket_connect_timeout=CONNECT_S,
            socket_timeout=RESPONSE_S,
            # Once more at once: a pooled connection that Redis has closed in the meantime is the usual case.
            retry=Retry(NoBackoff(), 1),
            retry_on_error=[exceptions.ConnectionError],
            # The old protocol needs no greeting, and every server that calls itself Redis knows it.
            protocol=2,
        )
        self._redis = Redis.from_pool(pool)
        self._ttl_ms, self._clock, self._log = max(1, round(ttl_s * 1000)), clock, log
        self._rests_until_s = float("-inf")
        self._tasks: set[asyncio.Future[Any]] = set()
        self.counts: Counter[Outcome] = Counter()
        self.troubles: Counter[Trouble] = Counter()

    def __repr__(self) -> str:
        return "RedisStore()"

    async def read(self, key: str, deadline_s: float) -> Found:
        record, trouble = await self._ask(lambda: self._redis.get(PREFIX + key), deadline_s)
        if trouble is None and record is not None:
            binding = decode(cast("bytes", record))
            if binding is not None:
                self.counts[Outcome.HIT] += 1
                return Found(binding)
            trouble = self._troubled(Trouble.GARBLED)
        self.counts[Outcome.MISS if trouble is None else Outcome.ERROR] += 1
        return Found(None, trouble)

    async def write(self, key: str, binding: Binding, deadline_s: float) -> Trouble | None:
        record = encode(binding)
        _, trouble = await self._ask(lambda: self._redis.set(PREFIX + key, record, px=self._ttl_ms), deadline_s)
        self.counts[Outcome.STORE if trouble is None else Outcome.STORE_ERROR] += 1
        return trouble

    async def close(self) -> None:
        await self._redis.aclose()

    async def _ask(self, ask: Callable[[], Awaitable[T]], deadline_s: float) -> tuple[T | None, Trouble | None]:
        if self._clock() < self._rests_until_s:
            self.troubles[Trouble.RESTING] += 1
            return None, Trouble.RESTING
        try:
            return await self._in_time(ask(), deadline_s), None
        except (TimeoutError, exceptions.TimeoutError):
            return None, self._rest(Trouble.LATE) if deadline_s >= PATIENT_S else self._troubled(Trouble.LATE)
        except exceptions.AuthenticationError:
            return None, self._rest(Trouble.REFUSED)
        except (exceptions.ConnectionError, OSError):
            return None, self._rest(Trouble.UNREACHABLE)
        except exceptions.RedisError:
            return None, self._troubled(Trouble.REFUSED)

    async def _in_time(self, asked: Awaitable[T], deadline_s: float) -> T:
        """The answer, or TimeoutError at the deadline.

        In a task of its own that nobody waits for any longer: the client has places where it swallows the first
        cancellation, and then a timeout around it would wait on.
        """
        task = asyncio.ensure_future(asked)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        try:
            await asyncio.wait((task,), timeout=max(0.0, deadline_s))
        finally:
            if not task.done():
                task.cancel()
        if not task.done():
            raise TimeoutError
        return task.result()

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Looked at, so that nobody complains about an error that came too late.

    def _rest(self, trouble: Trouble) -> Trouble:
        self._rests_until_s = self._clock() + REST_S
        return self._troubled(trouble)

    def _troubled(self, trouble: Trouble) -> Trouble:
        self.troubles[trouble] += 1
        self._log("session_store_failed", {"trouble": trouble.value})
        return trouble
