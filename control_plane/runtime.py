"""Config and Gateway -> RuntimeConfig: what the sidecar needs to know, with the names Envoy uses.

In: a configuration and its plan. Out: the contract of schemas/runtime.py. Never a secret: settings that hold one are
carried only while they name variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from control_plane.config import Config
from control_plane.environment import REFERENCE
from control_plane.gateway import OFFERED, Agents, Allowance, Decision, Gateway, Models, UpstreamPath
from control_plane.plan import Plan, Planned, plan
from control_plane.plan.calls import beside
from control_plane.plan.models import roads
from control_plane.plan.outbounds import agent_outbounds
from control_plane.plan.providers import Provider
from control_plane.plan.router import Chooser
from control_plane.plan.routes import Aim, Road, serving
from control_plane.plan.sessions import sessions
from control_plane.plan.sources import Feed
from control_plane.plan.translation import spoken
from control_plane.problems import Place, Problems
from control_plane.read.variables import is_secret
from schemas import names
from schemas import runtime as contract

CARRIED = (
    "overrides",
    "endpoints",
    "prompt_targets",
    "system_prompt",
    "ratelimits",
    "state_storage",
    "prompt_guards",
    "prompt_caching",
    "tracing",
)


def runtime(config: Config, gateway: Gateway, made: Plan | None = None) -> contract.RuntimeConfig:
    """The contract for this plan. `gateway` must be the plan of `config`; `made` is it with its parts, where known."""
    made = made or plan(config, Problems())
    assert made is not None and made.gateway == gateway, "the plan belongs to another configuration"
    return contract.RuntimeConfig(
        listeners=tuple(_listener(planned) for planned in made.listeners),
        accounts=_accounts(made),
        preferences=tuple(
            contract.Preference(
                name=preference.name,
                description=preference.description,
                examples=preference.examples,
                models=preference.models,
                prefer=preference.selection_policy.prefer if preference.selection_policy else "none",
            )
            for preference in config.routing_preferences
        ),
        router=_router(made.chooser),
        sources=tuple(_source(feed) for feed in made.feeds),
        sessions=sessions(config),
        filters=tuple(
            contract.Filter(
                id=filter.id,
                url=filter.url,
                type=filter.type or "mcp",
                transport=filter.transport or "streamable-http",
                tool=filter.tool or filter.id,
            )
            for filter in config.filters
        ),
        settings=settings(config),
    )


def _router(chooser: Chooser) -> contract.Router:
    return contract.Router(
        kind=chooser.kind,
        outbound=names.ROUTER_OUTBOUND if chooser.provider else None,
        model=chooser.model,
        prompt=chooser.prompt,
        context_tokens=chooser.context_tokens,
        threshold=chooser.threshold,
    )


def _source(feed: Feed) -> contract.Source:
    return contract.Source(
        kind=feed.kind,
        format=feed.format,
        outbound=names.source_outbound(feed.kind),
        path=feed.path,
        refresh_s=feed.refresh_s,
        aliases=feed.aliases,
    )


def settings(config: Config) -> Mapping[str, Any]:
    """The sections carried on, as plain data; absent ones are left out."""
    sections = {name: _plain(getattr(config, name), (name,)) for name in CARRIED}
    return {name: section for name, section in sections.items() if section not in (None, [], {}, _SECRET)}


_SECRET = object()


def _plain(value: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - any YAML value
    """Plain data without places, unset fields and secrets that are written out."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs: Sequence[tuple[str, Any]] = [(f.name, getattr(value, f.name)) for f in fields(value)]
        value = {name: item for name, item in pairs if item is not None and not isinstance(item, Place)}
    if isinstance(value, Mapping):
        inner = {str(key): _plain(item, (*path, str(key))) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item is not _SECRET}
    if isinstance(value, (tuple, list)):
        return [item for i, element in enumerate(value) if (item := _plain(element, (*path, i))) is not _SECRET]
    if is_secret(path) and not (isinstance(value, str) and REFERENCE.fullmatch(value)):
        return _SECRET
    return value


