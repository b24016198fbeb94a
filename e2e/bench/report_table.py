"""Pieces all tables of the report are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from e2e.bench.measure import Spread


@dataclass(frozen=True, slots=True)
class Target:
    """`what` had to be `goal` (as text) and is `value`."""

    what: str
    goal: str
    value: float
    reached: bool


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *body)]


def spread_text(spread: Spread, digits: int) -> str:
    return f"{spread.median:.{digits}f} ({spread.low:.{digits}f} to {spread.high:.{digits}f})"
