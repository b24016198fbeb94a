"""What each chain must be able to do, worked out once from the whole plan, so that nobody pays for more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from control_plane.deployment import Deployment
from control_plane.gateway import Cluster, Gateway, Listener, Models, PassthroughCredential, Variant
from control_plane.xds.copies import Copies, copies, separated
from control_plane.xds.filters.header_mutation import credential_headers, never_forwarded


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Cluster names count copies apart. `variables` maps a secret's name to its environment variable.

    `decided` are clusters that a decision may lead to under any model and after any other; `decided_paths`: one of them
    sets the path, so all must. `secret_headers` never leave Envoy.
    """

    clusters: tuple[Cluster, ...]
    copies: Copies
    stripped: tuple[str, ...]
    rewrites: frozenset[str]
    maps_paths: frozenset[str]
    passes_keys: frozenset[str]
    decided: frozenset[str]
    decided_paths: bool
    secret_headers: tuple[str, ...]
    variables: dict[str, str]
    allow_wip: bool
    token_usage: bool


def needs(gateway: Gateway, deployment: Deployment) -> Needs:
    made = copies(gateway)
    clusters = tuple(made.clusters((*gateway.clusters, *gateway.translations)))
    decided = frozenset(_decided(gateway))
    return Needs(
        clusters=clusters,
        copies=made,
        stripped=never_forwarded(gateway),
        rewrites=frozenset(_rewrites(gateway)),
        maps_paths=frozenset(_maps_paths(gateway, clusters)),
        passes_keys=frozenset(c.name for c in clusters if isinstance(c.credential, PassthroughCredential)),
        decided=decided,
        decided_paths=any(cluster.name in decided and _differs(cluster) for cluster in clusters),
        secret_headers=credential_headers(gateway),
        variables={secret.name: secret.variable for secret in gateway.secrets},
        allow_wip=deployment.allow_wip,
        token_usage=deployment.token_usage,
    )


def passes_keys(listener: Listener, wanted: Needs) -> bool:
    """Whether some attempt of the listener needs the caller's own key."""
    return any(not wanted.passes_keys.isdisjoint(_names(variant)) for _, variant in _variants(listener))


def _variants(listener: Listener) -> Iterator[tuple[bool, Variant]]:
    """Every variant, and whether it also serves requests that name no model."""
    if isinstance(listener.serves, Models):
        for route in listener.serves.routes:
            for variant in route.variants:
                yield route.name == listener.serves.default, variant


def _names(variant: Variant) -> list[str]:
    return [target.cluster for group in separated(variant.groups) for target in group]


def _decided(gateway: Gateway) -> Iterator[str]:
    """Every provider's cluster of a listener that decides; also those only the sidecar calls, under a model's name."""
    for listener in gateway.listeners:
        if listener.decision is not None:
            for _, variant in _variants(listener):
                yield from (target.cluster for group in variant.groups for target in group)


def _rewrites(gateway: Gateway) -> Iterator[str]:
    """Clusters that must be able to write the model into a body."""
    for listener in gateway.listeners:
        for is_default, variant in _variants(listener):
            for group in separated(variant.groups):
                yield from (target.cluster for target in group if target.rewrite or is_default)


def _maps_paths(gateway: Gateway, clusters: tuple[Cluster, ...]) -> Iterator[str]:
    """Clusters that set the path: their own differs, or an attempt before theirs may have left another's."""
    own = {cluster.name for cluster in clusters if _differs(cluster)}
    yield from own
    for listener in gateway.listeners:
        for _, variant in _variants(listener):
            names = _names(variant)
            if not own.isdisjoint(names):
                yield from names


def _differs(cluster: Cluster) -> bool:
    return any(path.path != endpoint.value or path.query for endpoint, path in cluster.paths)
