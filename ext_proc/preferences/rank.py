"""The order in which the models of a preference are tried.

In: model names as a client may send them, what is preferred, and figures. Out: the same names, each once. Never: a name
lost or invented; a model nobody has figures for goes last, it is not dropped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from ext_proc.preferences.prices import Price


class Figures(Protocol):
    """What is known about models, by any name a client may send. None: nothing."""

    def price(self, model: str) -> Price | None: ...

    def latency(self, model: str) -> float | None: ...


def rank(models: Sequence[str], prefer: str, figures: Figures) -> tuple[str, ...]:
    """Cheapest or fastest first, equal ones in the given order; any other `prefer` keeps the given order."""
    names = tuple(dict.fromkeys(models))
    if prefer not in ("cheapest", "fastest"):
        return names
    weights = {name: _weight(name, prefer, figures) for name in names}
    return tuple(sorted(names, key=weights.__getitem__))


def _weight(name: str, prefer: str, figures: Figures) -> tuple[bool, float]:
    """Sorts what has no usable figure behind everything that has one."""
    if prefer == "fastest":
        value = figures.latency(name)
    else:
        known = figures.price(name)
        value = None if known is None else known.total_usd_per_mtok
    usable = value is not None and math.isfinite(value) and value >= 0
    return (False, value or 0.0) if usable else (True, 0.0)
