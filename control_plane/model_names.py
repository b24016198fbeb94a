"""Which model names a configuration knows, by the rules requests are resolved with, but tolerant of faulty entries.

In: providers and aliases as read. Out: whether a name leads anywhere, and all names for a hint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from control_plane import catalogue
from control_plane.config import Config, ModelAlias, ModelProvider


def split(provider: ModelProvider) -> tuple[str, str]:
    """Prefix and id of its model."""
    prefix, _, model = provider.model.partition("/")
    return prefix, model


def is_wildcard(provider: ModelProvider) -> bool:
    return split(provider)[1] == "*"


def targets(alias: ModelAlias) -> tuple[str, ...]:
    """What it names, both spellings."""
    first = (alias.target,) if alias.target else ()
    return (*first, *(target.model for target in alias.targets if target.model))


def served_by(config: Config, name: str) -> tuple[ModelProvider, str] | None:
    """The entry that serves the router model of this name, and its id there: by the entry's own name, its model, its
    id, else through a wildcard. Aliases are for clients only."""
    plain = [provider for provider in config.model_providers if not is_wildcard(provider)]
    for spelling in (lambda p: p.name, lambda p: p.model, lambda p: split(p)[1]):
        for provider in plain:
            if name and spelling(provider) == name:
                return provider, split(provider)[1]
    for provider in config.model_providers:
        rest = name.removeprefix(f"{split(provider)[0]}/")
        if is_wildcard(provider) and rest not in (name, "", "*"):
            return provider, rest
    return None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a limit on models lets through: `names` without aliases, `heads` what stands before any slash in them."""

    names: frozenset[str]
    heads: frozenset[str]

    def covers(self, provider: ModelProvider) -> bool:
        prefix, model = split(provider)
        if not is_wildcard(provider):
            return not self.names.isdisjoint((provider.name or "", provider.model, model, f"{prefix}/*"))
        own = (provider.name or "").removesuffix("/*")
        return not self.heads.isdisjoint((prefix, own)) or provider.name in self.names


@dataclass(frozen=True)
class ModelNames:
    """The names of one configuration."""

    config: Config

    @cached_property
    def aliases(self) -> dict[str, ModelAlias]:
        return {alias.name: alias for alias in self.config.model_aliases}

    @cached_property
    def declared(self) -> frozenset[str]:
        """Names of providers, full and bare models; wildcards apart."""
        return frozenset(name for p in self.config.model_providers if not is_wildcard(p) for name in _names(p))

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        wild = [p for p in self.config.model_providers if is_wildcard(p)]
        own = [(p.name or "").removesuffix("/*") for p in wild]
        return tuple(f"{prefix}/" for prefix in dict.fromkeys([*own, *(split(p)[0] for p in wild)]) if prefix)

    @cached_property
    def listed(self) -> frozenset[str]:
        """Bare ids the catalogue knows of the wildcards."""
        rows = [catalogue.find(prefix.removesuffix("/")) for prefix in self.prefixes]
        return frozenset(model.id for row in rows if row for model in catalogue.listed(row))

    def is_model(self, name: str) -> bool:
        reached = any(name.startswith(p) and name[len(p) :] not in ("", "*") for p in self.prefixes)
        return name in self.declared or reached or name in self.listed

    def knows(self, name: str) -> bool:
        """A model or an alias."""
        return name in self.aliases or self.is_model(name)

    def limits(self, entry: str) -> bool:
        """A name that may stand where models are limited: also `prefix/*` of a declared prefix."""
        wild = entry.endswith("/*") and any(split(p)[0] == entry[:-2] for p in self.config.model_providers)
        return wild or self.knows(entry) or any(entry == p.name for p in self.config.model_providers)

    def hints(self) -> list[str]:
        return [*self.aliases, *sorted(self.declared), *(f"{prefix}*" for prefix in self.prefixes)]

    def reach(self, entries: Iterable[str]) -> Reach:
        """Everything these names lead to, through aliases too."""
        names = {end for entry in entries for end in self.ends(entry) if end}
        heads = {name[:i] for name in names for i, letter in enumerate(name) if letter == "/"}
        return Reach(frozenset(names), frozenset(heads))

    def ends(self, entry: str) -> tuple[str, ...]:
        """The models a name stands for once every alias in it is followed, each once."""
        ends: dict[str, None] = {}
        seen, left = {entry}, [entry]
        while left:
            name = left.pop()
            if name not in self.aliases or self.is_model(name):
                ends[name] = None
            below = [t for t in targets(self.aliases[name]) if t not in seen] if name in self.aliases else []
            seen.update(below)
            left.extend(below)
        return tuple(ends)


def _names(provider: ModelProvider) -> Iterator[str]:
    yield from (name for name in (provider.name, provider.model, split(provider)[1]) if name)
