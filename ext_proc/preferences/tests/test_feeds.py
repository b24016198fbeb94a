"""What is read out of feeds, and that a hostile one only ever raises FeedError."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.preferences.feeds import digitalocean, document, models_dev, prometheus
from ext_proc.preferences.feeds.document import FeedError
from ext_proc.preferences.prices import Price

PARSERS = [models_dev.parse, digitalocean.parse, prometheus.parse]
WORDS = [
    *("data", "model_id", "pricing", "input_price_per_million", "output_price_per_million", "models", "cost", "input"),
    *("output", "cache_read", "status", "success", "resultType", "vector", "result", "metric", "model_name", "value"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([*WORDS, "NaN", "-1", "1e400", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*WORDS, "x", ""]), inner, max_size=6),
    max_leaves=30,
)


def text(value):
    return json.dumps(value).encode()


def sold(**models):
    return {"models": {name: {"cost": cost} for name, cost in models.items()}}


def test_models_dev_has_qualified_and_bare_names():
    feed = {"openai": sold(gpt={"input": 2.5, "output": 10, "cache_read": 1.25}), "note": 1, "empty": {"models": {}}}
    assert models_dev.parse(text(feed)) == {"openai/gpt": Price(2.5, 10, 1.25), "gpt": Price(2.5, 10, 1.25)}


@pytest.mark.parametrize(
    ("sellers", "vendors", "bare"),
    [
        (["reseller", "openai"], {"openai"}, 2),
        (["openai", "reseller"], {"openai"}, 1),
        (["reseller", "openai"], set(), 1),
        (["other", "reseller"], {"openai"}, 1),
    ],
)
def test_a_bare_name_has_the_vendors_price_else_the_first(sellers, vendors, bare):
    feed = {seller: sold(gpt={"input": place, "output": place}) for place, seller in enumerate(sellers, 1)}
    assert models_dev.parse(text(feed), vendors)["gpt"].input_usd_per_mtok == bare


def test_a_model_of_a_subscription_costs_nothing_there_only():
    feed = {"copilot": sold(gpt={"input": 0, "output": 0}), "openai": sold(gpt={"input": 2, "output": 8})}
    table = models_dev.parse(text(feed))
    assert table["copilot/gpt"] == Price(0, 0)
    assert table["gpt"] == Price(2, 8)


@pytest.mark.parametrize("cost", [None, [], {}, {"input": 1}, {"input": "x", "output": 1}, {"input": -1, "output": 1}])
def test_an_entry_without_a_price_is_left_out(cost):
    feed = {"openai": sold(good={"input": 1, "output": 1}, bad=cost)}
    assert set(models_dev.parse(text(feed))) == {"openai/good", "good"}


@pytest.mark.parametrize(
    ("pricing", "expected"),
    [
        ({"input_price_per_million": 0.0000025, "output_price_per_million": 0.00001}, Price(2.5, 10)),
        ({"input_price_per_million": 2.5, "output_price_per_million": 10}, Price(2.5, 10)),
        ({"input_price_per_million": "0.00000015", "output_price_per_million": "0.0000006"}, Price(0.15, 0.6)),
        (
            {
                "input_price_per_million": 0.000003,
                "output_price_per_million": 0.000015,
                "cache_read_input_price_per_million": 0.0000003,
                "input_cache_read": 0.000001,
            },
            Price(3, 15, 0.3),
        ),
        (
            {"input_price_per_million": 3e-6, "output_price_per_million": 15e-6, "input_cache_read": 3e-7},
            Price(3, 15, 0.3),
        ),
    ],
)
def test_digitalocean_prices_are_per_token_despite_their_names(pricing, expected):
    (found,) = digitalocean.parse(text({"data": [{"model_id": "m", "pricing": pricing}, {"model_id": "n"}]})).values()
    assert found.input_usd_per_mtok == pytest.approx(expected.input_usd_per_mtok)
    assert found.output_usd_per_mtok == pytest.approx(expected.output_usd_per_mtok)
    assert found.cached_usd_per_mtok == pytest.approx(expected.cached_usd_per_mtok)


def vector(*samples):
    result = [{"metric": {"model_name": name}, "value": [1700000000.0, value]} for name, value in samples]
    return text({"status": "success", "data": {"resultType": "vector", "result": result}})


def test_prometheus_gives_latencies_and_leaves_out_what_is_no_number():
    body = vector(("gpt", "0.25"), ("nan", "NaN"), ("inf", "+Inf"), ("negative", "-1"), ("gpt", "0.5"), (7, "1"))
    assert prometheus.parse(body) == {"gpt": 0.5}


def test_nothing_measured_yet_is_an_answer():
    assert prometheus.parse(vector()) == {}


@pytest.mark.parametrize(
    ("parse", "body"),
    [
        (prometheus.parse, text({"status": "error", "error": "x"})),
        (prometheus.parse, text({"status": "success", "data": {"resultType": "matrix", "result": []}})),
        (models_dev.parse, text({})),
        (models_dev.parse, text([])),
        (digitalocean.parse, text({"data": []})),
        (digitalocean.parse, text({"data": {}})),
        (models_dev.parse, b"<html>"),
        (digitalocean.parse, b'{"data": [NaN'),
        (models_dev.parse, b"[" * 100_000),
    ],
)
def test_what_is_no_feed_is_refused(parse, body):
    with pytest.raises(FeedError):
        parse(body)


@pytest.mark.parametrize("parse", PARSERS)
def test_too_large_an_answer_is_not_read(parse, monkeypatch):
    monkeypatch.setattr(document, "MAX_BYTES", 10)
    with pytest.raises(FeedError, match="larger than 10"):
        parse(b"{" + b" " * 20 + b"}")


def test_too_many_models_are_refused(monkeypatch):
    monkeypatch.setattr(models_dev, "MAX_ENTRIES", 1)
    with pytest.raises(FeedError, match="more than 1"):
        models_dev.parse(text({"p": sold(a={"input": 1, "output": 1}, b={"input": 1, "output": 1})}))


@pytest.mark.parametrize("parse", PARSERS)
@settings(deadline=None)
@given(body=st.binary(max_size=60) | JSON.map(text))
def test_hostile_answers_are_read_or_refused(parse, body):
    try:
        table = parse(body)
    except FeedError as error:
        assert len(str(error)) < 100
    else:
        assert all(name for name in table)
