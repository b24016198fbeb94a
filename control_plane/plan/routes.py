"""Groups of destinations -> a route: which cluster, model and path for which endpoint, how long, how often.

In: where a name leads. Out: `ModelRoute`s. An attempt whose provider does not speak the endpoint's language is left
out of that endpoint; what is left for no attempt at all is answered 501 by the Envoy writer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from control_plane import config
from control_plane.gateway import OFFERED, Cluster, Endpoint, ModelRoute, Target, Variant
from control_plane.plan.limits import retrying, waiting
from control_plane.plan.names import Groups
from control_plane.plan.providers import Provider
from control_plane.plan.translation import through, translates
from control_plane.problems import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A target and how to know what it serves. `model` None: whatever follows the prefix."""

    provider: Provider
    target: Target


Attempts = tuple[tuple[Aim, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A route in the making: the name it goes by, what it tries, and the alias that settings may come from."""

    name: str
    attempts: Attempts
    alias: config.ModelAlias | None
    at: Place


def model_aim(provider: Provider, cluster: Cluster, model: str, *, asked: str | None, weight: int = 1) -> Aim:
    """One model; `asked` is the name the client sends, None when there are several or none."""
    target = Target(cluster=cluster.name, model=model, strip_prefix="", weight=weight, rewrite=asked != model)
    return Aim(provider=provider, target=target)


def wildcard_aim(provider: Provider, cluster: Cluster, prefix: str) -> Aim:
    """Every model of a wildcard: the client's name without the prefix ("" = as it is)."""
    target = Target(cluster=cluster.name, model=None, strip_prefix=prefix, weight=1, rewrite=bool(prefix))
    return Aim(provider=provider, target=target)


def alias_attempts(
    name: str, groups: Groups, providers: Mapping[int, Provider], clusters: Mapping[int, Cluster]
) -> Attempts:
    """What an alias tries."""
    return tuple(
        tuple(
            model_aim(providers[to.provider], clusters[to.provider], to.model, asked=name, weight=share.weight)
            for share in group
            for to in (share.destination,)
        )
        for group in groups
    )


def build(road: Road, listener: config.Listener) -> ModelRoute:
    """The finished route."""
    entries = [aim.provider.entry for aim in aims(road)]
    return ModelRoute(
        name=road.name,
        variants=variants(road.attempts),
        timeouts=waiting(listener, road.alias, entries).plan(),
        retry=retrying(
            listener, road.alias, entries, at_least=least_retries(road.attempts), clusters=len(cluster_names(road))
        ).plan(),
        at=road.at,
    )


def aims(road: Road) -> list[Aim]:
    return [aim for group in road.attempts for aim in group]


def cluster_names(road: Road) -> set[str]:
    return {aim.target.cluster for aim in aims(road)}


def least_retries(attempts: Attempts) -> int:
    """Enough to reach every group once, and one for a group with several places to go."""
    return max(len(attempts) - 1, 1 if any(len(group) > 1 for group in attempts) else 0)


def variants(attempts: Attempts) -> tuple[Variant, ...]:
    """Endpoints by what is left to try for them, in the order of the endpoints."""
    found: dict[tuple[tuple[Target, ...], ...], list[Endpoint]] = {}
    for endpoint in OFFERED:
        left = surviving(attempts, endpoint)
        if left:
            found.setdefault(left, []).append(endpoint)
    return tuple(Variant(endpoints=tuple(endpoints), groups=groups) for groups, endpoints in found.items())


def surviving(attempts: Attempts, endpoint: Endpoint) -> tuple[tuple[Target, ...], ...]:
    """The targets that serve the endpoint, some in translation."""
    kept = (tuple(target for aim in group if (target := serving(aim, endpoint))) for group in attempts)
    return tuple(group for group in kept if group)


def serving(aim: Aim, endpoint: Endpoint) -> Target | None:
    """The target that answers the endpoint; None where nothing of it can."""
    if aim.provider.serves(endpoint, aim.target.model):
        return aim.target
    return through(aim.target) if translates(aim.provider, aim.target.model, endpoint) else None


def skipped(attempts: Attempts, endpoints: Sequence[Endpoint]) -> list[tuple[Provider, Endpoint]]:
    """Providers left out of an endpoint that others of the same route serve."""
    return [
        (aim.provider, endpoint)
        for endpoint in endpoints
        if surviving(attempts, endpoint)
        for group in attempts
        for aim in group
        if serving(aim, endpoint) is None
    ]
