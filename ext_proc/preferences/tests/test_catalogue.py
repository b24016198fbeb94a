"""The offline price list, and how names of clients find a price in it or in a live feed."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
import yaml

from ext_proc.preferences.catalogue import build, catalogue
from ext_proc.preferences.cost import anthropic_usage, cost_usd, openai_usage
from ext_proc.preferences.figures import LiveFigures
from ext_proc.preferences.prices import Price
from ext_proc.preferences.spelling import as_written, spellings
from schemas.runtime import Listener, Route, Target

WRITTEN = yaml.safe_load(files("schemas").joinpath("prices.yaml").read_text("utf-8"))
PROVIDERS = yaml.safe_load(files("schemas").joinpath("providers.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", WRITTEN["prices"], ids=lambda row: row["model"])
def test_a_row_says_what_when_and_from_where(row):
    assert set(row) - {"cached"} == {"model", "input", "output", "as_of", "source"}
    assert 0 < row["input"] <= row["output"] < 1000
    assert 0 < row.get("cached", row["input"]) <= row["input"]
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", row["as_of"])
    assert row["source"] in WRITTEN["sources"]


def test_rows_name_providers_of_this_gateway_each_model_once():
    names = [row["model"] for row in WRITTEN["prices"]]
    assert len(set(names)) == len(names)
    assert {name.partition("/")[0] for name in names} <= set(PROVIDERS)
    assert set(WRITTEN["also_called"]) <= set(PROVIDERS)


def test_the_well_known_are_there():
    assert catalogue().price("openai/gpt-4o") == Price(2.5, 10, 1.25)
    for name in ("anthropic/claude-sonnet-4-6", "gemini/gemini-2.5-pro", "mistral/mistral-large-latest"):
        assert catalogue().price(name)
    for name in ("deepseek/deepseek-chat", "xai/grok-4.3", "groq/llama-3.3-70b-versatile", "groq/openai/gpt-oss-120b"):
        assert catalogue().price(name)


def row(model, price):
    return {"model": model, "input": price, "output": price}


def test_names_with_a_date_have_the_price_of_their_model_unless_they_have_a_row():
    known = build({"prices": [row("p/m", 1), row("p/m-2025-01-01", 2)], "also_called": {}, "vendors": []})
    assert known.price("p/m-2026-02-03") == known.price("m-20260203") == Price(1, 1)
    assert known.price("p/m-2025-01-01") == Price(2, 2)
    assert known.price("p/m-mini") is None


def test_a_bare_id_of_two_providers_is_nobodys():
    known = build({"prices": [row("p/m", 1), row("q/m", 2)], "also_called": {}, "vendors": []})
    assert known.price("m") is None
    assert known.price("q/m") == Price(2, 2)


def target(cluster, model, strip_prefix=""):
    return Target(
        cluster=cluster, model=model, strip_prefix=strip_prefix, weight=1, dialect="openai_chat", endpoints=()
    )


def listener(names, routes):
    return Listener(
        name="models",
        kind="model",
        router=None,
        decision=None,
        agents=(),
        routes=tuple(Route(name=name, groups=groups, native=()) for name, groups in routes.items()),
        names=names,
        prefixes={},
        default=None,
        allowances=(),
        input_filters=(),
        output_filters=(),
    )


LISTENER = listener(
    {"fast": "alias", "gemini/flash": "flash", "flash": "flash", "openai/gpt": "gpt", "lost": "nowhere"},
    {
        "alias": ((target("google_1", "flash"),), (target("openai", "gpt"),)),
        "flash": ((target("google_1", "flash"),),),
        "gpt": ((target("openai", None, "openai/"),),),
    },
)
ALSO = {"gemini": ("google",)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fast", ("fast", "gemini/flash", "google/flash", "flash")),
        ("gemini/flash", ("gemini/flash", "google/flash", "flash")),
        ("openai/gpt", ("openai/gpt", "gpt")),
        ("gemini/new", ("gemini/new", "google/new", "new")),
        ("groq/openai/oss", ("groq/openai/oss", "openai/oss")),
        ("lost", ("lost",)),
        ("unheard", ("unheard",)),
    ],
)
def test_what_a_model_may_be_called(name, expected):
    assert spellings(LISTENER, ALSO)(name) == expected


def test_a_live_price_wins_under_any_spelling():
    known = build({"prices": [row("gemini/flash", 7)], "also_called": ALSO, "vendors": []})
    live: dict[str, Price] = {}
    figures = LiveFigures(lambda: live, lambda: {"flash": 0.5}, spellings(LISTENER, ALSO), lambda: known)
    assert figures.price("fast") == Price(7, 7)
    live["google/flash"] = Price(1, 1)
    assert figures.price("fast") == figures.price("gemini/flash") == Price(1, 1)
    assert figures.latency("fast") == 0.5
    assert figures.price("openai/gpt") is None
    assert figures.latency("openai/gpt") is None


def test_without_a_listener_a_name_and_its_bare_id_count():
    assert as_written("openai/gpt") == ("openai/gpt", "gpt")
    assert as_written("gpt") == ("gpt",)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (openai_usage(1_000_000, 0), 10.0),
        (openai_usage(1_000_000, 0, cached_tokens=1_000_000), 1.0),
        (openai_usage(1_000_000, 100_000, cached_tokens=400_000), 6.0 + 0.4 + 2.0),
        (openai_usage(10, 0, cached_tokens=50), 10 * 1.0 / 1_000_000),
        (anthropic_usage(600_000, 100_000, read_tokens=400_000), 6.0 + 0.4 + 2.0),
        (anthropic_usage(0, 0, written_tokens=1_000_000), 12.5),
    ],
)
def test_each_token_is_paid_once(usage, expected):
    assert cost_usd(usage, Price(10, 20, 1)) == pytest.approx(expected)


def test_the_context_is_everything_that_was_read():
    assert openai_usage(100, 5, 40).context_tokens == 100
    assert anthropic_usage(60, 5, 40, 7).context_tokens == 107
