"""Sections about choosing models and keeping state: what each choice needs from another section."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from control_plane.check.places import Places
from control_plane.check.urls import url_fault
from control_plane.config import Config, MetricsSource, Routing, SessionCache, Text
from control_plane.environment import REFERENCE
from control_plane.model_names import ModelNames
from control_plane.problems import Problems
from control_plane.read.schema_check import shown
from control_plane.suggest import hint

_SOURCES = {"digitalocean": "cost", "models.dev": "cost", "prometheus": "latency"}
_NEEDS = {"cheapest": "cost", "fastest": "latency"}
_ADD_COSTS = "add model_metrics_sources with an entry '{type: cost, provider: models.dev}' for today's prices"


def check(config: Config, places: Places, problems: Problems) -> None:
    kinds = _check_sources(config, places, problems)
    _check_policies(config, kinds, places, problems)
    if config.routing:
        _check_routing(config.routing, kinds, places, problems)
    _check_state(config, places, problems)


def _check_sources(config: Config, places: Places, problems: Problems) -> set[str]:
    kinds: set[str] = set()
    names = ModelNames(config)
    for source in config.model_metrics_sources:
        if source.type in kinds:
            what = f"there is more than one {source.type} source"
            problems.error(source.at, "duplicate", what, "keep one of each type")
        kinds.add(source.type)
        _check_source(source, places, problems)
        _check_source_aliases(source, names, places, problems)
    return kinds


def _check_source(source: MetricsSource, places: Places, problems: Problems) -> None:
    if _SOURCES[source.provider] != source.type:
        what = f"'{source.provider}' is no source of {source.type}"
        do = f"use {' or '.join(name for name, tells in _SOURCES.items() if tells == source.type)}"
        problems.error(places.of(source.at, "provider"), "not-one-of", what, do)
        return
    missing = [key for key in ("url", "query") if source.type == "latency" and not getattr(source, key)]
    for key in missing:
        at = places.of(source.at, key)
        problems.error(at, "missing", f"'{key}' is missing in this latency source", f"add '{key}: ...'")
    # A feed may be told apart by its query; the query of a latency source is a key of its own.
    bare = source.url.split("?", 1)[0] if source.url and source.type == "cost" else source.url
    if bare and (fault := url_fault(bare)):
        do = "write for example http://localhost:9090"
        problems.error(places.of(source.at, "url"), "address", f"the url of this {source.type} source {fault}", do)
    idle = "query" if source.type == "cost" else "model_aliases"
    if getattr(source, idle):
        what = f"'{idle}' has no effect in a {source.type} source"
        problems.warn(places.of(source.at, idle), "no-effect", what, "remove it")


def _check_source_aliases(source: MetricsSource, names: ModelNames, places: Places, problems: Problems) -> None:
    aliases: Mapping[str, str] = source.model_aliases or {}
    for model in dict.fromkeys(aliases.values()):
        if not names.knows(model):
            what = f"model_aliases names the model '{shown(model)}', which is not declared"
            do = hint(model, names.hints(), "name a declared model; known are {known}")
            problems.warn(places.of(source.at, "model_aliases"), "unknown-model", what, do)


def _check_policies(config: Config, kinds: set[str], places: Places, problems: Problems) -> None:
    """Prices come with the gateway, latencies cannot."""
    for preference in config.routing_preferences:
        policy = preference.selection_policy
        if policy is None or _NEEDS.get(policy.prefer, "") in {"", *kinds}:
            continue
        at = places.of(policy.at, "prefer")
        if policy.prefer == "cheapest":
            what = "'prefer: cheapest' goes by the prices this version of the gateway knows: there is no source of cost"
            problems.warn(at, "no-source", what, _ADD_COSTS)
        else:
            do = "add model_metrics_sources with an entry of 'type: latency', or write 'prefer: none'"
            problems.error(at, "no-source", "'prefer: fastest' needs a source of latency", do)


def _check_routing(routing: Routing, kinds: set[str], places: Places, problems: Problems) -> None:
    for key in ("llm_provider", "model"):
        if getattr(routing, key) is not None:
            what = f"routing.{key} is a setting of old releases and has no effect"
            problems.warn(places.of(routing.at, key), "no-effect", what, "name the model in router.model instead")
    if routing.routing_budget and "cost" not in kinds:
        what = "routing_budget goes by the prices this version of the gateway knows: there is no source of cost"
        problems.warn(places.of(routing.at, "routing_budget"), "no-source", what, _ADD_COSTS)
    if routing.session_cache:
        _check_cache(routing.session_cache, places, problems)


def _check_cache(cache: SessionCache, places: Places, problems: Problems) -> None:
    if cache.type != "redis":
        if cache.url:
            what = "'url' has no effect: conversations are kept in memory"
            problems.warn(places.of(cache.at, "url"), "no-effect", what, "write 'type: redis', or remove it")
        return
    if not cache.url or not cache.url.template:
        problems.error(cache.at, "missing", "a redis session_cache needs its address", "add 'url: redis://host:6379'")
    else:
        _check_redis_url(cache.url, cache, places, problems)
    if not cache.tenant_header:
        what = "a shared session_cache without tenant_header keeps the conversations of all tenants together"
        problems.warn(cache.at, "no-tenant", what, "add 'tenant_header: ...' where several tenants share the gateway")


def _check_redis_url(url: Text, cache: SessionCache, places: Places, problems: Problems) -> None:
    """The address is written into the sidecar's file as it stands here, so a password must be a variable."""
    at = places.of(cache.at, "url")
    if _written_password(url.template):
        do = "write redis://:$REDIS_PASSWORD@host:6379, or the whole address as $REDIS_URL"
        problems.error(at, "literal-secret", "the password of the session cache is written in the file", do)
    elif not url.template.startswith(("redis://", "rediss://", "unix://", "$")):
        what = "the address of the session cache does not start with redis:// or rediss://"
        problems.error(at, "address", what, "write for example rediss://cache.example.com:6379")


def _written_password(template: str) -> bool:
    """Whether a password stands there as itself, in front of the host or as a parameter."""
    try:
        parts = urlsplit(template)
    except ValueError:
        return "@" in template
    userinfo = parts.netloc.rpartition("@")[0]
    named = [value for key, value in parse_qsl(parts.query) if "password" in key.lower()]
    written = [userinfo.partition(":")[2], *named]
    return any(re.sub(REFERENCE, "", password) for password in written)


def _check_state(config: Config, places: Places, problems: Problems) -> None:
    state: dict[str, Any] = config.state_storage or {}
    if state.get("type") == "postgres" and not state.get("connection_string"):
        do = "add 'connection_string: postgresql://user:$DB_PASSWORD@host:5432/database'"
        problems.error(places.top("state_storage"), "missing", "postgres storage needs a connection_string", do)
