"""What a token costs, and what a number must be to count as data.

In: numbers of feeds and of the offline list. Out: a `Price`, or None for what is no price. Never: NaN, infinity or a
negative number in a table; they would decide an order by accident.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MTOK = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens. `cached`: an input token read from the provider's cache; None where unknown."""

    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cached_usd_per_mtok: float | None = None

    @property
    def total_usd_per_mtok(self) -> float:
        """What "cheapest" compares."""
        return self.input_usd_per_mtok + self.output_usd_per_mtok

    def cached_or(self, discount: float) -> float:
        """The rate of cached input; where the list has none, the input rate times `discount`."""
        known = self.cached_usd_per_mtok
        return self.input_usd_per_mtok * discount if known is None else known


def number(value: object) -> float | None:
    """The value where it is a number or the text of one, finite and not negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def price(fresh: object, output: object, cached: object = None) -> Price | None:
    """A price where both rates are data; a cached rate that is none, or above the fresh one, is left out."""
    input_rate, output_rate, cached_rate = number(fresh), number(output), number(cached)
    if input_rate is None or output_rate is None or not math.isfinite(input_rate + output_rate):
        return None
    if cached_rate is not None and cached_rate > input_rate:
        cached_rate = None
    return Price(input_rate, output_rate, cached_rate)
