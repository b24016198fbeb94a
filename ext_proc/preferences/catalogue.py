"""The offline price list of schemas/prices.yaml, for models no live feed has a price of.

In: the packaged file, read when first asked. Out: prices by "prefix/id" and by bare id, and what feeds call our
providers. Never: read twice, or kept as more than the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from ext_proc.preferences.prices import Price

_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|20\d{6})$")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`prices` by "prefix/id" and, where only one provider has it, by bare id. `also_called`: our prefix -> theirs."""

    prices: Mapping[str, Price]
    also_called: Mapping[str, tuple[str, ...]]
    vendors: frozenset[str]

    def price(self, name: str) -> Price | None:
        """The price of a model, or of the model a name with a date is a snapshot of."""
        found = self.prices.get(name)
        return found or self.prices.get(_SNAPSHOT.sub("", name))


@cache
def catalogue() -> Catalogue:
    """The packaged list. The first call takes some 50 ms; make it at start, in a thread."""
    return build(yaml.load(files("schemas").joinpath("prices.yaml").read_text("utf-8"), _loader()))


def build(written: Mapping[str, Any]) -> Catalogue:
    """The list from its YAML content. Raises KeyError or ValueError where a row is malformed."""
    prices: dict[str, Price] = {}
    shared: set[str] = set()
    for row in written["prices"]:
        cached = row.get("cached")
        found = Price(float(row["input"]), float(row["output"]), None if cached is None else float(cached))
        name = row["model"]
        if name in prices:
            raise ValueError(f"prices.yaml has two rows for {name}")
        prices[name] = found
        bare = name.partition("/")[2]
        if bare in prices:
            shared.add(bare)
        prices.setdefault(bare, found)
    for bare in shared:
        del prices[bare]
    also = {prefix: tuple(names) for prefix, names in written["also_called"].items()}
    return Catalogue(MappingProxyType(prices), MappingProxyType(also), frozenset(written["vendors"]))


def _loader() -> type[Any]:
    """The C loader where PyYAML was built with it: three times as quick."""
    loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader
