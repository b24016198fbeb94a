"""A listener's models: every name a client may send, the route it leads to, and the list of models shown.

In: what the listener offers and the clusters. Out: `Models`. Names that mean the same share a route, except that the
name which the provider itself uses has one of its own: there the body is passed on untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from control_plane import config
from control_plane.gateway import Cluster, ListedModel, ModelRoute, Models
from control_plane.plan.names import Destination, Groups
from control_plane.plan.offers import Offered
from control_plane.plan.providers import Provider
from control_plane.plan.routes import Aim, Road, alias_attempts, build, model_aim, wildcard_aim
from schemas import names


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What the routes of one listener are made from."""

    offered: Offered
    providers: Mapping[int, Provider]
    clusters: Mapping[int, Cluster]
    aliases: Mapping[str, config.ModelAlias]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    """Roads before they have routes: names and prefixes lead to a road's index."""

    roads: tuple[Road, ...]
    exact: Mapping[str, int]
    prefixes: Mapping[str, int]
    default: int | None


def models(map: Map, listener: config.Listener) -> Models:
    """The listener's models as Envoy will route them."""
    laid = roads(map)
    called = names.unique([road.name for road in laid.roads])
    routes = [build(road, listener) for road in laid.roads]
    return Models(
        routes=tuple(_named(route, name) for route, name in zip(routes, called, strict=True)),
        exact=tuple((name, called[index]) for name, index in laid.exact.items()),
        prefixes=tuple((prefix, called[index]) for prefix, index in laid.prefixes.items()),
        default=None if laid.default is None else called[laid.default],
        listed=listed(map),
    )


def _named(route: ModelRoute, name: str) -> ModelRoute:
    return ModelRoute(name=name, variants=route.variants, timeouts=route.timeouts, retry=route.retry, at=route.at)


def roads(map: Map) -> Roads:
    """Every road of the listener: aliases, models, wildcards, then the default."""
    laid: dict[object, Road] = {}
    order: dict[object, int] = {}

    def lay(key: object, road: Road) -> int:
        laid.setdefault(key, road)
        return order.setdefault(key, len(order))

    exact = {name: lay(*_alias_road(map, name, groups)) for name, groups in map.offered.directory.aliases.items()}
    for name, destination in map.offered.directory.exact.items():
        if not (destination.wild and _covered(map, name, destination)):
            exact[name] = lay(*_model_road(map, name, destination))
    prefixes = {
        wildcard.prefix: lay(*_wildcard_road(map, wildcard.prefix, wildcard.provider))
        for wildcard in map.offered.directory.wildcards
    }
    chosen = default_provider(map)
    default = lay(*_default_road(map, chosen)) if chosen else None
    return Roads(roads=tuple(laid.values()), exact=exact, prefixes=prefixes, default=default)


def _covered(map: Map, name: str, destination: Destination) -> bool:
    """A listed name that the wildcard's prefix matches anyway, to the same end."""
    match = map.offered.directory.wildcard(name)
    return match is not None and match.provider == destination.provider and name == match.prefix + destination.model


def _alias_road(map: Map, name: str, groups: Groups) -> tuple[object, Road]:
    alias = map.aliases[name]
    attempts = alias_attempts(name, groups, map.providers, map.clusters)
    return ("alias", name), Road(name=name, attempts=attempts, alias=alias, at=alias.at)


def _model_road(map: Map, name: str, to: Destination) -> tuple[object, Road]:
    """Names equal to the upstream id share one road, all others another; a wildcard's listed ids share one too."""
    provider, cluster = map.providers[to.provider], map.clusters[to.provider]
    if to.wild and name == to.model:
        aim = wildcard_aim(provider, cluster, "")
        return ("wild", to.provider, ""), _road(f"{provider.prefix}/*:as_is", aim, provider)
    same = name == to.model
    aim = model_aim(provider, cluster, to.model, asked=name if same else None)
    label = to.model if same else _label(provider, to.model)
    return (to.provider, to.model, same), _road(label, aim, provider)


def _default_road(map: Map, provider: Provider) -> tuple[object, Road]:
    """A request without a model has none to keep, so the id is written into it."""
    aim = model_aim(provider, map.clusters[provider.index], provider.id, asked=None)
    return (provider.index, provider.id, False), _road(_label(provider, provider.id), aim, provider)


def _wildcard_road(map: Map, prefix: str, index: int) -> tuple[object, Road]:
    provider = map.providers[index]
    aim = wildcard_aim(provider, map.clusters[index], prefix)
    return ("wild", index, prefix), _road(f"{prefix}*", aim, provider)


def _label(provider: Provider, model: str) -> str:
    return f"{provider.prefix}/{model}" if provider.wildcard else provider.label


def _road(name: str, aim: Aim, provider: Provider) -> Road:
    return Road(name=name, attempts=((aim,),), alias=None, at=provider.entry.at)


def default_provider(map: Map) -> Provider | None:
    """Who answers a request without a model."""
    marked = (o.provider for o in map.offered.offers if o.provider.entry.default and not o.provider.wildcard)
    return next(marked, None)


def listed(map: Map) -> tuple[ListedModel, ...]:
    """The rows of GET /v1/models: models, what catalogues know behind wildcards, aliases; every id once."""
    rows: dict[str, ListedModel] = {}
    for row in _rows(map):
        rows.setdefault(row.id, row)
    return tuple(rows.values())


def _rows(map: Map) -> Iterator[ListedModel]:
    for offer in map.offered.offers:
        for model in offer.ids:
            yield ListedModel(id=_label(offer.provider, model), owned_by=offer.provider.title)
    for offer in map.offered.offers:
        for model in offer.listed:
            yield ListedModel(id=f"{offer.provider.prefix}/{model}", owned_by=offer.provider.title)
    for name in map.offered.directory.aliases:
        yield ListedModel(id=name, owned_by="alias")
