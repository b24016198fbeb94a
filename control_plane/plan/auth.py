"""Who may call a listener, and for which models.

In: a listener's `auth` and its models. Out: `Auth`, the secrets its keys live in, a cluster per address that token
keys are fetched from. A name on an allow-list stands for every spelling of the same model; an alias stands for
itself only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from control_plane import config
from control_plane.gateway import Allowance, Auth, CallerJwt, CallerKey, Cluster
from control_plane.plan.clusters import Kept, keep, own_variables, plain_cluster
from control_plane.plan.models import Map, default_provider
from control_plane.plan.names import Destination
from control_plane.plan.providers import address_of
from schemas import names

CALLER_CLAIM = "sub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A listener's authentication with what it needs elsewhere."""

    auth: Auth | None
    kept: tuple[Kept, ...]
    clusters: tuple[Cluster, ...]


def guard(whole: config.Config, listener: config.Listener, kept: tuple[Kept, ...], map: Map | None) -> Guard:
    """`kept` are the listener's `caller_keys`; `map` None means that it has no models (agents)."""
    written = listener.auth
    if written is None:
        return Guard(auth=None, kept=(), clusters=())
    clusters = {jwt.name: _jwks_cluster(whole, jwt, jwt.jwks_uri) for jwt in written.jwt if jwt.jwks_uri}
    auth = Auth(
        keys=tuple(
            CallerKey(caller=key.name, secret=k.secret.name) for key, k in zip(written.api_keys, kept, strict=True)
        ),
        jwt=tuple(_jwt(jwt, clusters.get(jwt.name)) for jwt in written.jwt),
        header=written.header.lower() if written.header else None,
        allowances=_allowances(written, map) if map else (),
    )
    return Guard(auth=auth, kept=kept, clusters=tuple(clusters.values()))


def caller_keys(
    whole: config.Config, listeners: Sequence[config.Listener], called: Sequence[str]
) -> tuple[tuple[Kept, ...], ...]:
    """The secrets of every listener's callers, in order; `called` are the listeners' names in the plan."""
    keys = [listener.auth.api_keys if listener.auth else () for listener in listeners]
    wanted = [names.caller_variable(name, key.name) for name, each in zip(called, keys, strict=True) for key in each]
    variables = iter(own_variables(whole, wanted))
    return tuple(tuple(keep(key.key, next(variables), key.at) for key in each) for each in keys)


def _jwks_cluster(whole: config.Config, jwt: config.Jwt, uri: str) -> Cluster:
    address = address_of(uri)
    name = names.jwks_cluster(address.host, address.port)
    return plain_cluster(whole, name=name, url=uri, title=jwt.name, at=jwt.at)


def _jwt(jwt: config.Jwt, cluster: Cluster | None) -> CallerJwt:
    return CallerJwt(
        name=jwt.name,
        issuer=jwt.issuer,
        audiences=jwt.audiences or (),
        jwks_file=jwt.jwks_file,
        jwks_uri=jwt.jwks_uri,
        jwks_cluster=cluster.name if cluster else None,
        caller_claim=jwt.caller_claim or CALLER_CLAIM,
    )


def _allowances(written: config.Auth, map: Map) -> tuple[Allowance, ...]:
    keys = [_allowance(key.models, map, caller=key.name) for key in written.api_keys if key.models is not None]
    tokens = [_allowance(jwt.models, map, issuer=jwt.issuer) for jwt in written.jwt if jwt.models is not None]
    return (*keys, *tokens)


def _allowance(allowed: Sequence[str], map: Map, *, caller: str | None = None, issuer: str | None = None) -> Allowance:
    directory = map.offered.directory
    wanted = tuple(name[:-1] for name in dict.fromkeys(allowed) if name.endswith("/*"))
    prefixes = tuple(prefix for prefix in wanted if any(w.prefix == prefix for w in directory.wildcards))
    reached = {d for name in allowed if name not in directory.aliases and (d := directory.model(name))}

    def may(destination: Destination) -> bool:
        return _reaches(destination, reached) or f"{map.providers[destination.provider].prefix}/" in wanted

    spelt = [name for name in dict.fromkeys(allowed) if name in directory.aliases or directory.model(name)]
    meant = [name for name, destination in directory.exact.items() if may(destination)]
    default = default_provider(map)
    return Allowance(
        caller=caller,
        issuer=issuer,
        exact=tuple(name for name in dict.fromkeys([*spelt, *meant]) if not name.startswith(prefixes)),
        prefixes=prefixes,
        default=default is not None and may(Destination(default.index, default.id, False)),
    )


def _reaches(destination: Destination, reached: set[Destination]) -> bool:
    return any((d.provider, d.model) == (destination.provider, destination.model) for d in reached)
