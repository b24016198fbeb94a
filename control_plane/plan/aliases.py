"""Aliases -> groups of destinations in failover order.

In: the aliases of the configuration and the directory of all models. Out: what each alias leads to, the same on every
listener. A target that leads nowhere or back to the alias is left out: the checks before the plan refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm

from control_plane.config import AliasTarget, Config, ModelAlias
from control_plane.plan.names import Directory, Groups, Share


def groups(config: Config, models: Directory) -> dict[str, Groups]:
    """Every alias that leads somewhere."""
    written = {alias.name: alias for alias in config.model_aliases}
    resolved = {name: _resolve(alias, written, models, ()) for name, alias in written.items()}
    return {name: found for name, found in resolved.items() if found}


def targets(alias: ModelAlias) -> tuple[AliasTarget, ...]:
    """The targets of either spelling."""
    return alias.targets or ((AliasTarget(model=alias.target, at=alias.at),) if alias.target else ())


def _resolve(alias: ModelAlias, written: Mapping[str, ModelAlias], models: Directory, seen: tuple[str, ...]) -> Groups:
    found: list[tuple[int, Groups]] = []
    for target in targets(alias):
        reached = _target(target.model, written, models, (*seen, alias.name))
        if reached:
            found.append((1 if target.weight is None else target.weight, reached))
    if any(target.weight is not None for target in alias.targets):
        return _split(found)
    return tuple(group for _, reached in found for group in reached)


def _target(name: str, written: Mapping[str, ModelAlias], models: Directory, seen: tuple[str, ...]) -> Groups:
    if name in written and name not in seen:
        return _resolve(written[name], written, models, seen)
    found = models.model(name)
    return ((Share(found, 1),),) if found else ()


def _split(weighted: Sequence[tuple[int, Groups]]) -> Groups:
    """One group out of the first group of each target, weights multiplied out; their later groups follow in order."""
    chosen = [(weight, reached) for weight, reached in weighted if weight > 0]
    scale = lcm(*(_sum(reached) for _, reached in chosen)) if chosen else 1
    first = tuple(
        Share(share.destination, weight * share.weight * scale // _sum(reached))
        for weight, reached in chosen
        for share in reached[0]
    )
    return (first, *(group for _, reached in chosen for group in reached[1:])) if first else ()


def _sum(reached: Groups) -> int:
    return sum(share.weight for share in reached[0])
