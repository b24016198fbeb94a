"""A configured provider joined with what the catalogue knows of it.

In: the model_providers of the configuration. Out: one `Provider` per entry, with its address, its paths and how it is
authenticated; entries that lack an address are reported and left out. Never a key's value: a `Text` stays unresolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from control_plane import catalogue
from control_plane.catalogue import ProviderRow
from control_plane.config import Config, ModelProvider, Text
from control_plane.gateway import Endpoint, UpstreamPath
from control_plane.plan import endpoints as plan_endpoints
from control_plane.problems import Problems


@dataclass(frozen=True, slots=True)
class Address:
    """Where connections go. `host` is lower case without brackets; `authority` is what a Host header would say."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual_port(self.scheme) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The configured key, sent as `header: <prefix><key>`."""

    header: str
    prefix: str
    key: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Passthrough:
    header: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


Authentication = Key | Passthrough | Signature | Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One entry. `index` is its place in the list, `prefix` and `id` the two parts of its `model` ("*" for a wildcard),
    `title` the name shown in logs and metrics, `internal` says that clients do not ask for it by name."""

    index: int
    entry: ModelProvider
    row: ProviderRow
    title: str
    prefix: str
    id: str
    internal: bool
    address: Address
    usual: bool
    paths: tuple[tuple[Endpoint, UpstreamPath], ...]
    authentication: Authentication

    @property
    def wildcard(self) -> bool:
        return self.id == "*"

    @property
    def label(self) -> str:
        """How people call the entry: its own name, else its model."""
        return self.entry.name or self.entry.model

    def special(self, model: str) -> bool:
        """Whether a wildcard's model has endpoints that not all of its models have, or lacks some."""
        return self._served(model) != self._served(plan_endpoints.ANY_MODEL)

    def serves(self, endpoint: Endpoint, model: str | None) -> bool:
        """Whether the model (None: any model of a wildcard) has this endpoint here, in the client's own language."""
        return endpoint in self._served(plan_endpoints.ANY_MODEL if model is None else model)

    def _served(self, model: str) -> frozenset[Endpoint]:
        return plan_endpoints.served(self.row.name, self.entry.base_url, model)


def providers(config: Config, problems: Problems) -> tuple[Provider, ...]:
    """Every usable entry, in order. Problems: no address, no region to sign for, no credential at all (a warning)."""
    read = (_provider(index, entry, problems) for index, entry in enumerate(config.model_providers))
    return tuple(provider for provider in read if provider is not None)


def _provider(index: int, entry: ModelProvider, problems: Problems) -> Provider | None:
    prefix, _, model = entry.model.partition("/")
    known = catalogue.find(prefix)
    row = known or catalogue.find(entry.provider_interface or "") or catalogue.providers()[catalogue.GENERIC]
    region = entry.aws.region if entry.aws else None
    url = entry.base_url or catalogue.default_base_url(row, region)
    if url is None:
        if not row.internal:
            _no_address(entry, row, problems)
        return None
    authentication = _authentication(entry, row, url, problems)
    if authentication is None:
        return None
    address = address_of(url)
    return Provider(
        index=index,
        entry=entry,
        row=plan_endpoints.row(row.name, entry.base_url, model),
        title=known.name if known else prefix,
        prefix=prefix,
        id=model,
        internal=row.internal,
        address=address,
        usual=row.base_url is not None and "{" not in row.base_url and address == address_of(row.base_url),
        paths=plan_endpoints.paths(row.name, entry.base_url, model),
        authentication=authentication,
    )


def _no_address(entry: ModelProvider, row: ProviderRow, problems: Problems) -> None:
    signed = row.base_url is not None
    example = row.example or row.base_url
    problems.error(
        entry.at,
        "provider-address",
        f"{entry.model} has no base_url, and {row.title} has no address that fits everyone",
        "write aws: {region: ...}, or base_url" if signed else f"write base_url, for example {example}",
    )


def _authentication(entry: ModelProvider, row: ProviderRow, url: str, problems: Problems) -> Authentication | None:
    style = row.credential
    if entry.passthrough_auth:
        return Passthrough(header=style.header, prefix=style.prefix)
    if entry.aws:
        return _signed(entry, row, entry.aws.region, entry.aws.service, problems)
    if entry.access_key and entry.access_key.template:
        return Key(header=style.header, prefix=style.prefix, key=entry.access_key)
    match style.without_key:
        case "none":
            return Nothing()
        case "passthrough":
            return (
                Nothing() if entry.passthrough_auth is False else Passthrough(header=style.header, prefix=style.prefix)
            )
        case "aws_sigv4":
            return _signature(entry, row, url, problems)
        case "required":
            if entry.base_url is None:
                _no_credential(entry, row, problems)
            return Nothing()


def _signature(entry: ModelProvider, row: ProviderRow, url: str, problems: Problems) -> Signature | None:
    """Without `aws`, the region is read from the address where the provider's own addresses have it."""
    pattern = re.escape(row.base_url or "").replace(r"\{region\}", "([a-z0-9-]+)")
    found = re.match(pattern, url) if "(" in pattern else None
    if found:
        return _signed(entry, row, found.group(1), None, problems)
    problems.error(
        entry.at,
        "aws-region",
        f"{entry.model} has neither an access_key nor a region to sign requests for",
        f"write access_key: ${row.key_variable}, or aws: {{region: ...}}",
    )
    return None


def _signed(
    entry: ModelProvider, row: ProviderRow, region: str, service: str | None, problems: Problems
) -> Signature | None:
    named = service or row.credential.aws_service
    if named:
        return Signature(region=region, service=named)
    problems.error(
        entry.at,
        "aws-service",
        f"{entry.model} is to be signed for AWS, but not for which service",
        "write aws: {region: ..., service: ...}",
    )
    return None


def _no_credential(entry: ModelProvider, row: ProviderRow, problems: Problems) -> None:
    problems.warn(
        entry.at,
        "no-credential",
        f"{entry.model} has no access_key: its requests go without credentials",
        f"write access_key: ${row.key_variable or 'YOUR_KEY'}, or passthrough_auth: true",
    )


def address_of(url: str) -> Address:
    """The address of an http(s) URL, its port filled in."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower() or "http"
    return Address(scheme=scheme, host=(parts.hostname or "").lower(), port=parts.port or usual_port(scheme))


def usual_port(scheme: str) -> int:
    return 443 if scheme in ("https", "grpcs") else 80
