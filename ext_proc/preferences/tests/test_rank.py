"""The order in which models are tried."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.preferences.prices import Price, number, price
from ext_proc.preferences.rank import rank

NAMES = st.lists(st.sampled_from("abcdefgh"), max_size=8)
ANY_NUMBER = st.floats() | st.just(0.0)


@dataclass
class Known:
    prices: dict[str, Price] = field(default_factory=dict)
    latencies: dict[str, float] = field(default_factory=dict)

    def price(self, model):
        return self.prices.get(model)

    def latency(self, model):
        return self.latencies.get(model)


PRICES = {"dear": Price(5, 25), "middle": Price(3, 10), "cheap": Price(9, 1), "free": Price(0, 0)}
LATENCIES = {"slow": 900.0, "quick": 80.0, "broken": math.nan, "negative": -1.0, "endless": math.inf}


@pytest.mark.parametrize(
    ("prefer", "models", "expected"),
    [
        ("cheapest", ["dear", "middle", "cheap", "free"], ["free", "cheap", "middle", "dear"]),
        ("cheapest", ["unknown", "dear", "other", "cheap"], ["cheap", "dear", "unknown", "other"]),
        ("cheapest", ["x", "y", "z"], ["x", "y", "z"]),
        ("fastest", ["slow", "unknown", "quick"], ["quick", "slow", "unknown"]),
        ("fastest", ["broken", "endless", "slow", "negative"], ["slow", "broken", "endless", "negative"]),
        ("fastest", ["dear", "cheap"], ["dear", "cheap"]),
        ("none", ["dear", "cheap"], ["dear", "cheap"]),
        ("cheapest", ["dear", "cheap", "dear"], ["cheap", "dear"]),
        ("cheapest", [], []),
    ],
)
def test_order(prefer, models, expected):
    assert list(rank(models, prefer, Known(PRICES, LATENCIES))) == expected


@settings(deadline=None)
@given(
    NAMES, st.sampled_from(["cheapest", "fastest", "none"]), st.dictionaries(st.sampled_from("abcdefgh"), ANY_NUMBER)
)
def test_no_model_is_lost_data_comes_first_and_equals_keep_their_order(models, prefer, latencies):
    ranked = rank(models, prefer, Known({}, latencies))
    assert sorted(ranked) == sorted(set(models))
    if prefer != "fastest":
        assert list(ranked) == list(dict.fromkeys(models))
        return
    places = {name: place for place, name in enumerate(dict.fromkeys(models))}
    usable = [name for name in ranked if number(latencies.get(name)) is not None]
    assert list(ranked[: len(usable)]) == usable
    assert usable == sorted(usable, key=lambda name: (latencies[name], places[name]))
    assert list(ranked[len(usable) :]) == sorted(ranked[len(usable) :], key=places.__getitem__)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ((1, 2, 0.5), Price(1, 2, 0.5)),
        (("1", "2", "0.5"), Price(1, 2, 0.5)),
        ((1, 2, None), Price(1, 2, None)),
        ((1, 2, math.nan), Price(1, 2, None)),
        ((1, 2, 3), Price(1, 2, None)),
        ((1, None, 1), None),
        ((-1, 2, None), None),
        ((math.inf, 2, None), None),
        ((True, 2, None), None),
        ((1e308, 1e308, None), None),
        ((10**400, 2, None), None),
    ],
)
def test_what_is_a_price(rates, expected):
    assert price(*rates) == expected


def test_a_cached_rate_is_the_lists_or_a_part_of_the_input_rate():
    assert Price(10, 1, 0.25).cached_or(0.1) == 0.25
    assert Price(10, 1).cached_or(0.1) == pytest.approx(1.0)
