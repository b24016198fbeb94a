"""Document -> Config: old spellings folded in, variables filled in, the schema checked, values built and cross-checked.

Every step appends to one `Problems` and goes on where it can, so that the user sees all faults at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from control_plane import check
from control_plane.config import Agent, Config, Endpoint, Filter, Overrides, Tracing
from control_plane.document import Document, copy
from control_plane.document import Mapping as MappingNode
from control_plane.problems import Problems
from control_plane.read import choosing, exposed, legacy, schema_check
from control_plane.read import listeners as read_listeners
from control_plane.read import models as read_models
from control_plane.read.sections import Section
from control_plane.read.variables import substitute


def config(document: Document, env: Mapping[str, str], problems: Problems) -> Config | None:
    """The configuration, None when it has errors."""
    root = copy(document.root)
    assert isinstance(root, MappingNode)
    legacy.modernise(root, problems)
    exposed.check(root, problems)
    root = substitute(root, env, problems)
    assert isinstance(root, MappingNode)
    modern = replace(document, root=root)
    schema_check.check(modern, problems)
    found = _config(Section(root, (), document.directory))
    check.check(found, modern, problems)
    return None if problems.errors else found


def _config(root: Section) -> Config:
    return Config(
        version=root.required("version"),
        listeners=read_listeners.listeners(root),
        model_providers=read_models.providers(root),
        model_aliases=read_models.aliases(root),
        routing_preferences=read_models.preferences(root),
        agents=_agents(root),
        filters=_filters(root),
        endpoints=_endpoints(root),
        tracing=_tracing(root.section("tracing")),
        overrides=_overrides(root.section("overrides")),
        router=choosing.router(root.section("router")),
        routing=choosing.routing(root.section("routing")),
        prompt_caching=choosing.prompt_caching(root.section("prompt_caching")),
        model_metrics_sources=choosing.sources(root),
        prompt_targets=tuple(section.plain() for section in root.items("prompt_targets")),
        system_prompt=root.text("system_prompt"),
        ratelimits=tuple(section.plain() for section in root.items("ratelimits")),
        state_storage=_plain(root.section("state_storage")),
        prompt_guards=_plain(root.section("prompt_guards")),
        mode=root.text("mode"),
        at=root.at,
    )


def _plain(section: Section | None) -> dict[str, object] | None:
    return section.plain() if section else None


def _agents(root: Section) -> tuple[Agent, ...]:
    return tuple(_agent(section) for section in root.items("agents"))


def _agent(section: Section) -> Agent:
    return Agent(
        id=section.required("id"),
        url=section.required("url"),
        dialect=section.one_of("dialect", "openai_chat", "anthropic_messages", "openai_responses"),
        at=section.at,
    )


def _filters(root: Section) -> tuple[Filter, ...]:
    return tuple(_filter(section) for section in root.items("filters"))


def _filter(section: Section) -> Filter:
    kind: Literal["mcp", "http"] | None
    match section.text("type"):
        case "mcp" | "http" as kind:
            pass
        case _:
            kind = None
    return Filter(
        id=section.required("id"),
        url=section.required("url"),
        type=kind,
        transport=section.text("transport"),
        tool=section.text("tool"),
        at=section.at,
    )


def _endpoints(root: Section) -> tuple[Endpoint, ...]:
    return tuple(_endpoint(name, section) for name, section in root.named("endpoints"))


def _endpoint(name: str, section: Section) -> Endpoint:
    protocol: Literal["http", "https"] | None
    match section.text("protocol"):
        case "http" | "https" as protocol:
            pass
        case _:
            protocol = None
    return Endpoint(
        name=name,
        endpoint=section.required("endpoint"),
        connect_timeout=section.seconds("connect_timeout"),
        protocol=protocol,
        http_host=section.text("http_host"),
        prefix_affinity=section.flag("prefix_affinity"),
        at=section.at,
    )


def _tracing(section: Section | None) -> Tracing | None:
    if section is None:
        return None
    attributes = section.section("span_attributes")
    return Tracing(
        random_sampling=section.whole("random_sampling"),
        trace_arch_internal=section.flag("trace_arch_internal"),
        opentracing_grpc_endpoint=section.text("opentracing_grpc_endpoint"),
        span_attributes=attributes.plain() if attributes else None,
        exporters=tuple(item.plain() for item in section.items("exporters")),
        at=section.at,
    )


def _overrides(section: Section | None) -> Overrides | None:
    if section is None:
        return None
    return Overrides(
        prompt_target_intent_matching_threshold=section.number("prompt_target_intent_matching_threshold"),
        optimize_context_window=section.flag("optimize_context_window"),
        use_agent_orchestrator=section.flag("use_agent_orchestrator"),
        disable_signals=section.flag("disable_signals"),
        upstream_connect_timeout=section.seconds("upstream_connect_timeout"),
        upstream_tls_ca_path=section.file("upstream_tls_ca_path"),
        llm_routing_model=section.text("llm_routing_model"),
        agent_orchestration_model=section.text("agent_orchestration_model"),
        orchestrator_model_context_length=section.whole("orchestrator_model_context_length"),
        at=section.at,
    )
