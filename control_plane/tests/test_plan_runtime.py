"""The sidecar's file says what the plan says."""

from __future__ import annotations

from control_plane import runtime
from control_plane.config import (
    Agent,
    Filter,
    ListenerAgent,
    Overrides,
    RoutingPreference,
    SelectionPolicy,
)
from control_plane.tests.plan_inputs import alias, config, listener, place, planned, provider

AGENTS = (
    ListenerAgent(id="one", description="first", input_filters=("guard",), at=place()),
    ListenerAgent(id="two", description="second", default=True, at=place()),
)
WHOLE = config(
    provider("openai/a", default=True),
    provider("anthropic/b"),
    provider("groq/*"),
    listeners=(
        listener(input_filters=("guard",), output_filters=("mask",)),
        listener("agent", "desk", port=8001, agents=AGENTS, router="plano_orchestrator_v1"),
    ),
    model_aliases=(alias("both", "openai/a", "anthropic/b"),),
    agents=(Agent(id="one", url="http://one/base", at=place()), Agent(id="two", url="http://two", at=place())),
    filters=(
        Filter(id="guard", url="http://g", at=place()),
        Filter(id="mask", url="http://m", type="http", at=place()),
    ),
    routing_preferences=(
        RoutingPreference(
            name="code",
            description="writing code",
            models=("openai/a",),
            selection_policy=SelectionPolicy(prefer="cheapest", at=place()),
            at=place(),
        ),
    ),
    overrides=Overrides(disable_signals=True, at=place()),
)
FILE = runtime.runtime(WHOLE, planned(WHOLE))


def test_names_and_clusters_are_those_of_the_plan() -> None:
    plan = planned(WHOLE)
    clusters = {cluster.name for cluster in plan.clusters}
    for read, made in zip(FILE.listeners, plan.listeners, strict=True):
        assert (read.name, read.kind) == (made.name, made.kind)
        routes = {route.name for route in read.routes}
        assert {*read.names.values(), *read.prefixes.values()} <= routes
        assert {t.cluster for r in read.routes for g in r.groups for t in g} <= clusters
        outbounds = {outbound.name: outbound for outbound in plan.outbounds}
        assert {agent.outbound for agent in read.agents} <= outbounds.keys()
    assert {outbound.cluster for outbound in plan.outbounds} <= clusters


def test_candidates_include_those_that_need_translation() -> None:
    route = next(r for r in FILE.listeners[0].routes if r.name == "both")
    assert [[(t.cluster, t.model, t.dialect) for t in g] for g in route.groups] == [
        [("openai", "a", "openai_chat")],
        [("anthropic", "b", "anthropic_messages")],
    ]
    assert "/v1/messages" in route.native


def test_agents_filters_preferences_settings() -> None:
    models, desk = FILE.listeners
    assert (models.default, models.input_filters, models.output_filters) == ("openai/a", ("guard",), ("mask",))
    assert [(a.id, a.description, a.default, a.key, a.input_filters) for a in desk.agents] == [
        ("one", "first", False, "@one", ("guard",)),
        ("two", "second", True, "@two", ()),
    ]
    assert [(f.id, f.type, f.tool) for f in FILE.filters] == [("guard", "mcp", "guard"), ("mask", "http", "mask")]
    assert [(p.name, p.prefer) for p in FILE.preferences] == [("code", "cheapest")]
    assert FILE.settings == {"overrides": {"disable_signals": True}}
