"""Sections about choosing -> values of `config.py`, as written: decisions, the router, sessions, feeds.

In: mappings. Out: values without defaults; what the schema refuses reads as absent. Never: a resolved secret.
"""

from __future__ import annotations

from typing import Literal

from control_plane.config import Decision, MetricsSource, PromptCaching, Router, Routing, RoutingBudget, SessionCache
from control_plane.document import Scalar
from control_plane.read.sections import Section


def decision(section: Section | None) -> Decision | None:
    """A listener's."""
    if section is None:
        return None
    return Decision(
        mode=section.one_of("mode", "sequential", "parallel"),
        deadline=section.seconds("deadline"),
        no_match=section.one_of("no_match", "default", "refuse"),
        router_failure=section.one_of("router_failure", "default", "refuse"),
        sidecar_failure=section.one_of("sidecar_failure", "default", "refuse"),
        agent_failure=section.one_of("agent_failure", "fail", "skip"),
        headers=section.flag("headers"),
        at=section.at,
    )


def router(section: Section | None) -> Router | None:
    if section is None:
        return None
    return Router(
        kind=section.one_of("kind", "embedded", "vllm", "cascade"),
        model=section.text("model"),
        prompt=section.text("prompt"),
        threshold=section.number("threshold"),
        context_length=section.whole("context_length"),
        at=section.at,
    )


def routing(section: Section | None) -> Routing | None:
    if section is None:
        return None
    return Routing(
        llm_provider=section.text("llm_provider"),
        model=section.text("model"),
        session_ttl_seconds=section.whole("session_ttl_seconds"),
        session_max_entries=section.whole("session_max_entries"),
        session_cache=_cache(section.section("session_cache")),
        routing_budget=_budget(section.section("routing_budget")),
        route_on_user_only=section.flag("route_on_user_only"),
        at=section.at,
    )


def _cache(section: Section | None) -> SessionCache | None:
    if section is None:
        return None
    return SessionCache(
        type=section.one_of("type", "memory", "redis"),
        url=section.secret("url"),
        tenant_header=section.text("tenant_header"),
        at=section.at,
    )


def _budget(section: Section | None) -> RoutingBudget | None:
    spend = section.number("max_switch_spend_pct") if section else None
    if section is None or spend is None:
        return None
    return RoutingBudget(
        max_switch_spend_pct=spend,
        replenish_on_rebind=section.flag("replenish_on_rebind"),
        cache_read_discount=section.number("cache_read_discount"),
        record_counterfactual=section.flag("record_counterfactual"),
        at=section.at,
    )


def prompt_caching(section: Section | None) -> PromptCaching | None:
    if section is None:
        return None
    return PromptCaching(
        enabled=section.flag("enabled"),
        session_affinity=section.flag("session_affinity"),
        inject_cache_control=section.flag("inject_cache_control"),
        min_prefix_tokens=section.whole("min_prefix_tokens"),
        session_ttl_seconds=section.whole("session_ttl_seconds"),
        at=section.at,
    )


def sources(root: Section) -> tuple[MetricsSource, ...]:
    """An entry without a known type and provider is left out: nothing can be said about it."""
    return tuple(found for section in root.items("model_metrics_sources") if (found := _source(section)))


def _source(section: Section) -> MetricsSource | None:
    kind: Literal["cost", "latency"] | None = section.one_of("type", "cost", "latency")
    provider: Literal["digitalocean", "models.dev", "prometheus"] | None
    provider = section.one_of("provider", "digitalocean", "models.dev", "prometheus")
    if kind is None or provider is None:
        return None
    return MetricsSource(
        type=kind,
        provider=provider,
        url=section.text("url"),
        query=section.text("query"),
        refresh_interval=section.whole("refresh_interval"),
        model_aliases=_aliases(section.section("model_aliases")),
        at=section.at,
    )


def _aliases(section: Section | None) -> dict[str, str] | None:
    if section is None:
        return None
    entries = section.node.entries.items()
    return {key: n.value for key, n in entries if isinstance(n, Scalar) and isinstance(n.value, str)}
