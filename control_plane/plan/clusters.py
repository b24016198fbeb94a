"""Providers -> clusters: one per account at one address, shared by every entry that says the same of it.

In: the providers. Out: clusters with names, which provider uses which, and the secrets their keys live in. Two
entries are the same account when nothing an upstream request depends on differs: address, paths, headers,
credential, connect timeout. A listener with its own connect timeout has its own account, since Envoy keeps that
timeout with the connections.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from control_plane.config import Agent, Config, Listener, Text
from control_plane.environment import REFERENCE
from control_plane.gateway import (
    Cluster,
    Credential,
    FixedHeader,
    KeyCredential,
    NoCredential,
    PassthroughCredential,
    Secret,
    SigV4Credential,
    UpstreamTls,
)
from control_plane.plan.limits import CONNECT_S
from control_plane.plan.providers import Address, Key, Nothing, Passthrough, Provider, Signature, address_of
from control_plane.problems import Place
from schemas import names

CA_PATH = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A secret and the text that yields its value; only secrets.py resolves it."""

    secret: Secret
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """`by_use` gives the cluster of a provider's index and of the connect timeout its listener asks for."""

    clusters: tuple[Cluster, ...]
    by_use: Mapping[tuple[int, float | None], Cluster]
    kept: tuple[Kept, ...]

    def of(self, listener: Listener) -> Mapping[int, Cluster]:
        """The clusters this listener's requests go to, by provider index."""
        wait = asked_connect_s(listener)
        return {index: cluster for (index, asked), cluster in self.by_use.items() if asked == wait}


def accounts(config: Config, providers: Sequence[Provider]) -> Accounts:
    """Every account in the order its first entry is declared."""
    grouped: dict[object, list[tuple[Provider, float | None]]] = {}
    for wait in _asked(config):
        for provider in providers:
            grouped.setdefault(_identity(config, provider, wait), []).append((provider, wait))
    first = [uses[0] for uses in grouped.values()]
    called = names.clusters([_account_name(provider) for provider, _ in first])
    variables = own_variables(config, [names.key_variable(name) for name in called])
    clusters: list[Cluster] = []
    by_use: dict[tuple[int, float | None], Cluster] = {}
    kept: list[Kept] = []
    for name, variable, uses in zip(called, variables, grouped.values(), strict=True):
        key = _keep(uses[0][0], variable)
        cluster = _cluster(config, *uses[0], name, key)
        clusters.append(cluster)
        kept.extend([key] if key else [])
        by_use.update(((provider.index, wait), cluster) for provider, wait in uses)
    return Accounts(clusters=tuple(clusters), by_use=by_use, kept=tuple(kept))


def asked_connect_s(listener: Listener) -> float | None:
    """The connect timeout a listener asks for, seconds; None leaves it to the provider."""
    return listener.timeouts.connect if listener.timeouts else None


def _asked(config: Config) -> tuple[float | None, ...]:
    """What listeners that serve models ask for, the common case first, so that its clusters keep the plain names."""
    asked = {asked_connect_s(listener) for listener in config.listeners if listener.type != "agent"} or {None}
    return tuple(sorted(asked, key=lambda wait: (wait is not None, wait or 0.0)))


def own_variables(config: Config, wanted: Sequence[str]) -> tuple[str, ...]:
    """Variables for written keys: never one that the configuration itself refers to."""
    texts = [entry.access_key for entry in config.model_providers if entry.access_key]
    texts += [header.value for entry in config.model_providers for header in entry.headers]
    texts += [key.key for listener in config.listeners if listener.auth for key in listener.auth.api_keys]
    taken = sorted({name for text in texts for name in text.variables})
    return names.unique([*taken, *wanted], joint="_")[len(taken) :]


def _identity(config: Config, provider: Provider, wait: float | None) -> object:
    return (
        provider.title,
        provider.row.name,
        provider.address,
        provider.paths,
        provider.authentication,
        headers(provider),
        http_host(provider),
        connect_timeout_s(config, provider, wait),
    )


def _account_name(provider: Provider) -> names.AccountName:
    address = provider.address
    return names.AccountName(
        prefix=provider.title, host=address.host, port=address.port, usual=provider.usual, key=_key_word(provider)
    )


def _key_word(provider: Provider) -> str:
    match provider.authentication:
        case Key(key=key):
            return key.variables[0].lower() if is_reference(key) else "key"
        case Passthrough():
            return "passthrough"
        case Signature(region=region):
            return region
        case Nothing():
            return ""


def _keep(provider: Provider, variable: str) -> Kept | None:
    if not isinstance(provider.authentication, Key):
        return None
    return keep(provider.authentication.key, variable, provider.entry.at)


def keep(text: Text, variable: str, at: Place) -> Kept:
    """A secret for this text: the variable it refers to, or `variable` when the text is more than one reference."""
    written = not is_reference(text)
    name = variable if written else text.variables[0]
    return Kept(secret=Secret(name=name, variable=name, written=written, at=at), text=text)


