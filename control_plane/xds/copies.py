"""Clusters that one route tries twice under different model names.

An attempt only knows the cluster it goes to, so the model of an attempt is found by the cluster's name. Where one
variant sends two models to one account, the second goes to a copy of the cluster, named `<cluster>~2`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from control_plane.gateway import Cluster, Gateway, Models, Target, Variant

Groups = tuple[tuple[Target, ...], ...]


@dataclass(frozen=True, slots=True)
class Copies:
    """How many clusters stand for each cluster name (1 unless a copy is needed)."""

    counts: dict[str, int]

    def clusters(self, planned: Sequence[Cluster]) -> list[Cluster]:
        return [
            replace(cluster, name=copy_name(cluster.name, number))
            for cluster in planned
            for number in range(1, self.counts.get(cluster.name, 1) + 1)
        ]


def copies(gateway: Gateway) -> Copies:
    counts: dict[str, int] = {}
    for variant in variants(gateway):
        for cluster, models in _models_by_cluster(variant.groups).items():
            counts[cluster] = max(counts.get(cluster, 1), len(models))
    return Copies(counts)


def variants(gateway: Gateway) -> Iterator[Variant]:
    for listener in gateway.listeners:
        if isinstance(listener.serves, Models):
            for chosen in listener.serves.routes:
                yield from chosen.variants


def separated(groups: Groups) -> Groups:
    """The groups with every target on the cluster (or copy) that stands for its model alone."""
    models = _models_by_cluster(groups)
    return tuple(tuple(_on_copy(target, models[target.cluster]) for target in group) for group in groups)


def copy_name(cluster: str, number: int) -> str:
    return cluster if number == 1 else f"{cluster}~{number}"


def _on_copy(target: Target, models: list[tuple[str | None, str]]) -> Target:
    return replace(target, cluster=copy_name(target.cluster, models.index(_model(target)) + 1))


def _models_by_cluster(groups: Groups) -> dict[str, list[tuple[str | None, str]]]:
    found: dict[str, list[tuple[str | None, str]]] = {}
    for group in groups:
        for target in group:
            models = found.setdefault(target.cluster, [])
            if _model(target) not in models:
                models.append(_model(target))
    return found


def _model(target: Target) -> tuple[str | None, str]:
    return target.model, target.strip_prefix
