"""Calls beside chat that are translated: counting tokens, embeddings, ranking.

In: a provider, a model of it, the call a client makes. Out: the shapes the call can be put into there, the best first.
A shape is a word the sidecar knows (`ext_proc.translate.calls`); its endpoint is the provider's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

from control_plane.gateway import Endpoint, UpstreamPath
from control_plane.plan.providers import Provider

ESTIMATE = "estimate"
"""Nobody is asked: the sidecar says about how many tokens the request has, and that it guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`models`: globs of the models whose bodies look so, empty = all at that endpoint."""

    word: str
    endpoint: Endpoint
    models: tuple[str, ...] = ()


_COUNTS = (
    Shape(word="anthropic_count", endpoint=Endpoint.COUNT_TOKENS),
    Shape(word="gemini_count", endpoint=Endpoint.GEMINI_COUNT_TOKENS),
    Shape(word="openai_count", endpoint=Endpoint.INPUT_TOKENS),
    Shape(word="bedrock_count", endpoint=Endpoint.BEDROCK_COUNT_TOKENS),
)
_EMBEDS = (
    Shape(word="gemini_embed", endpoint=Endpoint.BATCH_EMBED_CONTENTS),
    Shape(word="cohere_embed", endpoint=Endpoint.COHERE_EMBED),
    Shape(word="bedrock_titan_embed", endpoint=Endpoint.INVOKE_MODEL, models=("*amazon.titan-embed-*",)),
    Shape(word="bedrock_cohere_embed", endpoint=Endpoint.INVOKE_MODEL, models=("*cohere.embed-*",)),
    Shape(word="openai_embed", endpoint=Endpoint.EMBEDDINGS),
)
_RANKS = (
    Shape(word="bedrock_cohere_rerank", endpoint=Endpoint.INVOKE_MODEL, models=("*cohere.rerank-*",)),
    Shape(word="bedrock_amazon_rerank", endpoint=Endpoint.INVOKE_MODEL, models=("*amazon.rerank-*",)),
)
COUNTING = frozenset({Endpoint.COUNT_TOKENS, Endpoint.INPUT_TOKENS, Endpoint.GEMINI_COUNT_TOKENS})
SHAPES: Mapping[Endpoint, tuple[Shape, ...]] = MappingProxyType(
    {
        **dict.fromkeys(sorted(COUNTING), _COUNTS),
        **dict.fromkeys((Endpoint.EMBEDDINGS, Endpoint.EMBED_CONTENT, Endpoint.BATCH_EMBED_CONTENTS), _EMBEDS),
        Endpoint.RERANK: _RANKS,
    }
)
"""What a client's call may become, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A call beside chat at an account: `asked` by clients, put into `shape`. `models`: globs, empty = all."""

    asked: Endpoint
    shape: str
    path: UpstreamPath
    models: tuple[str, ...]


def beside(provider: Provider) -> tuple[Beside, ...]:
    """Everything the sidecar can make of such calls at this account, the best first for each."""
    paths = dict(provider.paths)
    return tuple(
        Beside(
            asked=asked,
            shape=shape.word,
            path=paths[shape.endpoint],
            models=shape.models or provider.row.paths[shape.endpoint].models,
        )
        for asked, shapes in SHAPES.items()
        for shape in shapes
        if shape.endpoint in paths and shape.endpoint is not asked
    )


def shape_for(provider: Provider, model: str | None, asked: Endpoint) -> Shape | None:
    """The shape a model's call is put into (None: any of a wildcard)."""
    fitting = (s for s in SHAPES.get(asked, ()) if provider.serves(s.endpoint, model))
    return next((shape for shape in fitting if _looks(shape, model)), None)


def _looks(shape: Shape, model: str | None) -> bool:
    return not shape.models or (model is not None and any(fnmatchcase(model, glob) for glob in shape.models))