def is_reference(text: Text) -> bool:
    """Whether the text is exactly `$NAME` or `${NAME}`."""
    return len(text.variables) == 1 and text.template in (f"${text.variables[0]}", f"${{{text.variables[0]}}}")


def _cluster(config: Config, provider: Provider, wait: float | None, name: str, key: Kept | None) -> Cluster:
    return Cluster(
        name=name,
        provider=provider.title,
        interface=provider.row.name,
        host=provider.address.host,
        port=provider.address.port,
        tls=tls(config, provider.address, provider.entry.http_host),
        http_host=http_host(provider),
        credential=_credential(provider, key),
        headers=headers(provider),
        paths=provider.paths,
        connect_timeout_s=connect_timeout_s(config, provider, wait),
        at=provider.entry.at,
        own_key_header=provider.row.own_key_header,
    )


def _credential(provider: Provider, key: Kept | None) -> Credential:
    match provider.authentication:
        case Key(header=header, prefix=prefix):
            assert key is not None
            return KeyCredential(header=header, prefix=prefix, secret=key.secret.name)
        case Passthrough(header=header, prefix=prefix):
            return PassthroughCredential(header=header, prefix=prefix)
        case Signature(region=region, service=service):
            return SigV4Credential(region=region, service=service)
        case Nothing():
            return NoCredential()


def http_host(provider: Provider) -> str:
    return provider.entry.http_host or provider.address.authority


def connect_timeout_s(config: Config, provider: Provider, wait: float | None) -> float:
    """The listener's wish, else the provider's own, else the default for all."""
    own = provider.entry.timeouts.connect if provider.entry.timeouts else None
    return wait or own or default_connect_s(config)


def default_connect_s(config: Config) -> float:
    return (config.overrides and config.overrides.upstream_connect_timeout) or CONNECT_S


def headers(provider: Provider) -> tuple[FixedHeader, ...]:
    """The provider's usual headers, then the entry's own, which win; by name, in lower case."""
    values = {name.lower(): _literal(value) for name, value in provider.row.headers}
    values.update((header.name.lower(), _value(header.value)) for header in provider.entry.headers)
    return tuple(FixedHeader(name=name, value=value) for name, value in sorted(values.items()))


def _value(text: Text) -> str:
    """A header value for Envoy: variables become `%ENVIRONMENT(NAME)%`, everything else stays literal."""
    parts, end = list[str](), 0
    for match in REFERENCE.finditer(text.template):
        name = match["name"] or match["braced"]
        parts += [_literal(text.template[end : match.start()]), f"%ENVIRONMENT({name})%" if name else "$"]
        end = match.end()
    return "".join([*parts, _literal(text.template[end:])])


def _literal(value: str) -> str:
    return value.replace("%", "%%")


def tls(config: Config, address: Address, host_header: str | None) -> UpstreamTls | None:
    """TLS for an https address. A bare IP has no name to ask for, so there the configured Host header is."""
    if address.scheme != "https":
        return None
    ca_path = (config.overrides and config.overrides.upstream_tls_ca_path) or CA_PATH
    name = address_of(f"https://{host_header}").host if host_header and is_ip(address.host) else address.host
    return UpstreamTls(sni=name, ca_path=ca_path)


def is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def plain_cluster(config: Config, *, name: str, url: str, title: str, at: Place) -> Cluster:
    """A cluster without credentials: an agent, or the keys of a token issuer."""
    address = address_of(url)
    return Cluster(
        name=name,
        provider=title,
        interface="",
        host=address.host,
        port=address.port,
        tls=tls(config, address, None),
        http_host=address.authority,
        credential=NoCredential(),
        headers=(),
        paths=(),
        connect_timeout_s=default_connect_s(config),
        at=at,
    )


def agent_clusters(config: Config, taken: Sequence[str]) -> Mapping[str, Cluster]:
    """A cluster per declared agent, by agent id; no name that is taken. Connects as the first listener with it asks."""
    called = names.unique([*taken, *(names.agent_cluster(agent.id) for agent in config.agents)])[len(taken) :]
    pairs: list[tuple[Agent, str]] = list(zip(config.agents, called, strict=True))
    waits = _agent_waits(config)
    return {
        agent.id: replace(
            plain_cluster(config, name=name, url=agent.url, title=agent.id, at=agent.at),
            connect_timeout_s=waits.get(agent.id) or default_connect_s(config),
        )
        for agent, name in pairs
    }


def _agent_waits(config: Config) -> Mapping[str, float | None]:
    """Agent id -> the connect timeout the first listener with that agent asks for."""
    waits: dict[str, float | None] = {}
    for listener in config.listeners:
        for agent in listener.agents:
            waits.setdefault(agent.id, asked_connect_s(listener))
    return waits
