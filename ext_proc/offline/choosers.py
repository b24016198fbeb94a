"""Which router a preview asks: the configured one, or one half of it.

In: the runtime file's router, a word, the way to the served model. Out: a router that is ready, its first question
behind it, as in a gateway that has been running for a while.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from ext_proc.offline.direct import DirectUpstream, Nowhere, Server
from ext_proc.routers import Routers
from router_model.cascade import ServedFirst
from router_model.choice import Option, Question, Router, RouterError, Turn
from schemas import runtime

CONFIGURED, EMBEDDED, SERVED = "configured", "embedded", "served"
WARM_UP_S = 15.0
"""A server that just started compiles for some seconds."""
WARM_UP = (Turn("user", "hello"),)


@asynccontextmanager
async def ready(
    settings: runtime.Router, word: str, server: Server | None, options: tuple[Option, ...], *, several: bool
) -> AsyncIterator[Router]:
    """The router. Raises OSError where the embedded weights are missing."""
    async with upstream_to(server) as upstream:
        routers = Routers(_settings(settings, word), upstream)
        try:
            if word != SERVED:
                await routers.load([options])
            router = routers.asked
            if isinstance(router, ServedFirst) and word == SERVED:
                router = router.served
            if server is not None and options:
                with suppress(RouterError):
                    await router.choose(Question(WARM_UP, options, several), WARM_UP_S)
            yield router
        finally:
            routers.close()


def _settings(settings: runtime.Router, word: str) -> runtime.Router:
    match word:
        case "embedded":
            return replace(settings, kind="embedded")
        case "served":
            return replace(settings, kind="vllm")
    return settings


@asynccontextmanager
async def upstream_to(server: Server | None) -> AsyncIterator[Nowhere]:
    """The way out; without a server there is none."""
    if server is None:
        yield Nowhere()
        return
    async with DirectUpstream(server) as upstream:
        yield upstream
