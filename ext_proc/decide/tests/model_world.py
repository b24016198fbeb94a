"""A listener with models, and everything a decision needs from outside, as plain values: no sockets, no real time.

The listener: two models of one account, a provider with a dialect of its own, a wildcard, three kinds of aliases.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ext_proc.call import Attempt, Call, Decided
from ext_proc.decide import models
from ext_proc.decide.means import Means
from ext_proc.preferences.prices import Price
from ext_proc.rules import Rules
from ext_proc.sessions.binding import Binding
from ext_proc.sessions.stores import Found, Outcome, Trouble
from router_model.choice import Choice, Question, Score
from schemas.runtime import Allowance, Decision, Listener, Preference, Route, Sessions, Target

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
PATHS = (CHAT, MESSAGES, RESPONSES)
NOW_S = 1_000_000.0
GPT, MINI, SONNET, LLAMA = "openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude", "groq/llama"
AT = {
    GPT: Attempt("openai", "gpt-4o"),
    MINI: Attempt("openai", "gpt-4o-mini"),
    SONNET: Attempt("anthropic", "claude"),
    LLAMA: Attempt("groq", "llama"),
}
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACED = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


def target(cluster: str, model: str | None, endpoints: tuple[str, ...], **more: Any) -> Target:
    known: dict[str, Any] = {"strip_prefix": "", "weight": 1, "dialect": "openai_chat"} | more
    return Target(cluster=cluster, model=model, endpoints=endpoints, **known)


GPT_TARGET = target("openai", "gpt-4o", (CHAT, RESPONSES))
MINI_TARGET = target("openai", "gpt-4o-mini", (CHAT, RESPONSES))
SONNET_TARGET = target("anthropic", "claude", (MESSAGES,), dialect="anthropic_messages")
GROQ_TARGET = target("groq", None, (CHAT,), strip_prefix="groq/")
LLAMA_TARGET = target("groq", "llama", (CHAT,))

ROUTES = {
    "gpt": ((GPT_TARGET,),),
    "mini": ((MINI_TARGET,),),
    "claude": ((SONNET_TARGET,),),
    "groq": ((GROQ_TARGET,),),
    "safe": ((GPT_TARGET,), (LLAMA_TARGET,)),
    "split": ((replace(GPT_TARGET, weight=70), replace(MINI_TARGET, weight=30)),),
}
NAMES = {
    GPT: "gpt",
    "gpt-4o": "gpt",
    MINI: "mini",
    "gpt-4o-mini": "mini",
    SONNET: "claude",
    "fast": "mini",
    "safe": "safe",
    "split": "split",
}
NARROW = Allowance(caller="key:narrow", names=(MINI, "gpt-4o-mini", "fast"), prefixes=("groq/",), default=False)
ALIASED = Allowance(caller="key:aliased", names=("fast",), prefixes=(), default=False)
NOBODY = Allowance(caller="key:nobody", names=(), prefixes=(), default=False)
LISTENER = Listener(
    name="llm",
    kind="model",
    router=None,
    decision=Decision(
        always=PATHS,
        mode="sequential",
        deadline_s=2.0,
        total_s=5.0,
        no_match="default",
        router_failure="default",
        agent_failure="fail",
        headers=True,
    ),
    agents=(),
    routes=tuple(Route(name=name, groups=groups, native=()) for name, groups in ROUTES.items()),
    names=NAMES,
    prefixes={"groq/": "groq"},
    default=None,
    allowances=(NARROW, ALIASED, NOBODY),
    input_filters=(),
    output_filters=(),
)


def preference(name: str, *models: str, prefer: str = "none") -> Preference:
    return Preference(name=name, description=f"about {name}", examples=(f"{name}!",), models=models, prefer=prefer)


CODE = preference("code", GPT, SONNET, LLAMA)
POEMS = preference("poems", MINI)
PREFERENCES = (CODE, POEMS)


def rules(
    *preferences: Preference, default: str | None = None, no_match: str = "default", router_failure: str = "default"
) -> Rules:
    """The listener's rules; without preferences given, those of the configuration."""
    assert LISTENER.decision is not None
    decision = replace(LISTENER.decision, no_match=no_match, router_failure=router_failure)
    return Rules(replace(LISTENER, default=default, decision=decision), decision, preferences or PREFERENCES)


def bare(default: str | None = None) -> Rules:
    """A listener without any preferences."""
    return replace(rules(default=default), preferences=())


