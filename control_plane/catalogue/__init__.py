"""The provider and model rows: schemas/providers.yaml and schemas/models.yaml as frozen values, read once a process.

In: the two files of the installed package. Out: rows by name, and where an endpoint lives upstream (`upstream_path`).
Never: a provider's name in code, a guess for a field that a row leaves out, network access.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from urllib.parse import urlsplit

from control_plane.catalogue.file import read_models, read_providers
from control_plane.catalogue.rows import CredentialRow, ModelRow, PathRow, ProviderRow, VariantRow
from control_plane.gateway import Endpoint

__all__ = [
    "GENERIC",
    "CredentialRow",
    "ModelRow",
    "PathRow",
    "ProviderRow",
    "VariantRow",
    "default_base_url",
    "find",
    "listed",
    "models",
    "providers",
    "row_at",
    "upstream_path",
]

# The row of `provider_interface` for a server that only promises to speak OpenAI's language.
GENERIC = "openai_compatible"


@cache
def providers() -> Mapping[str, ProviderRow]:
    """Every provider by its own name, in file order; aliases are not keys (see `find`)."""
    return read_providers()


@cache
def models() -> Mapping[str, tuple[ModelRow, ...]]:
    """Known model ids by vendor (`ProviderRow.wildcard_catalogue`), in file order. Read on first use only."""
    return {vendor: tuple(ModelRow(id=id) for id in ids) for vendor, ids in read_models().items()}


@cache
def _by_prefix() -> Mapping[str, ProviderRow]:
    return {word: row for row in providers().values() for word in (row.name, *row.aliases)}


def find(prefix: str) -> ProviderRow | None:
    """The row for the part before the first slash of "prefix/model", aliases included; None when unknown."""
    return _by_prefix().get(prefix)


def listed(row: ProviderRow) -> tuple[ModelRow, ...]:
    """The model ids known for a "prefix/*" entry of this provider; empty when its vendor has no list."""
    return models()[row.wildcard_catalogue] if row.wildcard_catalogue is not None else ()


def default_base_url(row: ProviderRow, region: str | None = None) -> str | None:
    """The base_url when the configuration gives none; None when it must (or must give the AWS `region`)."""
    if row.base_url is None or ("{region}" in row.base_url and region is None):
        return None
    return row.base_url.replace("{region}", region or "")


def row_at(row: ProviderRow, base_url: str | None, model: str | None = None) -> ProviderRow:
    """The row as it holds at this base_url for this model id: the first fitting variant applied."""
    if base_url is None:
        return row
    fitting = next((variant for variant in row.variants if _fits(variant, base_url, model)), None)
    return replace(row, variants=()) if fitting is None else _applied(row, fitting)


def _fits(variant: VariantRow, base_url: str, model: str | None) -> bool:
    host, path = _host(base_url), _path(base_url)
    return (
        (variant.host is None or fnmatchcase(host, variant.host))
        and (variant.path is None or path == variant.path or path.startswith(variant.path + "/"))
        and (variant.model is None or (model is not None and fnmatchcase(model, variant.model)))
    )


def _applied(row: ProviderRow, variant: VariantRow) -> ProviderRow:
    return replace(
        row,
        default_prefix=row.default_prefix if variant.default_prefix is None else variant.default_prefix,
        headers=row.headers if variant.headers is None else variant.headers,
        paths=row.paths if variant.paths is None else variant.paths,
        # Kept, so that applying it twice changes nothing and `_prefix` knows which path it completes.
        variants=(replace(variant, host=None, model=None),),
    )


def upstream_path(
    row: ProviderRow, base_url: str | None, endpoint: Endpoint, model: str | None = None
) -> tuple[str, str] | None:
    """(path, query) of `endpoint` at this provider, or None when it is not served there in the client's own language.

    `base_url` is the entry's own, None when it has none. `path` may hold `{model}`; `query` is without "?".
    `model` is the upstream model id ("*" for a wildcard entry: only what every model has); None skips that check.
    """
    here = row_at(row, base_url, model)
    found = here.paths.get(endpoint)
    if found is None or not _has(found, model):
        return None
    if found.own:
        return ("" if _own_host(here, base_url) else _below(base_url or "", found.path)) + found.path, found.query
    if not found.path.startswith("/"):
        return f"{_prefix(here, base_url)}/{found.path}", found.query
    return (found.path, found.query) if _own_host(here, base_url) else None


def _below(base_url: str, path: str) -> str:
    """The path of base_url, less what `path` begins with itself: an address may say the version or not."""
    base, version = _path(base_url), "/" + path[1:].partition("/")[0]
    return base.removesuffix(version)


def _has(found: PathRow, model: str | None) -> bool:
    return model is None or not found.models or any(fnmatchcase(model, glob) for glob in found.models)


def _prefix(here: ProviderRow, base_url: str | None) -> str:
    path = "" if base_url is None else _path(base_url)
    completed = {"", *(variant.path for variant in here.variants if variant.default_prefix is not None)}
    return here.default_prefix if path in completed else path


def _own_host(row: ProviderRow, base_url: str | None) -> bool:
    if base_url is None:
        return True
    host = _host(base_url)
    own = None if row.base_url is None else _host(row.base_url)
    return host == own or any(fnmatchcase(host, glob) for glob in row.hosts)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")
