"""Who chooses, and the feeds of prices and latencies, as the plan and the sidecar's file know them."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from control_plane import runtime
from control_plane.config import (
    Config,
    Decision,
    MetricsSource,
    Overrides,
    Router,
)
from control_plane.gateway import Endpoint, Gateway, Outbound
from control_plane.plan import router as plan_router
from control_plane.tests.plan_inputs import config, errors, listener, place, planned, provider, warnings
from schemas import names
from schemas import runtime as contract

ROUTER = provider("plano/Plano-Orchestrator", key=None, base_url="http://router:8000/v1")


def file(config: Config) -> contract.RuntimeConfig:
    return runtime.runtime(config, planned(config))


def outbound(made: Gateway, name: str) -> Outbound:
    (found,) = [outbound for outbound in made.outbounds if outbound.name == name]
    return found


def written(**fields: Any) -> Decision:
    return Decision(at=place(), **fields)


def test_without_a_word_the_embedded_router_chooses() -> None:
    chosen = file(config(provider("openai/a"))).router
    assert chosen == contract.Router(
        kind="embedded", outbound=None, model=None, prompt="", context_tokens=8192, threshold=None
    )


SERVED = [
    pytest.param({"router": Router(model="plano/Plano-Orchestrator", at=place())}, "vllm", id="whole name"),
    pytest.param({"router": Router(model="Plano-Orchestrator", at=place())}, "vllm", id="bare id"),
    pytest.param({"router": Router(kind="cascade", model="Plano-Orchestrator", at=place())}, "cascade", id="cascade"),
    pytest.param({"overrides": Overrides(llm_routing_model="Plano-Orchestrator", at=place())}, "vllm", id="override"),
    pytest.param(
        {"overrides": Overrides(agent_orchestration_model="plano/Plano-Orchestrator", at=place())},
        "vllm",
        id="the other override",
    ),
    pytest.param(
        {"overrides": Overrides(llm_routing_model="gone", agent_orchestration_model="Plano-Orchestrator", at=place())},
        "vllm",
        id="the override that leads somewhere",
    ),
    pytest.param(
        {
            "router": Router(kind="cascade", at=place()),
            "overrides": Overrides(llm_routing_model="Plano-Orchestrator", at=place()),
        },
        "cascade",
        id="the section says how, the override whom",
    ),
]


@pytest.mark.parametrize("more, kind", SERVED)
def test_a_served_router_is_called_through_its_own_cluster(more: dict[str, Any], kind: str) -> None:
    asked = config(provider("openai/a", default=True), ROUTER, listeners=(listener(),), **more)
    made, chosen = planned(asked), file(asked).router
    assert (chosen.kind, chosen.outbound, chosen.model) == (kind, names.ROUTER_OUTBOUND, "Plano-Orchestrator")
    cluster = next(c for c in made.clusters if c.name == outbound(made, names.ROUTER_OUTBOUND).cluster)
    assert (cluster.host, cluster.port) == ("router", 8000)
    assert dict(cluster.paths)[Endpoint.CHAT_COMPLETIONS].path == "/v1/chat/completions"


def test_a_router_nobody_asks_leaves_no_outbound() -> None:
    asked = config(provider("openai/a"), ROUTER, router=Router(kind="embedded", at=place()))
    assert planned(asked).outbounds == ()


def test_a_provider_by_its_own_name_and_one_behind_a_wildcard() -> None:
    entries = (provider("openai/a", name="chooser"), provider("groq/*"))
    named = file(config(*entries, router=Router(model="chooser", at=place())))
    assert named.router.model == "a"
    wild = config(*entries, router=Router(model="groq/llama-3.1-8b", at=place()))
    assert file(wild).router.model == "llama-3.1-8b"
    assert outbound(planned(wild), "router").cluster == "groq"


def test_the_router_waits_as_long_as_the_most_patient_listener() -> None:
    patient, quick = listener(decision=written(deadline=9.0)), listener(name="b", port=2)
    made = planned(
        config(provider("openai/a"), ROUTER, listeners=(patient, quick), router=Router(model="a", at=place()))
    )
    limits = outbound(made, "router").timeouts
    assert (limits.first_byte_s, limits.total_s) == (9.0, 9.0)


@pytest.mark.parametrize(
    "router, overrides, tokens",
    [
        (None, None, 8192),
        (None, Overrides(orchestrator_model_context_length=4096, at=place()), 4096),
        (Router(context_length=100, at=place()), Overrides(orchestrator_model_context_length=4096, at=place()), 100),
    ],
    ids=["default", "override", "section wins"],
)
def test_how_much_a_router_reads(router: Router | None, overrides: Overrides | None, tokens: int) -> None:
    assert file(config(provider("openai/a"), router=router, overrides=overrides)).router.context_tokens == tokens


def test_a_router_that_speaks_another_language_is_refused() -> None:
    asked = config(provider("anthropic/b"), router=Router(model="b", at=place()))
    assert errors(asked) == [
        "router-model: router.model is anthropic/b, which does not answer /v1/chat/completions, the path a router is "
        "asked on"
    ]


def test_an_override_that_speaks_another_language_is_warned_of() -> None:
    asked = config(provider("anthropic/b"), overrides=Overrides(llm_routing_model="b", at=place()))
    assert [told for told in warnings(asked) if told.startswith("router-model: overrides.llm_routing_model")]
    assert file(asked).router.kind == "embedded"


def test_a_router_without_a_key_of_its_own_is_warned_of() -> None:
    asked = config(provider("openai/a", passthrough_auth=True), router=Router(model="a", at=place()))
    assert [told for told in warnings(asked) if told.startswith("router-credential")]


def source(kind: Any, provider: Any, **more: Any) -> MetricsSource:
    return MetricsSource(type=kind, provider=provider, at=place(), **more)


FEEDS = [
    pytest.param(source("cost", "models.dev"), "models.dev", 443, "/api.json", 3600.0, id="models.dev"),
    pytest.param(
        source("cost", "digitalocean", refresh_interval=5),
        "api.digitalocean.com",
        443,
        "/v2/gen-ai/models/catalog",
        5.0,
        id="digitalocean",
    ),
    pytest.param(
        source("cost", "models.dev", url="http://prices:81/list?all=1"), "prices", 81, "/list?all=1", 3600.0, id="own"
    ),
    pytest.param(
        source("latency", "prometheus", url="http://prom:9090/p/", query='q{a="b c"}[5m]'),
        "prom",
        9090,
        "/p/api/v1/query?query=q%7Ba%3D%22b%20c%22%7D%5B5m%5D",
        60.0,
        id="prometheus",
    ),
]


@pytest.mark.parametrize("feed, host, port, path, refresh_s", FEEDS)
def test_feeds(feed: MetricsSource, host: str, port: int, path: str, refresh_s: float) -> None:
    asked = config(provider("openai/a"), model_metrics_sources=(feed,))
    made, (read,) = planned(asked), file(asked).sources
    assert (read.kind, read.format, read.path, read.refresh_s) == (feed.type, feed.provider, path, refresh_s)
    cluster = next(c for c in made.clusters if c.name == outbound(made, read.outbound).cluster)
    assert (cluster.host, cluster.port, cluster.tls is not None) == (host, port, port == 443)


def test_both_feeds_have_names_of_their_own_and_aliases() -> None:
    cost = source("cost", "models.dev", model_aliases={"their-id": "openai/a"})
    latency = source("latency", "prometheus", url="http://p", query="q")
    read = file(config(provider("openai/a"), model_metrics_sources=(cost, latency))).sources
    assert [(s.outbound, dict(s.aliases)) for s in read] == [
        ("source/cost", {"their-id": "openai/a"}),
        ("source/latency", {}),
    ]


def test_a_provider_called_like_a_feed_keeps_its_cluster() -> None:
    own = provider("source_cost/a", base_url="http://h", provider_interface="openai")
    made = planned(config(own, model_metrics_sources=(source("cost", "models.dev"),)))
    assert len({c.name for c in made.clusters}) == len(made.clusters) == 2


def test_the_default_in_the_schema_is_the_one_the_plan_fills_in() -> None:
    schema = json.loads(files("schemas").joinpath("plano.schema.json").read_text("utf-8"))
    assert schema["properties"]["router"]["properties"]["context_length"]["default"] == plan_router.CONTEXT_TOKENS
