"""Which router decides: the embedded one, a served model, or both, as the runtime file says.

In: `Router` of the runtime file and the way out through Envoy. Out: one `Router`. Weights are read only where some
listener has options to choose from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ext_proc.ports import Upstream, UpstreamError, UpstreamLate
from router_model.cascade import Cascade, ServedFirst
from router_model.choice import Choice, Option, Question, Router, RouterError, Turn
from router_model.embedded import EmbeddedRouter
from router_model.vllm.asking import Settings
from router_model.vllm.router import ServedRouter
from schemas import runtime

SURE = 0.8
"""The confidence from which the embedded router's choice stands in a cascade, unless configured."""
_WARM_UP = (Turn("user", "hello"),)
_WARM_UP_S = 60.0


@dataclass(frozen=True, slots=True)
class EnvoyTransport:
    """How the served router reaches its model."""

    upstream: Upstream
    outbound: str

    async def post(self, path: str, body: bytes, deadline_s: float) -> tuple[int, bytes]:
        try:
            answer = await self.upstream.call(
                self.outbound,
                "POST",
                path,
                headers={"content-type": "application/json"},
                body=body,
                deadline_s=deadline_s,
            )
        except UpstreamLate as error:
            raise TimeoutError from error
        except UpstreamError as error:
            raise OSError("the router model cannot be reached") from error
        return answer.status, answer.body


class WatchedRouter:
    """A router of which is known whether it answered what it was last asked. Satisfies `Router`."""

    def __init__(self, inner: Router) -> None:
        self._inner = inner
        self._answers = False
        self._told: Callable[[bool], None] | None = None

    @property
    def version(self) -> str:
        return self._inner.version

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        try:
            choice = await self._inner.choose(question, deadline_s)
        except RouterError:
            self.answered(False)
            raise
        self.answered(True)
        return choice

    def answered(self, answers: bool) -> None:
        if answers != self._answers:
            self._answers = answers
            if self._told is not None:
                self._told(answers)

    def watch(self, told: Callable[[bool], None]) -> None:
        """`told` hears at once whether the router answers, and whenever that changes."""
        self._told = told
        told(self._answers)


class Routers:
    """The routers of one worker; `router` is the one to ask, `asked` the same without the watching."""

    def __init__(self, settings: runtime.Router, upstream: Upstream) -> None:
        cascades = settings.kind == "cascade"
        self._embedded = EmbeddedRouter(threshold=None if cascades else settings.threshold)
        self.asked: Router = self._embedded
        if settings.outbound is not None and settings.model is not None and settings.kind != "embedded":
            served = _served(settings, EnvoyTransport(upstream, settings.outbound))
            self.asked = (
                ServedFirst(self._embedded, served)
                if settings.kind == "vllm"
                else Cascade(self._embedded, served, SURE if settings.threshold is None else settings.threshold)
            )
        self.router = WatchedRouter(self.asked)

    async def load(self, option_sets: Sequence[tuple[Option, ...]]) -> None:
        """Read the weights and work out what depends on descriptions only, before the first request."""
        for options in option_sets:
            # A single preference is a question, too: does it fit or not.
            if options:
                await asyncio.to_thread(self._embedded.keep, options)
                await self._embedded.choose(Question(_WARM_UP, options), _WARM_UP_S)
        self.router.answered(True)

    def close(self) -> None:
        self._embedded.close()


def _served(settings: runtime.Router, transport: EnvoyTransport) -> ServedRouter:
    assert settings.model is not None, "asked only where a model is served"
    asked = Settings(model=settings.model, prompt=settings.prompt, context_tokens=settings.context_tokens)
    return ServedRouter(asked, transport)
