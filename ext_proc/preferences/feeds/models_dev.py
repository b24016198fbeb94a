"""The models.dev catalogue: `{provider: {models: {id: {cost: {input, output, cache_read}}}}}`, US dollars per million.

In: the bytes of its answer, and whose price is the vendor's own. Out: prices by "provider/id" and by bare id. Never: a
price of nothing under a bare id; resellers list models of a subscription at zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ext_proc.preferences.feeds.document import MAX_ENTRIES, FeedError, is_name, load
from ext_proc.preferences.prices import Price, price


def parse(body: bytes, vendors: Collection[str] = ()) -> dict[str, Price]:
    """The prices of a catalogue. A bare id sold by several has the vendor's price, else the first that costs something.

    Raises FeedError. Entries that are malformed are left out; a catalogue without a single price is an error.
    """
    table: dict[str, Price] = {}
    bare: dict[str, Price] = {}
    own: set[str] = set()
    for provider, model, found in _entries(body):
        table[f"{provider}/{model}"] = found
        vendor = provider in vendors
        if found.total_usd_per_mtok > 0 and model not in own and (vendor or model not in bare):
            bare[model] = found
            if vendor:
                own.add(model)
        if len(table) > MAX_ENTRIES:
            raise FeedError(f"the catalogue has more than {MAX_ENTRIES} models")
    if not table:
        raise FeedError("the catalogue has no prices")
    return {**bare, **table}


def _entries(body: bytes) -> Iterator[tuple[str, str, Price]]:
    for provider, section in load(body).items():
        models = section.get("models") if isinstance(section, dict) else None
        if not isinstance(models, dict) or not is_name(provider):
            continue
        for model, entry in models.items():
            found = _price(entry)
            if found is not None and is_name(model):
                yield provider, model, found


def _price(entry: object) -> Price | None:
    cost = entry.get("cost") if isinstance(entry, dict) else None
    if not isinstance(cost, dict):
        return None
    return price(cost.get("input"), cost.get("output"), cost.get("cache_read"))
