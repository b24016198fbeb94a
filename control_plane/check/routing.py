"""Sections about choosing models and keeping state: what each choice needs from another section."""

from __future__ import annotations

from typing import Any

from control_plane.check.places import Places
from control_plane.config import Config
from control_plane.problems import Problems
from control_plane.read.schema_check import shown

_SOURCES = {"digitalocean": "cost", "models.dev": "cost", "prometheus": "latency"}
_NEEDS = {"cheapest": "cost", "fastest": "latency"}


def check(config: Config, places: Places, problems: Problems) -> None:
    kinds = _check_sources(config, places, problems)
    _check_policies(config, kinds, places, problems)
    routing: dict[str, Any] = config.routing or {}
    if "routing_budget" in routing and "cost" not in kinds:
        do = "add model_metrics_sources with an entry '{type: cost, provider: models.dev}'"
        problems.error(places.top("routing", "routing_budget"), "no-source", "routing_budget needs costs of models", do)
    _check_cache(routing, places, problems)
    _check_state(config, places, problems)


def _check_sources(config: Config, places: Places, problems: Problems) -> set[str]:
    kinds: set[str] = set()
    for index, source in enumerate(config.model_metrics_sources):
        at = places.top("model_metrics_sources", index)
        kind, provider = source.get("type"), source.get("provider")
        if not isinstance(kind, str) or not isinstance(provider, str):
            continue
        if kind in kinds:
            problems.error(at, "duplicate", f"there is more than one {shown(kind)} source", "keep one of each type")
        kinds.add(kind)
        if _SOURCES.get(provider, kind) != kind:
            what = f"'{shown(provider)}' is no source of {shown(kind)}"
            do = f"use {' or '.join(name for name, tells in _SOURCES.items() if tells == kind)}"
            problems.error(places.top("model_metrics_sources", index, "provider"), "not-one-of", what, do)
        missing = [key for key in ("url", "query") if kind == "latency" and key not in source]
        for key in missing:
            problems.error(at, "missing", f"'{key}' is missing in this latency source", f"add '{key}: ...'")
    return kinds


def _check_policies(config: Config, kinds: set[str], places: Places, problems: Problems) -> None:
    for preference in config.routing_preferences:
        policy = preference.selection_policy
        need = _NEEDS.get(policy.prefer) if policy else None
        if policy and need and need not in kinds:
            what = f"'prefer: {policy.prefer}' needs a source of {need}"
            do = f"add model_metrics_sources with an entry of 'type: {need}', or write 'prefer: none'"
            problems.error(places.of(policy.at, "prefer"), "no-source", what, do)


def _check_cache(routing: dict[str, Any], places: Places, problems: Problems) -> None:
    cache = routing.get("session_cache")
    if not isinstance(cache, dict) or cache.get("type") != "redis":
        return
    at = places.top("routing", "session_cache")
    if not cache.get("url"):
        problems.error(at, "missing", "a redis session_cache needs its address", "add 'url: redis://host:6379'")
    if not cache.get("tenant_header"):
        what = "a shared session_cache without tenant_header keeps the conversations of all tenants together"
        problems.warn(at, "no-tenant", what, "add 'tenant_header: ...' where several tenants share the gateway")


def _check_state(config: Config, places: Places, problems: Problems) -> None:
    state = config.state_storage or {}
    if state.get("type") == "postgres" and not state.get("connection_string"):
        do = "add 'connection_string: postgresql://user:$DB_PASSWORD@host:5432/database'"
        problems.error(places.top("state_storage"), "missing", "postgres storage needs a connection_string", do)
