"""DigitalOcean's model catalogue: `{data: [{model_id, pricing: {...}}]}`.

In: the bytes of its answer. Out: prices by bare model id. The fields are called "per million" and mostly hold dollars
per single token; a number too large for that is taken at its word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ext_proc.preferences.feeds.document import FeedError, is_name, items, load
from ext_proc.preferences.prices import MTOK, Price, number, price

PER_TOKEN_BELOW_USD = 0.001
"""No token costs a tenth of a cent (1,000 dollars per million); nobody sells a million tokens for less."""

_INPUT = ("input_price_per_million", "input")
_OUTPUT = ("output_price_per_million", "output")
_CACHED = ("cache_read_input_price_per_million", "input_cache_read")


def parse(body: bytes) -> dict[str, Price]:
    """The prices of a catalogue. Raises FeedError. Entries without two rates are left out."""
    table: dict[str, Price] = {}
    for entry in items(load(body).get("data"), "data"):
        if not isinstance(entry, dict) or not is_name(entry.get("model_id")):
            continue
        found = _price(entry)
        if found is not None:
            table[cast("str", entry["model_id"])] = found
    if not table:
        raise FeedError("the catalogue has no prices")
    return table


def _price(entry: Mapping[str, object]) -> Price | None:
    """The rates stand in a section `pricing`; some entries have them at their own level."""
    section = entry.get("pricing")
    rates = section if isinstance(section, dict) else entry
    return price(_rate(rates, _INPUT), _rate(rates, _OUTPUT), _rate(rates, _CACHED))


def _rate(rates: Mapping[str, object], names: tuple[str, ...]) -> float | None:
    """Dollars per million tokens."""
    found = next((value for name in names if (value := number(rates.get(name))) is not None), None)
    if found is None:
        return None
    return found * MTOK if found < PER_TOKEN_BELOW_USD else found
