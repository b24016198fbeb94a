"""How conversations keep their model, with Plano's defaults."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from control_plane import environment, runtime
from control_plane.config import (
    Config,
    MetricsSource,
    PromptCaching,
    Routing,
    RoutingBudget,
    RoutingPreference,
    SessionCache,
)
from control_plane.plan import sessions
from control_plane.tests.plan_inputs import config, place, planned, provider
from schemas import runtime as contract

TASK = RoutingPreference(
    name="code", description="writing code", examples=("sort a list",), models=("openai/a",), at=place()
)


def file(config: Config) -> contract.RuntimeConfig:
    return runtime.runtime(config, planned(config))


def routing(**fields: Any) -> Routing:
    return Routing(at=place(), **fields)


def caching(**fields: Any) -> PromptCaching:
    return PromptCaching(at=place(), **fields)


def test_sessions_by_default() -> None:
    assert file(config(provider("openai/a"))).sessions == contract.Sessions(
        ttl_s=600.0,
        max_entries=10_000,
        store="memory",
        url=None,
        tenant_header=None,
        implicit=False,
        route_on_user_only=False,
        budget=None,
    )


def test_sessions_as_written() -> None:
    cache = SessionCache(type="redis", url=environment.text("redis://:$PW@h"), tenant_header="X-Org", at=place())
    budget = RoutingBudget(max_switch_spend_pct=25.0, at=place())
    read = file(
        config(
            provider("openai/a"),
            routing=routing(
                session_ttl_seconds=60,
                session_max_entries=5,
                session_cache=cache,
                routing_budget=budget,
                route_on_user_only=True,
            ),
        )
    ).sessions
    assert (read.ttl_s, read.max_entries, read.store, read.route_on_user_only) == (60.0, 5, "redis", True)
    assert (read.url, read.tenant_header) == ("redis://:$PW@h", "x-org")
    assert read.budget == contract.Budget(
        max_switch_spend_pct=25.0, replenish_on_rebind=True, cache_read_discount=0.1, record_counterfactual=False
    )


BUDGET = RoutingBudget(
    max_switch_spend_pct=0.0,
    replenish_on_rebind=False,
    cache_read_discount=0.0,
    record_counterfactual=True,
    at=place(),
)


def test_a_budget_of_nothing_is_a_budget() -> None:
    read = file(config(provider("openai/a"), routing=routing(routing_budget=BUDGET))).sessions.budget
    assert read == contract.Budget(
        max_switch_spend_pct=0.0, replenish_on_rebind=False, cache_read_discount=0.0, record_counterfactual=True
    )


@pytest.mark.parametrize(
    "more, implicit",
    [
        pytest.param({"prompt_caching": caching(enabled=True)}, True, id="caching"),
        pytest.param({"prompt_caching": caching(enabled=True, session_affinity=False)}, False, id="without affinity"),
        pytest.param({"prompt_caching": caching(session_affinity=True)}, True, id="affinity alone"),
        pytest.param({"routing": routing(routing_budget=BUDGET)}, True, id="budget"),
        pytest.param({"routing": routing(route_on_user_only=True)}, False, id="by turn, nothing to choose by"),
        pytest.param({"routing": routing(route_on_user_only=True), "routing_preferences": (TASK,)}, True, id="by turn"),
        pytest.param({"routing": routing(session_ttl_seconds=1)}, False, id="a lifetime alone"),
    ],
)
def test_when_conversations_are_recognised_by_their_beginning(more: dict[str, Any], implicit: bool) -> None:
    assert file(config(provider("openai/a"), **more)).sessions.implicit is implicit


def test_the_lifetime_of_prompt_caching_is_used_where_routing_has_none() -> None:
    short = caching(session_ttl_seconds=30)
    assert file(config(provider("openai/a"), prompt_caching=short)).sessions.ttl_s == 30.0
    both = config(provider("openai/a"), prompt_caching=short, routing=routing(session_ttl_seconds=90))
    assert file(both).sessions.ttl_s == 90.0


def test_an_address_of_sessions_in_memory_is_left_out() -> None:
    cache = SessionCache(url=environment.text("redis://:secret@h"), at=place())
    assert file(config(provider("openai/a"), routing=routing(session_cache=cache))).sessions.url is None


def test_sections_with_a_type_are_not_carried_twice() -> None:
    asked = config(
        provider("openai/a"),
        routing=routing(route_on_user_only=True),
        model_metrics_sources=(MetricsSource(type="cost", provider="models.dev", at=place()),),
        prompt_caching=caching(enabled=True),
        system_prompt="be kind",
    )
    assert file(asked).settings == {"prompt_caching": {"enabled": True}, "system_prompt": "be kind"}


def test_defaults_in_the_schema_are_the_ones_the_plan_fills_in() -> None:
    schema = json.loads(files("schemas").joinpath("plano.schema.json").read_text("utf-8"))
    kept = schema["properties"]["routing"]["properties"]
    assert kept["session_ttl_seconds"]["default"] == sessions.TTL_S
    assert kept["session_max_entries"]["default"] == sessions.MAX_ENTRIES
    assert kept["routing_budget"]["properties"]["cache_read_discount"]["default"] == sessions.CACHE_READ_DISCOUNT
