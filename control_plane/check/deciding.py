"""How listeners decide, and who chooses by meaning: keys that contradict each other or name nothing that can answer."""

from __future__ import annotations

from control_plane import catalogue
from control_plane.check.places import Places
from control_plane.check.waiting import LONGEST_S
from control_plane.config import Config, Decision, Listener, ModelProvider, Overrides, Router
from control_plane.model_names import ModelNames, served_by, split
from control_plane.problems import Place, Problems
from control_plane.read.schema_check import shown
from control_plane.suggest import hint

_AGENTS_ONLY = ("mode", "agent_failure")
_OVERRIDES = ("llm_routing_model", "agent_orchestration_model")
_DECLARE = "declare it, for example '{{model: plano/{}, base_url: http://localhost:8000}}'"


def check(config: Config, places: Places, problems: Problems) -> None:
    for listener in config.listeners:
        if listener.decision:
            _check_decision(listener, listener.decision, places, problems)
    _check_examples(config, places, problems)
    if config.router:
        _check_router(config, config.router, places, problems)
    if config.overrides:
        _check_overrides(config, config.overrides, places, problems)


def _check_decision(listener: Listener, decision: Decision, places: Places, problems: Problems) -> None:
    name = shown(listener.name)
    for key in _AGENTS_ONLY if listener.type != "agent" else ():
        if getattr(decision, key) is not None:
            what = f"'{key}' is about several agents, and '{name}' is a {listener.type} listener"
            problems.error(places.of(decision.at, key), "agents-only", what, "remove it")
    if listener.type == "agent" and len(listener.agents) == 1:
        what = f"'decision' has no effect: '{name}' has a single agent, which gets every request"
        problems.warn(places.of(listener.at, "decision"), "no-effect", what, "remove it, or add agents")
    _check_deadline(listener, decision, places, problems)


def _check_deadline(listener: Listener, decision: Decision, places: Places, problems: Problems) -> None:
    at, deadline = places.of(decision.at, "deadline"), decision.deadline
    total = listener.timeouts.total if listener.timeouts else None
    if total is None and listener.type != "agent":
        total = listener.timeout
    if deadline == 0:
        do = "write a time above zero, or remove it to have the default"
        problems.error(at, "out-of-range", "'deadline' is zero, so the router could never answer", do)
    elif deadline and deadline > LONGEST_S:
        problems.error(at, "out-of-range", "'deadline' is longer than a day", "check the unit")
    elif deadline and total and deadline >= total:
        what = "the router's 'deadline' is not shorter than the whole request may take"
        problems.warn(at, "timeout-conflict", what, "make it a part of the listener's total timeout")


def _check_examples(config: Config, places: Places, problems: Problems) -> None:
    """One request as an example of two options teaches the router nothing."""
    groups: list[list[tuple[str, tuple[str, ...], Place]]] = [
        [(p.name, p.examples, p.at) for p in config.routing_preferences],
        *([(a.id, a.examples, a.at) for a in listener.agents] for listener in config.listeners),
    ]
    for group in groups:
        first: dict[str, str] = {}
        for name, examples, owner in group:
            for index, example in enumerate(examples):
                other = first.setdefault(" ".join(example.casefold().split()), name)
                if other != name:
                    what = f"'{shown(name)}' and '{shown(other)}' have the same example"
                    at = places.of(owner, "examples", index)
                    problems.warn(at, "equal-example", what, "keep it where such a request belongs")


def _check_router(config: Config, router: Router, places: Places, problems: Problems) -> None:
    if router.kind == "embedded":
        for key in ("model", "prompt", "context_length"):
            if getattr(router, key) is not None:
                what = f"router.{key} has no effect: the embedded router needs no served model"
                problems.warn(places.of(router.at, key), "no-effect", what, "remove it, or write another kind")
    elif router.model is not None:
        _check_model(config, router.model, places.of(router.at, "model"), problems)
    elif router.kind and not any(_answers(config, model) for _, model in _named(config.overrides)):
        what = f"router.kind is {router.kind}, and no model is named for it"
        do = "write 'model: plano/Plano-Orchestrator', and declare that in model_providers with its base_url"
        problems.error(places.of(router.at, "kind"), "missing", what, do)


def _check_model(config: Config, model: str, at: Place, problems: Problems) -> None:
    found = served_by(config, model)
    if found is None:
        do = hint(model, sorted(ModelNames(config).declared), "declare it in model_providers; known are {known}")
        what = f"router.model names '{shown(model)}', which is not declared"
        problems.error(at, "unknown-model", what, do)
    elif not _has_address(found[0]):
        what = f"router.model names '{shown(model)}', which has no base_url"
        problems.error(at, "provider-address", what, "write at its entry, for example, base_url: http://localhost:8000")


def _check_overrides(config: Config, overrides: Overrides, places: Places, problems: Problems) -> None:
    """Plano asks its hosted service for a router model that has no address; nothing here does."""
    router, named = config.router, _named(overrides)
    if router and (router.kind == "embedded" or router.model is not None):
        for key, _ in named:
            _warn_overruled(overrides, key, "router", places, problems)
        return
    answering = [key for key, model in named if _answers(config, model)]
    for key, model in named:
        if answering and key != answering[0] and model != dict(named)[answering[0]]:
            _warn_overruled(overrides, key, f"overrides.{answering[0]}", places, problems)
        elif not answering:
            what = f"overrides.{key} is '{shown(model)}', which no entry of model_providers serves: Plano would ask its"
            problems.warn(
                places.of(overrides.at, key),
                "router-embedded",
                f"{what} hosted service, here the embedded router chooses",
                f"{_DECLARE.format(shown(model).removeprefix('plano/'))}, or remove this key",
            )


def _warn_overruled(overrides: Overrides, key: str, by: str, places: Places, problems: Problems) -> None:
    what = f"overrides.{key} has no effect beside {by}: one router chooses agents and models"
    problems.warn(places.of(overrides.at, key), "overruled", what, "remove one of the two")


def _named(overrides: Overrides | None) -> list[tuple[str, str]]:
    """The router models of Plano's overrides with their keys, in Plano's order."""
    return [(key, model) for key in _OVERRIDES if (model := getattr(overrides, key, None))]


def _answers(config: Config, model: str) -> bool:
    found = served_by(config, model)
    return found is not None and _has_address(found[0])


def _has_address(entry: ModelProvider) -> bool:
    """Plano's own router models have no usual address. Where others lack one, that is told of their entry."""
    row = catalogue.find(split(entry)[0])
    return entry.base_url is not None or row is None or not row.internal
