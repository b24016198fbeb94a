"""Reads schemas/providers.yaml and schemas/models.yaml strictly: every field known, every type right, nothing guessed.

In: the files of the installed package. Out: rows. A malformed row is a bug of ours, told as `CatalogueError` with its
place in the data. Never: user input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from control_plane.catalogue.rows import CredentialRow, Dialect, PathRow, ProviderRow, VariantRow, WithoutKey
from control_plane.gateway import Endpoint

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


class CatalogueError(Exception):
    """A row of the shipped catalogue is malformed; the text says where."""


class Fields:
    """One mapping of the file, taken apart key by key; `done` refuses what nobody took."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            raise CatalogueError(f"{where}: must be a mapping with text keys")
        self._left: dict[str, Any] = dict(data)
        self.where = where

    def text(self, key: str, default: str | None = None) -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str):
            raise CatalogueError(f"{self.where}.{key}: must be text")
        return value

    def maybe(self, key: str) -> str | None:
        return self.text(key) if key in self._left else None

    def flag(self, key: str) -> bool:
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise CatalogueError(f"{self.where}.{key}: must be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        return _texts(self._left.pop(key, []), f"{self.where}.{key}")

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise CatalogueError(f"{self.where}.{key}: must be one of {', '.join(allowed)}")
        return value

    def inner(self, key: str) -> Fields:
        return Fields(self._left.pop(key, {}), f"{self.where}.{key}")

    def listed(self, key: str) -> list[Fields]:
        items = self._left.pop(key, [])
        if not isinstance(items, list):
            raise CatalogueError(f"{self.where}.{key}: must be a list")
        return [Fields(item, f"{self.where}.{key}[{i}]") for i, item in enumerate(items)]

    def rest(self) -> dict[str, Any]:
        left, self._left = self._left, {}
        return left

    def has(self, key: str) -> bool:
        return key in self._left

    def done(self) -> None:
        if self._left:
            raise CatalogueError(f"{self.where}: unknown {', '.join(sorted(self._left))}")


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CatalogueError(f"{where}: must be a list of text")
    return tuple(value)


def parse(name: str) -> Fields:
    """One file of the catalogue as fields."""
    content = (SCHEMAS / name).read_bytes()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Fields(yaml.load(content, Loader=loader), name)


def read_providers() -> dict[str, ProviderRow]:
    """Every provider row by name, in file order."""
    return {name: provider(name, data) for name, data in parse("providers.yaml").rest().items()}


def read_models() -> dict[str, tuple[str, ...]]:
    """Model ids by vendor, in file order."""
    return {vendor: _texts(ids, f"models.yaml.{vendor}") for vendor, ids in parse("models.yaml").rest().items()}


def provider(name: str, data: object) -> ProviderRow:
    """One row from its plain data."""
    fields = Fields(data, name)
    row = ProviderRow(
        name=name,
        title=fields.text("title"),
        aliases=fields.texts("aliases"),
        base_url=fields.maybe("base_url"),
        example=fields.maybe("example"),
        hosts=fields.texts("hosts"),
        default_prefix=_prefix(fields),
        key_variable=fields.maybe("key_variable"),
        credential=_credential(fields.inner("credential")),
        headers=_headers(fields),
        dialect=cast(Dialect, fields.one_of("dialect", get_args(Dialect))),
        paths=_paths(fields),
        variants=tuple(_variant(inner) for inner in fields.listed("variants")),
        internal=fields.flag("internal"),
        wildcard_catalogue=fields.maybe("wildcard_catalogue"),
        host_docs=fields.text("host_docs"),
        own_key_header=fields.maybe("own_key_header"),
    )
    fields.done()
    return row


def _prefix(fields: Fields) -> str:
    prefix = fields.text("default_prefix")
    if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
        raise CatalogueError(f'{fields.where}.default_prefix: must be empty or start, and not end, with "/"')
    return prefix


def _credential(fields: Fields) -> CredentialRow:
    row = CredentialRow(
        header=fields.text("header", "authorization"),
        prefix=fields.text("prefix", "Bearer "),
        without_key=cast(WithoutKey, fields.one_of("without_key", get_args(WithoutKey), "required")),
        aws_service=fields.maybe("aws_service"),
    )
    if (row.without_key == "aws_sigv4") != (row.aws_service is not None):
        raise CatalogueError(f"{fields.where}: aws_service belongs to without_key: aws_sigv4, and the other way round")
    fields.done()
    return row


def _headers(fields: Fields) -> tuple[tuple[str, str], ...]:
    inner = fields.inner("headers")
    return tuple((name, Fields({name: value}, inner.where).text(name)) for name, value in inner.rest().items())


def _paths(fields: Fields) -> Mapping[Endpoint, PathRow]:
    found = {_endpoint(text, fields.where): _usual(text) for text in fields.texts("serves")}
    inner = fields.inner("paths")
    for text, value in inner.rest().items():
        endpoint = _endpoint(text, inner.where)
        if endpoint in found:
            raise CatalogueError(f"{inner.where}: {text} is in serves already")
        found[endpoint] = _path(value, f"{inner.where}.{text}")
    own = fields.inner("own_paths")
    for text, value in own.rest().items():
        found[_endpoint(text, own.where)] = replace(_path(value, f"{own.where}.{text}"), own=True)
    return found


def _endpoint(text: str, where: str) -> Endpoint:
    try:
        return Endpoint(text)
    except ValueError:
        raise CatalogueError(f"{where}: {text} is no endpoint") from None


def _usual(endpoint: str) -> PathRow:
    return PathRow(path=endpoint.removeprefix("/v1/"), query="", models=())


def _path(value: object, where: str) -> PathRow:
    fields = Fields({"path": value} if isinstance(value, str) else value, where)
    path, _, query = fields.text("path").partition("?")
    row = PathRow(path=path, query=query, models=fields.texts("models"))
    fields.done()
    return row


def _variant(fields: Fields) -> VariantRow:
    when = fields.inner("when")
    row = VariantRow(
        host=when.maybe("host"),
        path=when.maybe("path"),
        model=when.maybe("model"),
        default_prefix=_prefix(fields) if fields.has("default_prefix") else None,
        headers=_headers(fields) if fields.has("headers") else None,
        paths=_paths(fields) if any(map(fields.has, ("serves", "paths", "own_paths"))) else None,
    )
    when.done()
    fields.done()
    return row
