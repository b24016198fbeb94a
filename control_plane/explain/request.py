"""One request on one listener, step by step: the path, the caller, the model, the route, its attempts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from control_plane.config import Config
from control_plane.explain.answer import Refusal, Request, Step
from control_plane.explain.attempts import agent_settings, attempts, settings
from control_plane.explain.deciding import deciding
from control_plane.gateway import NO_MODEL, OFFERED, Agents, Endpoint, Listener, Models
from control_plane.plan import Plan, Planned
from control_plane.plan import aliases as plan_aliases
from control_plane.plan.decisions import CHAT
from control_plane.plan.models import Map, Roads, roads
from control_plane.plan.routes import Road, serving, surviving
from control_plane.suggest import closest, hint, listed
from schemas import errors
from schemas.names import QUESTION_PREFIX

CHOICE_ONLY = "the gateway answers with the choice, and no model is called"
OWN_PATHS = {
    "/healthz": "the gateway answers by itself while it is ready",
    "/v1/models": "the gateway lists the listener's models",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A road and its number on the listener."""

    road: Road
    index: int


def request(whole: Config, made: Plan, planned: Planned, model: str | None, path: str | None) -> Request:
    """What happens to it. Without a path: the first one that the model's route serves."""
    if isinstance(planned.listener.serves, Agents):
        return _agent_request(whole, made, planned, planned.listener.serves, path)
    assert planned.map is not None
    laid = roads(planned.map)
    found = _find(laid, model)
    asked = path or _usual_path(found)
    steps = [_listener_step(planned.listener), *_auth_steps(planned)]
    if asked.startswith(QUESTION_PREFIX) and asked.removeprefix(QUESTION_PREFIX) in CHAT:
        choice = _request(planned, asked, model, [*steps, Step(topic="path", text=CHOICE_ONLY, at=None)])
        return replace(choice, deciding=deciding(whole, made, planned))
    if asked in OWN_PATHS:
        return _request(planned, asked, model, [*steps, Step(topic="path", text=OWN_PATHS[asked], at=None)])
    if asked not in list(OFFERED):
        known = hint(asked, [endpoint.value for endpoint in OFFERED], "use one of {known}")
        return _request(planned, asked, model, steps, _refusal("endpoint_not_found", known))
    steps += [Step(topic="path", text=f"POST {asked}", at=None), *_model_steps(planned.map, laid, model)]
    if found is None:
        return _request(planned, asked, model, steps, _unknown(planned.map, model))
    routed = _routed(made, planned, Endpoint(asked), model, steps, found)
    decision = planned.listener.decision
    decided = decision is not None and Endpoint(asked) in decision.always
    return replace(routed, deciding=deciding(whole, made, planned)) if decided else routed


def _routed(
    made: Plan, planned: Planned, endpoint: Endpoint, model: str | None, steps: list[Step], found: Found
) -> Request:
    assert isinstance(planned.listener.serves, Models)
    route = planned.listener.serves.routes[found.index]
    groups = surviving(found.road.attempts, endpoint)
    steps.append(Step(topic="route", text=route.name, at=route.at))
    if not groups:
        known = [e.value for e in OFFERED if surviving(found.road.attempts, e)]
        do = f"this model answers {', '.join(known)}" if known else "its provider's own language is none of these"
        return replace(
            _request(planned, endpoint, model, steps, _refusal("translation_required", do)), route=route.name
        )
    return replace(
        _request(planned, endpoint, model, [*steps, *_skipped_steps(found.road, endpoint)]),
        route=route.name,
        attempts=attempts(made.gateway, found.road, endpoint, model),
        settings=settings(planned, found.road),
    )


def _request(
    planned: Planned, path: str, model: str | None, steps: list[Step], refusal: Refusal | None = None
) -> Request:
    """The request as far as it gets without a route."""
    written = planned.written
    return Request(
        listener=written.name,
        path=path,
        model=model,
        steps=tuple(steps),
        route=None,
        attempts=(),
        settings=(),
        deciding=(),
        filters=(
            *(f"{name} before the model (not enforced yet)" for name in written.input_filters),
            *(f"{name} on the answer (not enforced yet)" for name in written.output_filters),
        ),
        refusal=refusal,
    )


def _listener_step(listener: Listener) -> Step:
    security = ", TLS with client certificates" if listener.tls and listener.tls.client_ca_file else ", TLS"
    text = f"{listener.name} ({listener.kind}) on {listener.address}:{listener.port}{security if listener.tls else ''}"
    return Step(topic="listener", text=text, at=listener.at)


def _auth_steps(planned: Planned) -> list[Step]:
    auth, written = planned.listener.auth, planned.written.auth
    if auth is None or written is None:
        return [Step(topic="caller", text="anyone may call", at=None)]
    keys = [f"key of {key.caller}" for key in auth.keys]
    tokens = [f"token of {jwt.issuer}" for jwt in auth.jwt]
    where = auth.header or "authorization or x-api-key"
    text = f"needs a {' or a '.join([*keys, *tokens])} ({where}), else 401 unauthorized"
    limited = [
        Step(
            topic="caller",
            text=f"{a.caller or a.issuer} may only ask for {_allowed(a.exact, a.prefixes)}",
            at=written.at,
        )
        for a in auth.allowances
    ]
    return [Step(topic="caller", text=text, at=written.at), *limited]