def _listener(planned: Planned) -> contract.Listener:
    written, listener = planned.written, planned.listener
    models = listener.serves if isinstance(listener.serves, Models) else None
    agents = listener.serves if isinstance(listener.serves, Agents) else None
    return contract.Listener(
        name=listener.name,
        kind=listener.kind,
        router=written.router,
        decision=_decision(listener.decision) if listener.decision else None,
        agents=_agents(planned, agents) if agents else (),
        routes=_routes(planned, models) if models else (),
        names=dict(models.exact) if models else {},
        prefixes=dict(models.prefixes) if models else {},
        default=models.default if models else None,
        allowances=tuple(_allowance(allowance) for allowance in listener.auth.allowances) if listener.auth else (),
        input_filters=written.input_filters,
        output_filters=written.output_filters,
    )


def _decision(decision: Decision) -> contract.Decision:
    return contract.Decision(
        always=tuple(endpoint.value for endpoint in decision.always),
        mode=decision.mode,
        deadline_s=decision.deadline_s,
        total_s=decision.total_s,
        no_match=decision.no_match,
        router_failure=decision.router_failure,
        agent_failure=decision.agent_failure,
        headers=decision.headers,
    )


def _allowance(allowance: Allowance) -> contract.Allowance:
    """The caller as caller authentication writes it into the request's metadata."""
    who = f"key:{allowance.caller}" if allowance.caller is not None else f"token:{allowance.issuer}"
    return contract.Allowance(caller=who, names=allowance.exact, prefixes=allowance.prefixes, default=allowance.default)


def _agents(planned: Planned, agents: Agents) -> tuple[contract.Agent, ...]:
    described = {agent.id: agent for agent in planned.written.agents}
    return tuple(
        contract.Agent(
            id=agent.id,
            description=described[agent.id].description,
            examples=described[agent.id].examples,
            default=agent.default,
            key=names.agent_key(agent.id),
            outbound=outbound,
            endpoints=tuple(endpoint.value for endpoint in agent.endpoints),
            input_filters=described[agent.id].input_filters,
        )
        for agent, outbound in zip(agents.agents, agent_outbounds(planned.listener), strict=True)
    )


def _routes(planned: Planned, models: Models) -> tuple[contract.Route, ...]:
    assert planned.map is not None
    laid = roads(planned.map).roads
    return tuple(
        contract.Route(
            name=route.name,
            groups=_groups(road),
            native=tuple(endpoint.value for variant in route.variants for endpoint in variant.endpoints),
        )
        for route, road in zip(models.routes, laid, strict=True)
    )


def _translated(aim: Aim) -> tuple[str, ...]:
    """The calls that reach the target through the sidecar."""
    found = ((endpoint, serving(aim, endpoint)) for endpoint in OFFERED)
    return tuple(e.value for e, target in found if target is not None and target.cluster != aim.target.cluster)


def _accounts(made: Plan) -> tuple[contract.Account, ...]:
    """Accounts that some listener's requests are translated for, in the order of their clusters."""
    wanted = {cluster.translates for cluster in made.gateway.translations}
    providers = {
        cluster.name: planned.map.providers[index]
        for planned in made.listeners
        if planned.map
        for index, cluster in planned.map.clusters.items()
        if index in planned.map.providers
    }
    return tuple(_account(c.name, providers[c.name]) for c in made.gateway.clusters if c.name in wanted)


def _account(cluster: str, provider: Provider) -> contract.Account:
    return contract.Account(
        cluster=cluster,
        outbound=names.account_outbound(cluster),
        provider=provider.row.name,
        spoken=tuple(
            contract.Spoken(
                dialect=each.dialect,
                path=_url(each.whole),
                stream_path=_url(each.stream),
                models=each.models,
            )
            for each in spoken(provider)
        ),
        beside=tuple(
            contract.Beside(asked=each.asked.value, shape=each.shape, path=_url(each.path), models=each.models)
            for each in beside(provider)
        ),
    )


def _url(path: UpstreamPath) -> str:
    return f"{path.path}?{path.query}" if path.query else path.path


def _groups(road: Road) -> tuple[tuple[contract.Target, ...], ...]:
    return tuple(
        tuple(
            contract.Target(
                cluster=aim.target.cluster,
                model=aim.target.model,
                strip_prefix=aim.target.strip_prefix,
                weight=aim.target.weight,
                dialect=aim.provider.row.dialect,
                endpoints=tuple(e.value for e in OFFERED if aim.provider.serves(e, aim.target.model)),
                translated=_translated(aim),
                translating=names.translating(aim.target.cluster) if _translated(aim) else "",
            )
            for aim in group
        )
        for group in road.attempts
    )