def call(
    text: str = "write a program",
    model: str | None = MINI,
    path: str = CHAT,
    *,
    headers: Mapping[str, str] | None = None,
    caller: str = "",
    **more: Any,
) -> Call:
    """A call as Envoy tells of it."""
    said: list[Any] = [{"role": "user", "content": text}]
    body = {"input": text} if path.endswith(RESPONSES) else {"messages": said}
    return raw(json.dumps({"model": model} | body | more).encode(), model, path, headers=headers, caller=caller)


def raw(
    body: bytes,
    model: str | None = MINI,
    path: str = CHAT,
    *,
    headers: Mapping[str, str] | None = None,
    caller: str = "",
) -> Call:
    sent = {"x-request-id": "r-1"} | dict(headers or {})
    return Call(listener="llm", path=path, model=model or "", body=body, headers=sent, caller=caller)


@dataclass
class FakeRouter:
    """`says`: the name it chooses, "" for none, or what it raises. It remembers what it was asked."""

    says: str | BaseException = ""
    version: str = "fake-1"
    asked: list[Question] = field(default_factory=list)
    deadlines_s: list[float] = field(default_factory=list)

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        self.asked.append(question)
        self.deadlines_s.append(deadline_s)
        if isinstance(self.says, BaseException):
            raise self.says
        by_name = {o.name: Score(o.name, 0.9 if o.name == self.says else 0.05) for o in question.options}
        scores = tuple(sorted(by_name.values(), key=lambda score: -score.probability))
        chosen = (by_name[self.says],) if self.says in by_name else ()
        return Choice(
            chosen=chosen,
            scores=scores,
            confidence=0.9 if chosen else 0.8,
            threshold=0.5,
            router=self.version,
            prompt="p/1",
            seconds=0.004,
        )


@dataclass
class FakeStore:
    """`trouble`: what keeps it from answering."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    trouble: Trouble | None = None
    reads: list[tuple[str, float]] = field(default_factory=list)
    counts: Counter[Outcome] = field(default_factory=Counter)
    troubles: Counter[Trouble] = field(default_factory=Counter)

    async def read(self, key: str, deadline_s: float) -> Found:
        self.reads.append((key, deadline_s))
        return Found(None, self.trouble) if self.trouble else Found(self.bindings.get(key))

    async def write(self, key: str, binding: Binding, deadline_s: float) -> Trouble | None:
        if self.trouble is None:
            self.bindings[key] = binding
        return self.trouble

    async def close(self) -> None: ...


@dataclass
class FakeFigures:
    prices: dict[str, Price] = field(default_factory=dict)
    latencies: dict[str, float] = field(default_factory=dict)

    def price(self, model: str) -> Price | None:
        return self.prices.get(model)

    def latency(self, model: str) -> float | None:
        return self.latencies.get(model)


PLAIN = Sessions(
    ttl_s=600.0,
    max_entries=100,
    store="memory",
    url=None,
    tenant_header=None,
    implicit=False,
    route_on_user_only=False,
    budget=None,
)


class NoUpstream:
    """Deciding about models calls nobody but the router."""

    async def call(self, *_: object, **__: object) -> Any:
        raise AssertionError("nothing is to be called")

    def stream(self, *_: object, **__: object) -> Any:
        raise AssertionError("nothing is to be called")


@dataclass
class World:
    """What one decision after another is made with."""

    router: FakeRouter = field(default_factory=FakeRouter)
    store: FakeStore = field(default_factory=FakeStore)
    figures: FakeFigures = field(default_factory=FakeFigures)
    sessions: Sessions = PLAIN
    picked: int = 0
    now_s: float = NOW_S

    def decide(self, asked: Call, by: Rules | None = None) -> Decided:
        """The decision, and what was to happen in the background has happened."""
        return asyncio.run(self._decide(asked, by or rules()))

    async def _decide(self, asked: Call, by: Rules) -> Decided:
        later: list[Any] = []
        ticks = iter(range(1_000_000))
        means = Means(
            router=self.router,
            upstream=NoUpstream(),
            sessions=self.sessions,
            store=self.store,
            figures=lambda listener: self.figures,
            background=later.append,
            pick=lambda weights: self.picked,
            clock=lambda: next(ticks) / 1000,
            now_s=lambda: self.now_s,
        )
        decided = await models.decide(asked, by, means)
        for work in later:
            await work
        return decided


def routed(says: str | BaseException, **more: Any) -> World:
    """A world whose router says this."""
    return World(router=FakeRouter(says), **more)