def _allowed(exact: tuple[str, ...], prefixes: tuple[str, ...]) -> str:
    return ", ".join([*(f"{prefix}*" for prefix in prefixes), *exact]) or "nothing"


def _find(laid: Roads, model: str | None) -> Found | None:
    """As the router does it: exact name, longest prefix; no model: the default."""
    if not model:
        index = laid.default
    elif model in laid.exact:
        index = laid.exact[model]
    else:
        covering = [p for p in laid.prefixes if model.startswith(p)]
        if any(model == prefix + rest for prefix in covering for rest in NO_MODEL):
            return None
        index = laid.prefixes[max(covering, key=len)] if covering else None
    return None if index is None else Found(laid.roads[index], index)


def _usual_path(found: Found | None) -> str:
    """A path some target serves as it is, else one that is translated."""
    if found is None:
        return Endpoint.CHAT_COMPLETIONS.value
    targets = [aim for group in found.road.attempts for aim in group]
    native = (e for e in OFFERED if any(aim.provider.serves(e, aim.target.model) for aim in targets))
    served = (e for e in OFFERED if surviving(found.road.attempts, e))
    return next(native, next(served, Endpoint.CHAT_COMPLETIONS)).value


def _model_steps(map: Map, laid: Roads, model: str | None) -> list[Step]:
    """How the name became a model: alias by alias, then the entry."""
    if not model:
        found = _find(laid, model)
        return (
            [Step(topic="model", text=f"none named: the default {found.road.name}", at=found.road.at)] if found else []
        )
    if model in map.offered.directory.aliases:
        return _alias_steps(map, model, ())
    destination = map.offered.directory.model(model)
    if destination is None:
        return []
    provider = map.providers[destination.provider]
    how = "through the wildcard" if provider.wildcard else "is"
    return [Step(topic="model", text=f"{model} {how} {provider.label}", at=provider.entry.at)]


def _alias_steps(map: Map, name: str, seen: tuple[str, ...]) -> list[Step]:
    alias = map.aliases[name]
    written = plan_aliases.targets(alias)
    weighted = any(target.weight is not None for target in written)
    text = f"alias {name} -> " + (" | " if weighted else ", then ").join(
        f"{t.model} (weight {t.weight})" if weighted else t.model for t in written
    )
    inner = [t.model for t in written if t.model in map.aliases and t.model not in (*seen, name)]
    deeper = [step for target in inner for step in _alias_steps(map, target, (*seen, name))]
    return [Step(topic="model", text=text, at=alias.at), *deeper]


def _skipped_steps(road: Road, endpoint: Endpoint) -> list[Step]:
    return [
        Step(
            topic="skipped",
            text=f"{aim.provider.label} cannot be asked for {endpoint.value}",
            at=aim.provider.entry.at,
        )
        for group in road.attempts
        for aim in group
        if serving(aim, endpoint) is None
    ]


def _unknown(map: Map, model: str | None) -> Refusal:
    if not model:
        return _refusal("missing_model", errors.BY_CODE["missing_model"].remedy)
    directory = map.offered.directory
    match = closest(model, directory.names())
    declared = [*directory.aliases, *(name for name, to in directory.exact.items() if not to.wild)]
    patterns = [f"{wildcard.prefix}*" for wildcard in directory.wildcards]
    return _refusal(
        "model_not_found", f"did you mean '{match}'?" if match else f"known are {listed([*patterns, *declared])}"
    )


def _refusal(code: str, do: str) -> Refusal:
    error = errors.BY_CODE[code]
    return Refusal(code=code, status=error.status, message=error.message, do=do)


def _agent_request(whole: Config, made: Plan, planned: Planned, agents: Agents, path: str | None) -> Request:
    """An agent gets every path as it is, below the path of its URL."""
    steps = [_listener_step(planned.listener), *_auth_steps(planned)]
    clusters = {cluster.name: cluster for cluster in made.gateway.clusters}
    lines = {agent.id: agent.at for agent in planned.written.agents}
    for agent in agents.agents:
        about = " (the default)" if agent.default and len(agents.agents) > 1 else ""
        cluster = clusters[agent.cluster]
        where = f"{'https' if cluster.tls else 'http'}://{cluster.http_host}{agent.path_prefix}{path or ''}"
        steps.append(
            Step(topic="agent", text=f"{agent.id}{about} -> {where}, cluster {cluster.name}", at=lines[agent.id])
        )
    asked = _request(planned, path or "any path", None, steps)
    return replace(asked, settings=agent_settings(planned), deciding=deciding(whole, made, planned))
