"""The routing budget: a conversation changes its model only where that is worth its price, by live prices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from e2e.choosing import ARITHMETIC, CODE, GPT, LLAMA, MINI, WRITING, Stage, models_dev, stage, until
from e2e.client import CHAT, call
from e2e.fake import Provider

PREFERENCES = f"""
routing_preferences:
  - {{name: code, description: programs and their faults, models: [{LLAMA}]}}
  - {{name: writing, description: poems and stories, models: [{GPT}]}}
  - {{name: arithmetic, description: sums and products, models: [{MINI}]}}
"""
PRICES = models_dev({GPT: (100.0, 100.0), MINI: (0.1, 0.1), LLAMA: (1.0, 1.0)})
DEAR, USUAL, CHEAP = WRITING, CODE, ARITHMETIC
CONTEXT = "lorem ipsum " * 500
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def feed() -> Iterator[Provider]:
    with Provider() as made:
        made.always(body=PRICES)
        yield made


@pytest.fixture(scope="module")
def budgeted(feed: Provider) -> Iterator[Stage]:
    budget = "routing_budget: {max_switch_spend_pct: 0, record_counterfactual: true}"
    with priced(feed, f"routing: {{{budget}}}\n") as made:
        yield made


@pytest.fixture(scope="module")
def free(feed: Provider) -> Iterator[Stage]:
    with priced(feed, "") as made:
        yield made


@contextmanager
def priced(feed: Provider, routing: str) -> Iterator[Stage]:
    """A stage that knows the prices of the feed."""
    source = f'model_metrics_sources: [{{type: cost, provider: models.dev, url: "{feed.url}/api.json"}}]\n'
    with stage(PREFERENCES, source, routing) as made:
        until(lambda: '"source_refreshed"' in made.gateway.sidecar_log(), timeout_s=60)
        yield made


def affine(**more: str) -> dict[str, str]:
    return {"x-model-affinity": f"c-{next(_NUMBERS)}"} | {name.replace("_", "-"): v for name, v in more.items()}


def turn(made: Stage, text: str, headers: dict[str, str]) -> dict[str, Any]:
    """A turn of a long conversation: its record."""
    said = [
        {"role": "user", "content": CONTEXT},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": text},
    ]
    reply = call(made.port, CHAT, {"model": MINI, "messages": said}, headers)
    assert reply.status == 200
    return made.decision(reply)


def begin(made: Stage, headers: dict[str, str]) -> None:
    """The conversation is on its usual model, and known to be."""
    assert turn(made, USUAL, headers)["model"] == LLAMA
    until(lambda: turn(made, USUAL, headers).get("plano.cache.warm"))


def test_a_dear_change_is_not_made(budgeted: Stage) -> None:
    headers = affine()
    begin(budgeted, headers)
    record = turn(budgeted, DEAR, headers)
    assert (record["model"], record["why"]) == (LLAMA, "switch_too_expensive")
    assert record["plano.switch.decision"] == "retained"
    assert record["plano.switch.counterfactual_route"] == f"{GPT} (writing)"
    assert record["plano.switch.cost_in_usd"] > record["plano.switch.overhead_ceiling_in_usd"] == 0


def test_a_change_that_saves_is_made(budgeted: Stage) -> None:
    headers = affine()
    begin(budgeted, headers)
    record = turn(budgeted, CHEAP, headers)
    assert (record["model"], record["why"]) == (MINI, "preference")
    assert (record["plano.switch.decision"], record["plano.session.switches"]) == ("allowed", 1)
    assert record["plano.session.switch_spend_in_usd"] == 0


def test_the_router_is_asked_for_every_turn_under_a_budget(budgeted: Stage) -> None:
    """Here the budget decides what an id alone would: the answer is needed to weigh it."""
    headers = affine()
    begin(budgeted, headers)
    budgeted.reset()
    turn(budgeted, USUAL, headers)
    assert budgeted.router.seen


def test_conversations_are_recognised_without_an_id(budgeted: Stage) -> None:
    text = f"{USUAL}, number {next(_NUMBERS)}"
    first = budgeted.question(text)
    assert first["session_id"].startswith("implicit:")
    assert until(lambda: (found := budgeted.question(text))["pinned"] and found)["switched"] is False


def test_cache_off(budgeted: Stage) -> None:
    """Without an id nothing is recognised then; a dear change costs nothing that anyone knows of."""
    off = {"x-plano-cache": "off"}
    assert turn(budgeted, USUAL, off)["model"] == LLAMA
    assert turn(budgeted, DEAR, off)["model"] == GPT


def test_a_question_tells_of_a_change(budgeted: Stage) -> None:
    headers = affine()
    begin(budgeted, headers)
    found = budgeted.question(CHEAP, headers=headers, tools=[])
    assert (found["models"], found["pinned"], found["switched"]) == ([MINI], True, True)


def test_a_request_may_bring_a_budget(free: Stage) -> None:
    headers = affine(x_plano_max_switch_spend_pct="0")
    begin(free, headers)
    assert turn(free, DEAR, headers)["why"] == "switch_too_expensive"


def test_a_generous_request(budgeted: Stage) -> None:
    """The baseline grows with every turn; a whole baseline's worth may be spent where a request says so."""
    headers = affine()
    begin(budgeted, headers)
    generous = headers | {"x-plano-max-switch-spend-pct": "100"}
    for _ in range(10):
        turn(budgeted, USUAL, headers)
    ceiling = turn(budgeted, DEAR, generous)["plano.switch.overhead_ceiling_in_usd"]
    assert ceiling > 0
    assert turn(budgeted, DEAR, headers)["plano.switch.overhead_ceiling_in_usd"] == 0


@pytest.mark.parametrize("value", ["-1", "101", "lots", ""])
def test_a_budget_that_is_none_is_ignored(free: Stage, value: str) -> None:
    headers = affine()
    begin(free, headers)
    record = turn(free, DEAR, headers | {"x-plano-max-switch-spend-pct": value})
    assert (record["model"], record["why"]) == (LLAMA, "continuation")


def test_without_a_budget_the_id_alone_pins(free: Stage) -> None:
    headers = affine()
    begin(free, headers)
    record = turn(free, CHEAP, headers)
    assert (record["model"], record["why"]) == (LLAMA, "continuation")
    assert "plano.switch.decision" not in record
