"""What works but may surprise: told once, at the entry that causes it.

In: the planned names. Out: warnings only.
"""

from __future__ import annotations

from collections.abc import Sequence

from control_plane import config
from control_plane.gateway import Endpoint
from control_plane.model_names import targets
from control_plane.plan.decisions import CHAT
from control_plane.plan.models import Map
from control_plane.plan.offers import Catalog
from control_plane.plan.providers import Provider
from control_plane.plan.routes import alias_attempts, skipped
from control_plane.problems import Problems
from control_plane.suggest import listed


def warn(whole: config.Config, catalog: Catalog, maps: Sequence[Map], problems: Problems) -> None:
    """Everything there is to say about names and aliases."""
    _contested(whole, catalog, problems)
    offered = {name for map in maps for name in map.offered.directory.aliases}
    for alias in whole.model_aliases:
        if alias.name in offered:
            _skipped(alias, next(map for map in maps if alias.name in map.offered.directory.aliases), problems)


def _contested(whole: config.Config, catalog: Catalog, problems: Problems) -> None:
    """One bare id at several providers: it goes to one of them. Who gave the others a name of theirs knows that."""
    named = {target for alias in whole.model_aliases for target in targets(alias)}
    by_id: dict[str, list[Provider]] = {}
    for provider in catalog.providers:
        if not provider.wildcard:
            by_id.setdefault(provider.id, []).append(provider)
    for model, offering in by_id.items():
        holder = catalog.everything.exact.get(model)
        winner = next((p for p in offering if holder and p.index == holder.provider), None)
        losers = [p for p in offering if p is not winner and not p.entry.name and p.label not in named]
        if winner and losers:
            _tell(model, winner, losers, problems)


def _tell(model: str, winner: Provider, losers: Sequence[Provider], problems: Problems) -> None:
    why = "the default" if winner.entry.default else "declared first"
    others = listed((loser.label for loser in losers), 4)
    problems.warn(
        losers[0].entry.at,
        "contested-model",
        f'"{model}" alone means {winner.label} ({why}), not {others}',
        f'ask for this one as "{losers[0].label}", or give it a name or an alias',
    )


def _skipped(alias: config.ModelAlias, map: Map, problems: Problems) -> None:
    attempts = alias_attempts(alias.name, map.offered.directory.aliases[alias.name], map.providers, map.clusters)
    left_out: dict[str, tuple[Provider, list[Endpoint]]] = {}
    for provider, endpoint in skipped(attempts, CHAT):
        endpoints = left_out.setdefault(provider.label, (provider, []))[1]
        if endpoint not in endpoints:
            endpoints.append(endpoint)
    if left_out:
        told = ", ".join(f"{label} ({p.row.dialect}) for {' and '.join(e)}" for label, (p, e) in left_out.items())
        problems.warn(
            alias.at,
            "skipped-target",
            f"alias {alias.name} skips {told}, which that provider cannot be asked for",
            "expect the other targets to answer there",
        )
