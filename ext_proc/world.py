"""Everything a worker decides with, put together from the runtime file.

In: a RuntimeConfig, the socket of Envoy's internal listener, the environment. Out: a `World` whose `decide` answers
calls. The one place that knows real clocks, chance and which router is which.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ext_proc.call import Call, Decided
from ext_proc.decide import agents, models
from ext_proc.decide.agents import Delay
from ext_proc.decide.means import Means
from ext_proc.preferences.figures import LiveFigures, figures_of
from ext_proc.preferences.prices import Price
from ext_proc.preferences.sources import Refresher, latency_parser, price_parser
from ext_proc.routers import Routers
from ext_proc.rules import Rules, rules
from ext_proc.sessions.stores import open_store
from ext_proc.translate.attempt import Translator
from ext_proc.translate.targets import Targets
from ext_proc.upstream import SPAN, EnvoyUpstream
from router_model.choice import Option
from schemas import names
from schemas.runtime import Agent, Listener, Preference, RuntimeConfig

_LOG = logging.getLogger("ext_proc.world")


class UnknownListener(Exception):
    """Envoy asks for a listener the runtime file does not have: the two are of different configurations."""


class World:
    """Decides calls of every listener of one configuration; `translator` serves attempts that are translated."""

    def __init__(
        self, config: RuntimeConfig, upstream: EnvoyUpstream, environ: Mapping[str, str], shared: Path | None
    ) -> None:
        self._rules = rules(config)
        self._tasks: set[asyncio.Task[object]] = set()
        self._routers = Routers(config.router, upstream)
        self._prices, self._latencies = _refreshers(config, upstream)
        # Only models have prices; the list of them is not read where there are none.
        models_only = (each.listener for each in self._rules.values() if not each.agents)
        self._figures = {listener.name: self._figures_of(listener) for listener in models_only}
        self.translator = Translator(Targets(config.accounts), upstream)
        self._means = Means(
            router=self._routers.router,
            upstream=upstream,
            sessions=config.sessions,
            store=open_store(config.sessions, environ, time.monotonic, _log, shared),
            figures=self._figures.__getitem__,
            background=self.run,
            pick=_weighted,
            clock=time.perf_counter,
            now_s=time.time,
        )

    @property
    def router_version(self) -> str:
        return self._routers.router.version

    def watch_router(self, told: Callable[[bool], None]) -> None:
        """`told` hears at once whether the router answers, and whenever that changes."""
        self._routers.router.watch(told)

    async def start(self) -> None:
        """Make ready what the first request would otherwise wait for, and begin what runs beside requests."""
        await self._routers.load([self._options(each) for each in self._rules.values()])
        for refresher in (self._prices, self._latencies):
            if refresher is not None:
                self.run(refresher.run())

    async def decide(self, call: Call, delay: Delay) -> Decided:
        """The decision on one call. Raises UnknownListener."""
        found = self._rules.get(call.listener)
        if found is None:
            raise UnknownListener(call.listener)
        SPAN.set(call.headers.get(names.TRACE_HEADER, ""))
        if found.agents:
            return await agents.decide(call, found, self._means, delay)
        return await models.decide(call, found, self._means)

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        """Something no request waits for; it is kept until it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("background_failed", exc_info=error)

    async def stop(self) -> None:
        """End what runs beside requests; only what no request is waiting for any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._means.store.close()
        self._routers.close()

    def _figures_of(self, listener: Listener) -> LiveFigures:
        prices, latencies = self._prices, self._latencies
        return figures_of(
            listener,
            prices.table if prices else _no_prices,
            latencies.table if latencies else _no_latencies,
        )

    def _options(self, found: Rules) -> tuple[Option, ...]:
        described: Sequence[Agent | Preference] = found.agents or found.preferences
        return tuple(
            Option(each.id if isinstance(each, Agent) else each.name, each.description, each.examples)
            for each in described
        )


@asynccontextmanager
async def opened(
    config: RuntimeConfig, upstream_socket: str, environ: Mapping[str, str], shared: Path | None = None
) -> AsyncIterator[World]:
    """A world that is ready to decide; ended with the context. `shared`: the file that all workers remember
    conversations in."""
    async with EnvoyUpstream(upstream_socket) as upstream:
        world = World(config, upstream, environ, shared)
        await world.start()
        try:
            yield world
        finally:
            await world.stop()


def _refreshers(
    config: RuntimeConfig, upstream: EnvoyUpstream
) -> tuple[Refresher[Price] | None, Refresher[float] | None]:
    by_kind = {source.kind: source for source in config.sources}
    cost, latency = by_kind.get("cost"), by_kind.get("latency")
    return (
        Refresher(cost, price_parser(cost.format), upstream, time.monotonic, _log) if cost else None,
        Refresher(latency, latency_parser(latency.format), upstream, time.monotonic, _log) if latency else None,
    )


def _no_prices() -> Mapping[str, Price]:
    return {}


def _no_latencies() -> Mapping[str, float]:
    return {}


def _weighted(weights: Sequence[int]) -> int:
    return random.choices(range(len(weights)), weights)[0]


def _log(event: str, fields: Mapping[str, object]) -> None:
    level = logging.INFO if event.endswith("refreshed") else logging.WARNING
    _LOG.log(level, event, extra={"fields": dict(fields)})
