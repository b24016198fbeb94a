"""Keeping the table of a feed fresh.

In: a source of the runtime file, the way out through Envoy, a clock and a sleep. Out: the latest good table and its
age. Never: an empty table because a refresh failed, a request that waits for a feed, or a word of an answer in the log.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Generic, TypeVar

from ext_proc.ports import Clock, Upstream, UpstreamError, UpstreamUnreachable
from ext_proc.preferences.catalogue import catalogue
from ext_proc.preferences.feeds import digitalocean, models_dev, prometheus
from ext_proc.preferences.feeds.document import FeedError
from ext_proc.preferences.prices import Price
from schemas.runtime import Source

T = TypeVar("T")
Parse = Callable[[bytes], Mapping[str, T]]
Sleep = Callable[[float], Awaitable[None]]
Log = Callable[[str, Mapping[str, object]], None]
"""An event word and its fields."""
CALL_S = 30.0
FIRST_RETRY_S = 5.0
ENVOY_RETRY_S = 0.5
"""How soon to ask again where Envoy itself cannot be reached: it starts beside its workers."""
UNSET_S = 3600.0
"""The interval of a source that has none."""
JITTER = 0.1
"""A refresh comes up to this part of its interval sooner or later, so that many gateways do not ask at one moment."""


def price_parser(format: str) -> Parse[Price]:
    """What reads a feed of prices: models.dev or digitalocean."""
    match format:
        case "models.dev":
            return lambda body: models_dev.parse(body, catalogue().vendors)
        case "digitalocean":
            return digitalocean.parse
    raise ValueError(f"no feed of prices is called {format}")


def latency_parser(format: str) -> Parse[float]:
    """What reads a feed of latencies: prometheus."""
    if format != "prometheus":
        raise ValueError(f"no feed of latencies is called {format}")
    return prometheus.parse


class Refresher(Generic[T]):
    """One source. `run` never ends and never fails; `table` is what it last brought, empty before the first time."""

    def __init__(
        self,
        source: Source,
        parse: Parse[T],
        upstream: Upstream,
        clock: Clock,
        log: Log,
        *,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._source, self._parse, self._upstream, self._clock, self._log = source, parse, upstream, clock, log
        self._sleep, self._chance = sleep, chance
        self._table: Mapping[str, T] = MappingProxyType({})
        self._refreshed_s: float | None = None
        self._cut_off = False
        self.failures = 0
        """Refreshes failed since the last good one."""

    def table(self) -> Mapping[str, T]:
        return self._table

    def age_s(self) -> float | None:
        """Seconds since the table was good; None while there has been none."""
        return None if self._refreshed_s is None else self._clock() - self._refreshed_s

    async def run(self) -> None:
        """Refresh at once, then again and again; sooner after a failure, but the feed is never asked more often than
        every 5 seconds."""
        while True:
            await self.refresh()
            await self._sleep(self.pause_s())

    def pause_s(self) -> float:
        """How long to wait now."""
        if self._cut_off:
            return ENVOY_RETRY_S
        interval = max(self._source.refresh_s, FIRST_RETRY_S) if self._source.refresh_s > 0 else UNSET_S
        if self.failures:
            interval = min(interval, FIRST_RETRY_S * 2 ** min(self.failures - 1, 10))
        return interval * (1 - JITTER + 2 * JITTER * self._chance())

    async def refresh(self) -> None:
        """Ask once. A failure is logged and changes nothing else."""
        self._cut_off = False
        try:
            table = await self._fetch()
        except UpstreamUnreachable:
            self._cut_off = True
            return
        except (UpstreamError, FeedError) as error:
            self._failed(type(error).__name__, str(error) if isinstance(error, FeedError) else "")
            return
        self._table, self._refreshed_s, self.failures = MappingProxyType(table), self._clock(), 0
        self._log("source_refreshed", {"source": self._source.kind, "models": len(table)})

    async def _fetch(self) -> dict[str, T]:
        source = self._source
        answer = await self._upstream.call(
            source.outbound, "GET", source.path, headers={"accept": "application/json"}, body=b"", deadline_s=CALL_S
        )
        if answer.status != 200:
            raise FeedError(f"the answer has status {answer.status}")
        # Some megabytes of JSON take long enough to hold up every request of this process.
        table = await asyncio.to_thread(partial(self._parse, answer.body))
        return _renamed(table, source.aliases)

    def _failed(self, error: str, what: str) -> None:
        self.failures += 1
        age_s = self.age_s()
        fields = {"source": self._source.kind, "error": error, "what": what, "failures": self.failures}
        self._log("source_failed", fields | {"models": len(self._table), "age_s": age_s})


def _renamed(table: Mapping[str, T], aliases: Mapping[str, str]) -> dict[str, T]:
    """The table with the configuration's names added; those win over names of the feed."""
    kept = {sys.intern(name): figure for name, figure in table.items()}
    return kept | {ours: table[theirs] for theirs, ours in aliases.items() if theirs in table}
