"""Everything known about models' prices and latencies, in one place to ask.

In: live tables (or none yet), the offline list, and how names are spelled. Out: a price or a latency of a name as a
client may send it. Never: an offline price where a live feed has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ext_proc.preferences.catalogue import Catalogue, catalogue
from ext_proc.preferences.prices import Price
from ext_proc.preferences.spelling import Spellings, as_written, spellings
from schemas.runtime import Listener

T = TypeVar("T")

NOTHING: Mapping[str, float] = {}
NO_PRICES: Mapping[str, Price] = {}


class LiveFigures:
    """Satisfies `rank.Figures`. Tables are asked for at every look-up, so a refresh takes effect at once."""

    __slots__ = ("_latencies", "_offline", "_prices", "_spell")

    def __init__(
        self,
        prices: Callable[[], Mapping[str, Price]] = lambda: NO_PRICES,
        latencies: Callable[[], Mapping[str, float]] = lambda: NOTHING,
        spell: Spellings = as_written,
        offline: Callable[[], Catalogue] = catalogue,
    ) -> None:
        self._prices, self._latencies, self._spell, self._offline = prices, latencies, spell, offline

    def price(self, model: str) -> Price | None:
        names = self._spell(model)
        live = _first(self._prices(), names)
        if live is not None:
            return live
        offline = self._offline()
        return next((found for name in names if (found := offline.price(name)) is not None), None)

    def latency(self, model: str) -> float | None:
        return _first(self._latencies(), self._spell(model))


def figures_of(
    listener: Listener,
    prices: Callable[[], Mapping[str, Price]] = lambda: NO_PRICES,
    latencies: Callable[[], Mapping[str, float]] = lambda: NOTHING,
) -> LiveFigures:
    """What is known of a listener's models, under every name a client may send. Reads the offline list."""
    return LiveFigures(prices=prices, latencies=latencies, spell=spellings(listener, catalogue().also_called))


def _first(table: Mapping[str, T], names: tuple[str, ...]) -> T | None:
    return next((table[name] for name in names if name in table), None)
