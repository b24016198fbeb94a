"""Which names a client may send on a listener, and where each one leads.

In: the providers (by their place in the configuration) and aliases a listener offers. Out: a `Directory`: every
exact name, every prefix, every alias, resolved to destinations. A name never leads to two places: an alias comes
first, then a provider's own name, its full name "prefix/id", the bare id, then what a wildcard's catalogue lists;
among equals the default provider, then the one declared first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from control_plane import catalogue
from control_plane.plan.providers import Provider


@dataclass(frozen=True, slots=True)
class Destination:
    """A provider and the model id sent to it. `wild`: reached through a "prefix/*" entry, together with all of its
    ids."""

    provider: int
    model: str
    wild: bool


@dataclass(frozen=True, slots=True)
class Share:
    destination: Destination
    weight: int


Groups = tuple[tuple[Share, ...], ...]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every name that starts with `prefix` goes to this provider, which is sent the rest of the name."""

    prefix: str
    provider: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Everything a client may name. `exact` leaves out aliases; their groups are in failover order."""

    aliases: Mapping[str, Groups]
    exact: Mapping[str, Destination]
    wildcards: tuple[Wildcard, ...]

    def find(self, name: str) -> Groups | None:
        """Where a name leads: groups in failover order (one group of one for a plain model), None when nowhere."""
        if name in self.aliases:
            return self.aliases[name]
        found = self.model(name)
        return ((Share(found, 1),),) if found else None

    def model(self, name: str) -> Destination | None:
        """The same without aliases."""
        if name in self.exact:
            return self.exact[name]
        match = self.wildcard(name)
        return Destination(match.provider, name[len(match.prefix) :], True) if match else None

    def wildcard(self, name: str) -> Wildcard | None:
        """The longest prefix that covers the name; the wildcard itself and nothing are no model's id."""
        covering = [w for w in self.wildcards if name.startswith(w.prefix) and name[len(w.prefix) :] not in ("", "*")]
        return max(covering, key=lambda w: len(w.prefix), default=None)

    def names(self) -> tuple[str, ...]:
        return (*self.aliases, *self.exact)


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider entry as one listener offers it; `only` limits a wildcard to these ids."""

    provider: Provider
    only: tuple[str, ...] | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Model ids with routes of their own; none for an open wildcard."""
        return (self.provider.id,) if not self.provider.wildcard else self.only or ()

    @property
    def open(self) -> bool:
        return self.provider.wildcard and self.only is None

    @property
    def listed(self) -> tuple[str, ...]:
        """Ids that the catalogue knows of an open wildcard."""
        return tuple(row.id for row in catalogue.listed(self.provider.row)) if self.open else ()


def directory(offers: Sequence[Offer]) -> Directory:
    """All names of these offers, aliases aside."""
    return Directory(aliases={}, exact=_exact(offers), wildcards=_wildcards(offers))


def with_aliases(models: Directory, aliases: Mapping[str, Groups]) -> Directory:
    """The directory with these aliases, which come before models of the same name."""
    exact = {name: found for name, found in models.exact.items() if name not in aliases}
    return Directory(aliases=dict(aliases), exact=exact, wildcards=models.wildcards)


def _exact(offers: Sequence[Offer]) -> dict[str, Destination]:
    """A bare id that looks like a full name covered by a wildcard is left to the wildcard."""
    names: dict[str, Destination] = {}
    covered = tuple(wildcard.prefix for wildcard in _wildcards(offers))
    for level in (_own_names, _full_names, _bare_names, _listed_full_names, _listed_bare_names):
        bare = level in (_bare_names, _listed_bare_names)
        for offer in sorted(offers, key=lambda o: not o.provider.entry.default):
            for name, destination in level(offer):
                if not (bare and name.startswith(covered)):
                    names.setdefault(name, destination)
    return dict(sorted(names.items(), key=lambda item: item[1].provider))


Names = list[tuple[str, Destination]]


def _own_names(offer: Offer) -> Names:
    p = offer.provider
    return [(p.entry.name, Destination(p.index, p.id, False))] if p.entry.name and not p.wildcard else []


def _full_names(offer: Offer) -> Names:
    p = offer.provider
    return [(f"{p.prefix}/{model}", Destination(p.index, model, False)) for model in offer.ids]


def _bare_names(offer: Offer) -> Names:
    return [(model, Destination(offer.provider.index, model, False)) for model in offer.ids]


def _listed_full_names(offer: Offer) -> Names:
    p = offer.provider
    return [(f"{p.prefix}/{model}", Destination(p.index, model, not p.special(model))) for model in offer.listed]


def _listed_bare_names(offer: Offer) -> Names:
    p = offer.provider
    return [(model, Destination(p.index, model, not p.special(model))) for model in offer.listed]


def _wildcards(offers: Sequence[Offer]) -> tuple[Wildcard, ...]:
    """A wildcard with a name of its own is also reached by "name/id": so two accounts of one provider stay apart."""
    found: dict[str, int] = {}
    for offer in offers:
        if offer.open:
            own = (offer.provider.entry.name or "").removesuffix("/*")
            for prefix in filter(None, (own, offer.provider.prefix)):
                found.setdefault(f"{prefix}/", offer.provider.index)
    return tuple(Wildcard(prefix, index) for prefix, index in found.items())
