"""Which attempts are translated, and into what.

In: a provider, a model of it, the endpoint a client calls. Out: the dialects the model can be asked in, the row's own
first, each with its paths; the target that leads through the sidecar. What a provider serves in the client's own
language is never translated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from control_plane.catalogue.rows import Dialect
from control_plane.gateway import Cluster, Endpoint, Listener, Models, Target, UpstreamPath
from control_plane.plan import calls
from control_plane.plan.providers import Provider
from schemas import names

CLIENTS: Mapping[Endpoint, Dialect] = MappingProxyType(
    {
        Endpoint.CHAT_COMPLETIONS: "openai_chat",
        Endpoint.MESSAGES: "anthropic_messages",
        Endpoint.RESPONSES: "openai_responses",
        Endpoint.GENERATE_CONTENT: "gemini",
        Endpoint.STREAM_GENERATE_CONTENT: "gemini",
    }
)
"""Calls that are translated where a provider does not serve them, by the client's dialect."""
_CALLS: Mapping[Dialect, tuple[Endpoint, Endpoint]] = MappingProxyType(
    {
        "openai_chat": (Endpoint.CHAT_COMPLETIONS, Endpoint.CHAT_COMPLETIONS),
        "anthropic_messages": (Endpoint.MESSAGES, Endpoint.MESSAGES),
        "openai_responses": (Endpoint.RESPONSES, Endpoint.RESPONSES),
        "gemini": (Endpoint.GENERATE_CONTENT, Endpoint.STREAM_GENERATE_CONTENT),
        "bedrock_converse": (Endpoint.CONVERSE, Endpoint.CONVERSE_STREAM),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A dialect some models of an account can be asked in; `models`: globs, empty = all."""

    dialect: Dialect
    whole: UpstreamPath
    stream: UpstreamPath
    models: tuple[str, ...]


def spoken(provider: Provider) -> tuple[Spoken, ...]:
    """Every dialect of the account, the best first."""
    paths = dict(provider.paths)
    order = sorted(_CALLS, key=lambda dialect: dialect != provider.row.dialect)
    return tuple(
        Spoken(
            dialect=dialect,
            whole=paths[whole],
            stream=_streamed(dialect, paths[stream]),
            models=provider.row.paths[whole].models,
        )
        for dialect in order
        for whole, stream in (_CALLS[dialect],)
        if whole in paths and stream in paths
    )


def _streamed(dialect: Dialect, path: UpstreamPath) -> UpstreamPath:
    """Gemini streams events only to who asks for them."""
    return replace(path, query="alt=sse") if dialect == "gemini" else path


def asked_in(provider: Provider, model: str) -> Spoken:
    """The dialect a model is asked in where a request is translated; there must be one."""
    return next(s for s in spoken(provider) if not s.models or any(fnmatchcase(model, glob) for glob in s.models))


def translates(provider: Provider, model: str | None, endpoint: Endpoint) -> bool:
    """Whether a call of this endpoint can be put into something the model (None: any of a wildcard) is served in."""
    if calls.shape_for(provider, model, endpoint):
        return True
    return (endpoint in calls.COUNTING or endpoint in CLIENTS) and _speaks(provider, model)


def _speaks(provider: Provider, model: str | None) -> bool:
    return any(provider.serves(whole, model) for whole, _ in _CALLS.values())


@dataclass(frozen=True, slots=True)
class Put:
    """What a translated call becomes: a dialect or a shape, and where it goes (None: nobody is asked)."""

    into: str
    path: UpstreamPath | None


def put(provider: Provider, model: str | None, asked: str, endpoint: Endpoint) -> Put:
    """What becomes of a call that is translated; `asked` is the upstream model. There must be something."""
    if (shape := calls.shape_for(provider, model, endpoint)) is not None:
        return Put(shape.word, dict(provider.paths)[shape.endpoint])
    if endpoint in calls.COUNTING:
        return Put(calls.ESTIMATE, None)
    found = asked_in(provider, asked)
    return Put(found.dialect, found.whole)


def through(target: Target) -> Target:
    """The same target by way of the sidecar, which writes the model into what it sends."""
    return replace(target, cluster=names.translating(target.cluster), rewrite=True, translated=True)


def clusters(listeners: Sequence[Listener], accounts: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """A cluster for each account some attempt reaches in translation, in the order of the accounts."""
    used = {target.cluster for listener in listeners for target in _targets(listener)}
    return tuple(
        replace(account, name=names.translating(account.name), translates=account.name, paths=(), headers=())
        for account in accounts
        if names.translating(account.name) in used
    )


def _targets(listener: Listener) -> Sequence[Target]:
    if not isinstance(listener.serves, Models):
        return ()
    variants = (variant for route in listener.serves.routes for variant in route.variants)
    return [target for variant in variants for group in variant.groups for target in group]
