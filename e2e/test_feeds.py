"""Live prices and latencies put the models of a preference in order; what a feed fails to say changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from e2e.choosing import CODE, GPT, LLAMA, MINI, NEITHER, SMALL, Stage, models_dev, stage, until
from e2e.fake import Provider

PREFERENCES = f"""
routing_preferences:
  - {{name: code, description: programs and their faults, models: [{GPT}, {SMALL}, {LLAMA}, {MINI}],
     selection_policy: {{prefer: cheapest}}}}
  - {{name: writing, description: poems and stories, models: [{GPT}, {SMALL}, {LLAMA}, {MINI}],
     selection_policy: {{prefer: PREFER}}}}
"""
POEM = "write a poem"
QUERY = 'avg(latency{job="gateway"}) by (model_name)'


def digitalocean(prices: Mapping[str, tuple[float, float]]) -> str:
    """The catalogue of DigitalOcean, which names dollars per token."""
    rows = [
        {
            "model_id": name,
            "pricing": {"input_price_per_million": read / 1e6, "output_price_per_million": written / 1e6},
        }
        for name, (read, written) in prices.items()
    ]
    return json.dumps({"data": rows})


def prometheus(latencies: Mapping[str, str]) -> str:
    rows = [{"metric": {"model_name": name}, "value": [1, value]} for name, value in latencies.items()]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": rows}})


@contextmanager
def fed(cost: str = "", latency: str = "", aliases: str = "", **says: Any) -> Iterator[tuple[Stage, Provider]]:
    """A stage and its feed: `cost` is the provider's word and path, or `latency` a path. `says`: how it answers."""
    with ExitStack() as opened:
        feed = opened.enter_context(Provider())
        feed.always(**says)
        rows = []
        if cost:
            provider, _, path = cost.partition(" ")
            more = f", model_aliases: {aliases}" if aliases else ""
            rows.append(f'{{type: cost, provider: {provider}, url: "{feed.url}{path}", refresh_interval: 1{more}}}')
        if latency:
            rows.append(
                f"{{type: latency, provider: prometheus, url: \"{feed.url}{latency}\", query: '{QUERY}', "
                "refresh_interval: 1}"
            )
        sources = "\nmodel_metrics_sources:\n" + "".join(f"  - {row}\n" for row in rows) if rows else ""
        preferences = PREFERENCES.replace("PREFER", "fastest" if latency else "none")
        made = opened.enter_context(stage(preferences, sources))
        yield made, feed


def ranked(made: Stage, text: str = CODE) -> list[str]:
    found = made.question(text)["models"]
    assert isinstance(found, list)
    return found


def becomes(made: Stage, order: list[str], text: str = CODE) -> None:
    """Waits until the ranking is this one."""
    until(lambda: ranked(made, text) == order, timeout_s=60)


def test_prices_of_models_dev_come_change_and_stay() -> None:
    """New prices reorder at once; a feed that fails, or talks nonsense, leaves the last good ones."""
    first = models_dev({GPT: (9, 9), MINI: (1, 1), LLAMA: (2, 2)})
    with fed("models.dev /api.json?v=2", body=first) as (made, feed):
        becomes(made, [MINI, LLAMA, GPT, SMALL])
        assert (feed.last.method, feed.last.target) == ("GET", "/api.json?v=2")
        assert feed.last.header("authorization") is None

        feed.always(body=models_dev({GPT: (0.5, 0.5), MINI: (1, 1), LLAMA: (2, 2)}))
        becomes(made, [GPT, MINI, LLAMA, SMALL])
        assert made.ask(CODE, MINI).headers["x-plano-model"] == GPT

        feed.next(status=500)
        feed.always(body="<html>")
        asked = len(feed.seen)
        until(lambda: made.gateway.sidecar_log().count("source_failed") > 1, timeout_s=60)
        assert len(feed.seen) > asked
        assert ranked(made) == [GPT, MINI, LLAMA, SMALL]

        feed.always(body=models_dev({GPT: (9, 9), MINI: (8, 8), LLAMA: (7, 7)}))
        becomes(made, [LLAMA, MINI, GPT, SMALL])


def test_prices_of_digitalocean_by_names_of_its_own() -> None:
    prices = {"openai-gpt-4o": (2.0, 2.0), "gpt-4o-mini": (3.0, 3.0), "llama": (1.0, 1.0), "small": (4.0, 4.0)}
    aliases = f"{{openai-gpt-4o: {GPT}, llama: {LLAMA}}}"
    with fed("digitalocean /v2/catalog", aliases=aliases, body=digitalocean(prices)) as (made, feed):
        becomes(made, [LLAMA, GPT, MINI, SMALL])
        assert feed.last.target == "/v2/catalog"


def test_latencies_of_prometheus() -> None:
    """Samples that are no number count as none; models without one go last, in their own order."""
    first = prometheus({GPT: "NaN", MINI: "0.2", LLAMA: "0.9", SMALL: "0.1", "other": "0"})
    with fed(latency="/prom", body=first) as (made, feed):
        becomes(made, [SMALL, MINI, LLAMA, GPT], POEM)
        assert feed.last.path == "/prom/api/v1/query"
        assert feed.last.target.partition("?query=")[2] == (
            "avg%28latency%7Bjob%3D%22gateway%22%7D%29%20by%20%28model_name%29"
        )
        feed.always(body=prometheus({GPT: "0.1", MINI: "0.2", LLAMA: "+Inf", SMALL: "-1"}))
        becomes(made, [GPT, MINI, SMALL, LLAMA], POEM)


@pytest.fixture(scope="module")
def sourceless() -> Iterator[Stage]:
    with stage(PREFERENCES.replace("PREFER", "none")) as made:
        yield made


def test_without_a_source_the_prices_of_the_gateway_hold(sourceless: Stage) -> None:
    """Models without a price go last, in their own order."""
    assert ranked(sourceless) == [MINI, GPT, SMALL, LLAMA]


def test_an_order_that_is_asked_for_stays(sourceless: Stage) -> None:
    assert ranked(sourceless, POEM) == [GPT, SMALL, LLAMA, MINI]


@pytest.mark.parametrize("fault", ["hang", "reset"])
def test_a_feed_that_never_answers_holds_up_nothing(fault: str) -> None:
    with fed("models.dev /api.json", fault=fault) as (made, feed):
        until(lambda: feed.seen, timeout_s=60)
        order = ranked(made)
        assert order.index(MINI) < order.index(GPT)
        assert made.ask(NEITHER).status == 200


def test_two_workers_learn_the_same_prices() -> None:
    """Each keeps a table of its own; both end with the feed's order."""
    with ExitStack() as opened:
        feed = opened.enter_context(Provider())
        feed.always(body=models_dev({GPT: (1, 1), MINI: (2, 2), LLAMA: (3, 3)}))
        source = f'model_metrics_sources: [{{type: cost, provider: models.dev, url: "{feed.url}/api.json"}}]\n'
        made = opened.enter_context(stage(PREFERENCES.replace("PREFER", "none"), source, workers=2))
        until(lambda: all(ranked(made) == [GPT, MINI, LLAMA, SMALL] for _ in range(12)), timeout_s=60)
