"""What a provider serves at an address, for a model: the catalogue's answers, each worked out once.

In: a row's name, the entry's base_url, an upstream model id ("*" for any model of a wildcard). Out: the row as it holds
there, its paths, the endpoints that need no translation. Pure: the catalogue never changes while a process lives.
"""

from __future__ import annotations

from functools import lru_cache

from control_plane import catalogue
from control_plane.catalogue import ProviderRow
from control_plane.gateway import Endpoint, UpstreamPath

ANY_MODEL = "*"


def row(name: str, base_url: str | None, model: str) -> ProviderRow:
    """The row for this address and model."""
    return _row(name, base_url, _telling(name, model))


def paths(name: str, base_url: str | None, model: str) -> tuple[tuple[Endpoint, UpstreamPath], ...]:
    """Every endpoint that some model has where this one is served."""
    return _paths(name, base_url, _telling(name, model))


def served(name: str, base_url: str | None, model: str) -> frozenset[Endpoint]:
    """The endpoints this model has, in the client's own language."""
    return _served(name, base_url, _telling(name, model))


def _telling(name: str, model: str) -> str:
    """The model where it makes a difference: most rows treat all of theirs alike."""
    return model if _by_model(name) else ANY_MODEL


@lru_cache
def _by_model(name: str) -> bool:
    known = catalogue.providers()[name]
    tables = [known.paths, *(variant.paths or {} for variant in known.variants)]
    limited = any(path.models for table in tables for path in table.values())
    return limited or any(variant.model is not None for variant in known.variants)


@lru_cache(maxsize=4096)
def _row(name: str, base_url: str | None, model: str) -> ProviderRow:
    return catalogue.row_at(catalogue.providers()[name], base_url, model)


@lru_cache(maxsize=4096)
def _paths(name: str, base_url: str | None, model: str) -> tuple[tuple[Endpoint, UpstreamPath], ...]:
    here = _row(name, base_url, model)
    found = ((endpoint, catalogue.upstream_path(here, base_url, endpoint)) for endpoint in Endpoint)
    return tuple((endpoint, UpstreamPath(path=at[0], query=at[1])) for endpoint, at in found if at)


@lru_cache(maxsize=4096)
def _served(name: str, base_url: str | None, model: str) -> frozenset[Endpoint]:
    here = _row(name, base_url, model)
    return frozenset(e for e in Endpoint if catalogue.upstream_path(here, base_url, e, model))
