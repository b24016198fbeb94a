"""Names that point at something declared elsewhere: agents, filters, endpoints, models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from control_plane.check.places import Places
from control_plane.check.urls import host_fault, url_fault
from control_plane.config import Agent, ApiKey, Config, Filter, Jwt, Listener
from control_plane.model_names import ModelNames
from control_plane.problems import Place, Problems
from control_plane.read.schema_check import shown
from control_plane.suggest import hint


def check(config: Config, places: Places, problems: Problems) -> None:
    names = ModelNames(config)
    for listener in config.listeners:
        _check_agents(listener, config, places, problems)
        _check_filters(listener, config, places, problems)
        _check_limits(listener, names, places, problems)
    for preference in config.routing_preferences:
        what = f"the routing preference '{shown(preference.name)}'"
        _check_preferred(what, _placed(preference.models, preference.at, places), names, problems)
    _check_ratelimits(config, names, places, problems)
    _check_prompt_targets(config, places, problems)
    _check_addresses(config, places, problems)


def _refer(name: str, known: Iterable[str], kind: str, section: str, at: Place, problems: Problems) -> None:
    words = [word for word in known if word]
    if name and name not in words:
        do = hint(name, words, f"declare it under '{section}'; known are {{known}}")
        problems.error(at, "unknown-reference", f"the {kind} '{shown(name)}' is not declared", do)


def _check_agents(listener: Listener, config: Config, places: Places, problems: Problems) -> None:
    known = [agent.id for agent in config.agents]
    for agent in listener.agents:
        _refer(agent.id, known, "agent", "agents", places.of(agent.at, "id"), problems)


def _check_filters(listener: Listener, config: Config, places: Places, problems: Problems) -> None:
    """Agents may serve as filters too."""
    known = [*(x.id for x in config.filters), *(x.id for x in config.agents)]
    for index, name in enumerate(listener.input_filters):
        _refer(name, known, "filter", "filters", places.of(listener.at, "input_filters", index), problems)
    for index, name in enumerate(listener.output_filters):
        _refer(name, known, "filter", "filters", places.of(listener.at, "output_filters", index), problems)
    for agent in listener.agents:
        for index, name in enumerate(agent.input_filters):
            _refer(name, known, "filter", "filters", places.of(agent.at, "input_filters", index), problems)


def _check_limits(listener: Listener, names: ModelNames, places: Places, problems: Problems) -> None:
    what = f"the listener '{shown(listener.name)}'"
    _check_models(what, _placed(listener.models, listener.at, places), names, problems)
    callers: list[ApiKey | Jwt] = [*listener.auth.api_keys, *listener.auth.jwt] if listener.auth else []
    for caller in callers:
        what = f"the allow-list of '{shown(caller.name)}'"
        _check_models(what, _placed(caller.models, caller.at, places), names, problems)


def _placed(models: Iterable[str] | None, at: Place, places: Places) -> list[tuple[str, Place]]:
    return [(model, places.of(at, "models", index)) for index, model in enumerate(models or ())]


def _check_models(who: str, models: Iterable[tuple[str, Place]], names: ModelNames, problems: Problems) -> None:
    for model, at in models:
        if model and not names.limits(model):
            what = f"{who} names the model '{shown(model)}', which is not declared"
            do = hint(model, names.hints(), "declare it in model_providers; known are {known}")
            problems.error(at, "unknown-model", what, do)


def _check_preferred(who: str, models: list[tuple[str, Place]], names: ModelNames, problems: Problems) -> None:
    """A preference ranks models; one that may be any model can be asked for nothing."""
    for model, at in models:
        if model.endswith("/*") and names.limits(model):
            what = f"{who} names '{shown(model)}', which is no model but every model"
            problems.error(at, "unknown-model", what, f"name one model, such as {shown(model[:-1])}model-id")
        else:
            _check_models(who, [(model, at)], names, problems)


def _check_ratelimits(config: Config, names: ModelNames, places: Places, problems: Problems) -> None:
    for index, limit in enumerate(config.ratelimits):
        model = limit.get("model")
        if isinstance(model, str):
            at = places.top("ratelimits", index, "model")
            _check_models("a rate limit", [(model, at)], names, problems)


def _check_prompt_targets(config: Config, places: Places, problems: Problems) -> None:
    known = [*(endpoint.name for endpoint in config.endpoints), *(agent.id for agent in config.agents)]
    for index, target in enumerate(config.prompt_targets):
        endpoint: Any = target.get("endpoint")
        name = endpoint.get("name") if isinstance(endpoint, dict) else None
        if isinstance(name, str):
            at = places.top("prompt_targets", index, "endpoint", "name")
            _refer(name, known, "endpoint", "endpoints", at, problems)


def _check_addresses(config: Config, places: Places, problems: Problems) -> None:
    owners: list[Agent | Filter] = [*config.agents, *config.filters]
    for owner in owners:
        if owner.url and (fault := url_fault(owner.url)):
            do = "write for example http://localhost:10500"
            problems.error(places.of(owner.at, "url"), "address", f"the url of '{shown(owner.id)}' {fault}", do)
    for endpoint in config.endpoints:
        if endpoint.endpoint and (fault := host_fault(endpoint.endpoint)):
            do = "write for example api.example.com:443, and 'protocol: https' for TLS"
            at = places.of(endpoint.at, "endpoint")
            problems.error(at, "address", f"the endpoint '{shown(endpoint.name)}' {fault}", do)
    collector = config.tracing and config.tracing.opentracing_grpc_endpoint
    if config.tracing and collector and (fault := url_fault(collector, ("http",), path=False)):
        at = places.of(config.tracing.at, "opentracing_grpc_endpoint")
        problems.error(at, "address", f"the collector's address {fault}", "write for example http://localhost:4317")
