"""What training sees: groups of routes with their requests. Only training splits; never a validation or a test split.

A group is a set of routes that exclude each other. Requests of different groups are never contrasted, since two groups
may hold the same route (both public data sets have an `exchange_rate`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from router_model.evaluate.datasets import Dataset, read_banking, read_clinc

AUTHORED = Path(__file__).parent / "data" / "authored.txt"


@dataclass(frozen=True, slots=True)
class Group:
    """Routes by name: their descriptions and requests. `outside` are requests of none of them."""

    name: str
    descriptions: Mapping[str, str]
    requests: Mapping[str, tuple[str, ...]]
    outside: tuple[str, ...]


def read_public(dataset: Dataset, intents: Collection[str] | None = None) -> Group:
    """The training split of a data set, or that of some of its intents."""
    kept = sorted(dataset.descriptions if intents is None else intents)
    return Group(
        name=dataset.name,
        descriptions={intent: dataset.descriptions[intent] for intent in kept},
        requests={intent: dataset.train[intent] for intent in kept},
        outside=dataset.training_outside,
    )


def read_authored(path: Path = AUTHORED) -> list[Group]:
    """The route sets written for training."""
    return [_read_set(block) for block in path.read_text(encoding="utf-8").split("\n## ")[1:]]


def _read_set(block: str) -> Group:
    name, *lines = block.strip().splitlines()
    descriptions: dict[str, str] = {}
    requests: dict[str, list[str]] = {}
    outside: list[str] = []
    for line in filter(None, lines):
        if line.startswith("> "):
            route, _, description = (part.strip() for part in line[2:].partition("|"))
            descriptions[route], requests[route] = description.replace("\\n", "\n"), []
        elif line.startswith("! "):
            outside.append(line[2:])
        else:
            requests[route].append(line)
    return Group(name, descriptions, {route: tuple(texts) for route, texts in requests.items()}, tuple(outside))


def half_of_clinc(number: int) -> tuple[str, ...]:
    """The first (0) or the second (1) half of the intents, shuffled once: those of the generalisation experiment."""
    shuffled = list(read_clinc().intents)
    Random(0).shuffle(shuffled)
    return tuple(sorted(shuffled[:75] if number == 0 else shuffled[75:]))


def training_groups(name: str) -> list[Group]:
    """What a training run sees. `all` is what ships; the others leave something out, to be tested on just that."""
    clinc, banking, authored = read_clinc(), read_banking(), read_authored()
    match name:
        case "all":
            return [read_public(clinc), read_public(banking), *authored]
        case "first-half":
            return [read_public(clinc, half_of_clinc(0)), read_public(banking)]
        case _:
            raise ValueError(f"no training set is called {name}")
