"""Config -> Gateway: fills every default, gives every name. The only place that does.

In: a configuration that passed its checks. Out: the plan both writers read, or None with problems for combinations that
cannot work. Never: a secret's value, a provider's name in code, an order that depends on anything but the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from control_plane import config
from control_plane.gateway import Agents, Cluster, Gateway, Listener, Models
from control_plane.plan import aliases as plan_aliases
from control_plane.plan import listeners as plan_listeners
from control_plane.plan import translation
from control_plane.plan.agents import agents
from control_plane.plan.auth import Guard, caller_keys, guard
from control_plane.plan.clusters import Accounts, Kept, accounts, agent_clusters
from control_plane.plan.decisions import decision
from control_plane.plan.models import Map, models
from control_plane.plan.names import Offer, directory, with_aliases
from control_plane.plan.offers import Catalog, offered
from control_plane.plan.outbounds import outbounds
from control_plane.plan.providers import providers
from control_plane.plan.router import Chooser, chooser
from control_plane.plan.sources import Feed, feeds
from control_plane.plan.tracing import tracing
from control_plane.plan.warnings import warn
from control_plane.problems import Problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan with the parts it was made from, for those who explain it or write it differently."""

    gateway: Gateway
    listeners: tuple[Planned, ...]
    chooser: Chooser
    feeds: tuple[Feed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A listener as written and as planned; `map` is None where there are no models."""

    written: config.Listener
    listener: Listener
    map: Map | None


def gateway(config: config.Config, problems: Problems) -> Gateway | None:
    """The whole plan; None when a problem of level error was found."""
    made = plan(config, problems)
    return made.gateway if made else None


def plan(whole: config.Config, problems: Problems) -> Plan | None:
    """The same with its parts."""
    before = len(problems.errors)
    catalog, made, chosen = _catalog(whole, problems)
    agent = agent_clusters(whole, [cluster.name for cluster in made.clusters])
    shown = plan_listeners.declared(whole, models=bool(catalog.providers), problems=problems)
    planned: list[Planned] = []
    guards: list[Guard] = []
    called = plan_listeners.listener_names(shown)
    for written, name, keys in zip(shown, called, caller_keys(whole, shown, called), strict=True):
        map = None if written.type == "agent" else _map(whole, catalog, made, written)
        guarded = guard(whole, written, keys, map)
        serves: Models | Agents = models(map, written) if map else agents(whole, written, agent)
        decided = decision(whole, written, serves)
        listener = plan_listeners.listener(
            written, name=name, serves=serves, decision=decided, auth=guarded.auth, problems=problems
        )
        if listener:
            planned.append(Planned(written=written, listener=listener, map=map))
            guards.append(guarded)
    warn(whole, catalog, [p.map for p in planned if p.map], problems)
    if len(problems.errors) > before:
        return None
    clusters = _clusters(made, agent, guards)
    fed = feeds(whole, [cluster.name for cluster in clusters])
    listeners = tuple(p.listener for p in planned)
    return Plan(
        gateway=Gateway(
            listeners=listeners,
            clusters=(*clusters, *(feed.cluster for feed in fed)),
            outbounds=outbounds(listeners, chosen, _router_cluster(made, chosen), fed),
            secrets=tuple(k.secret for k in _distinct((made.kept, *(guarded.kept for guarded in guards)))),
            tracing=tracing(whole),
            translations=translation.clusters(listeners, made.clusters),
        ),
        listeners=tuple(planned),
        chooser=chosen,
        feeds=fed,
    )


def _catalog(whole: config.Config, problems: Problems) -> tuple[Catalog, Accounts, Chooser]:
    known = providers(whole, problems)
    shown = tuple(provider for provider in known if not provider.internal)
    everything = directory([Offer(provider) for provider in shown])
    aliases = plan_aliases.groups(whole, everything)
    catalog = Catalog(providers=shown, everything=with_aliases(everything, aliases))
    return catalog, accounts(whole, known), chooser(whole, known, problems)


def _map(whole: config.Config, catalog: Catalog, made: Accounts, written: config.Listener) -> Map:
    return Map(
        offered=offered(catalog, written.models),
        providers={provider.index: provider for provider in catalog.providers},
        clusters=made.of(written),
        aliases={alias.name: alias for alias in whole.model_aliases},
    )


def kept(whole: config.Config) -> tuple[Kept, ...]:
    """The plan's secrets with the texts that yield their values, without the rest of the plan."""
    unheard = Problems()
    known = providers(whole, unheard)
    models = any(not provider.internal for provider in known)
    shown = plan_listeners.declared(whole, models=models, problems=unheard)
    callers = caller_keys(whole, shown, plan_listeners.listener_names(shown))
    return _distinct((accounts(whole, known).kept, *callers))


def _distinct(groups: Iterable[tuple[Kept, ...]]) -> tuple[Kept, ...]:
    """Every secret once, in order of first use."""
    found: dict[str, Kept] = {}
    for kept in (kept for group in groups for kept in group):
        found.setdefault(kept.secret.name, kept)
    return tuple(found.values())


def _router_cluster(made: Accounts, chosen: Chooser) -> Cluster | None:
    """The account of the served router; where listeners differ in how they connect, the plainest."""
    uses = (
        cluster for (index, _), cluster in made.by_use.items() if chosen.provider and index == chosen.provider.index
    )
    return next(uses, None)


def _clusters(made: Accounts, agent: Mapping[str, Cluster], guards: list[Guard]) -> tuple[Cluster, ...]:
    """Accounts, agents, then token issuers."""
    issuers = {cluster.name: cluster for guarded in guards for cluster in guarded.clusters}
    return (*made.clusters, *agent.values(), *issuers.values())
