"""Which providers, models and aliases a listener offers.

In: all providers, what every alias leads to, and the listener's own list of `models` (None = everything). Out: its
directory. A listener that lists names offers these only: an alias it names hides the models behind it, and an alias it
does not name is offered when all of its targets are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from control_plane.plan.names import Directory, Groups, Offer, directory, with_aliases
from control_plane.plan.providers import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything the configuration knows by name: its providers (router models aside), and all of its names."""

    providers: tuple[Provider, ...]
    everything: Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    offers: tuple[Offer, ...]
    directory: Directory


def offered(catalog: Catalog, models: tuple[str, ...] | None) -> Offered:
    """What a listener with this list of models offers."""
    offers = _offers(catalog.providers, models)
    known = catalog.everything.aliases
    aliases = known if models is None else _aliases(known, offers, models)
    return Offered(offers=offers, directory=with_aliases(directory(offers), aliases))


def _offers(providers: Sequence[Provider], models: tuple[str, ...] | None) -> tuple[Offer, ...]:
    if models is None:
        return tuple(Offer(provider) for provider in providers)
    found = ((provider, _part(provider, models)) for provider in providers)
    return tuple(offer for provider, part in found if (offer := part))


def _part(provider: Provider, models: Iterable[str]) -> Offer | None:
    """The entry as a whole when it is named, else the ids named of a wildcard."""
    names = {provider.entry.model, provider.entry.name, provider.id, provider.prefix, f"{provider.prefix}/*"}
    if names.intersection(models):
        return Offer(provider)
    if not provider.wildcard:
        return None
    listed = set(Offer(provider).listed)
    ids = [m.removeprefix(f"{provider.prefix}/") for m in models if m.startswith(f"{provider.prefix}/") or m in listed]
    return Offer(provider, tuple(ids)) if ids else None


def _aliases(known: Mapping[str, Groups], offers: Sequence[Offer], models: tuple[str, ...]) -> dict[str, Groups]:
    open_providers = {offer.provider.index for offer in offers if offer.open}
    ids = {(offer.provider.index, model) for offer in offers for model in offer.ids}

    def covered(groups: Groups) -> bool:
        reached = [share.destination for group in groups for share in group]
        return all(d.provider in open_providers or (d.provider, d.model) in ids for d in reached)

    return {name: groups for name, groups in known.items() if name in models or covered(groups)}
