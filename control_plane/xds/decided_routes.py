"""The routes around a decision: the one that asks for it, and those only a decision leads to.

In: a listener that decides. Out: routes by key. Whatever the sidecar fails to do ends in a refusal or, where the
configuration says so, in the listener's default: no request slips through undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.gateway import Agents, Listener, Models, Retry, Target, Timeouts
from control_plane.plan.limits import FAILOVER_BACKOFF_S, RETRY_ON, STATUS_CODES
from control_plane.xds import agent_routes, matching, plain, refusals
from control_plane.xds.any import pack
from control_plane.xds.filters import apply_decision, decide
from control_plane.xds.model_routes import TRANSLATE, forward, idle_limit, retry_policy
from control_plane.xds.priority_group import ClusterWeight, PriorityGroup, PriorityGroupClusterSpecifier
from schemas import names
from schemas.decisions import MAX_ATTEMPTS

REFUSALS = (
    "no_agent_fits",
    "no_model_fits",
    "invalid_preferences",
    "translation_required",
    "agent_failed",
    "router_failed",
    "decision_unavailable",
)
_SHOWN = ("why", "agents", "route", "model", "confidence", "router")


def routes_by_key(listener: Listener) -> dict[str, xds.MatcherOnMatch]:
    """Everything a decision adds to a listener's routes."""
    keys = {matching.refused(code): matching.to_route(refusals.refusal(code)) for code in REFUSALS}
    keys[matching.DECIDE] = matching.to_route(_asking(listener))
    if isinstance(listener.serves, Agents):
        return keys | agent_routes.by_id(listener.serves)
    if _places(listener.serves):
        keys[matching.RANKED] = matching.to_route(_ranked(listener.serves))
    return keys


def filter_defaults() -> dict[str, Any]:
    """What holds for every route but the one that asks."""
    return {decide.NAME: decide.off()}


def shown_headers() -> list[core.HeaderValueOption]:
    """The decision, for the client to see; absent where nothing was decided."""
    return [plain.set_header(_header(field), f"%DYNAMIC_METADATA({names.DECISION}:{field})%") for field in _SHOWN]


def hidden_headers() -> list[str]:
    """What a provider or an agent, perhaps a gateway like this one, says under the same names."""
    return [*(_header(field) for field in _SHOWN), names.FAIL_OVER_HEADER]


def _header(field: str) -> str:
    return f"x-plano-{field}"


def _asking(listener: Listener) -> route.Route:
    asking = refusals.refusal("decision_unavailable")
    asking.name = "deciding"
    asking.typed_per_filter_config = {
        decide.NAME: decide.on(),
        apply_decision.NAME: apply_decision.on(_fallback(listener)),
    }
    return asking


def _fallback(listener: Listener) -> str | None:
    """The key of requests the sidecar did not answer; None: what the client itself asked for."""
    assert listener.decision is not None, "only asked of listeners that decide"
    if listener.decision.sidecar_failure == "refuse":
        return matching.refused("decision_unavailable")
    if isinstance(listener.serves, Models):
        return None
    return names.agent_key(next(agent.id for agent in listener.serves.agents if agent.default))


def _ranked(models: Models) -> route.Route:
    """Attempts as the sidecar ranked them; without its ranking, which the key promises, there is nobody to ask."""
    timeouts = _most_patient(r.timeouts for r in models.routes)
    retry = _retry()
    action = forward(timeouts, MAX_ATTEMPTS - 1, retry_policy(retry, timeouts))
    first = _places(models)[0]
    specifier = PriorityGroupClusterSpecifier(
        override_metadata_namespace=names.ATTEMPTS,
        priority_groups=[PriorityGroup(name="1", clusters=[ClusterWeight(cluster_name=first.cluster, weight=1)])],
    )
    name = "envoy.router.cluster_specifier_plugin.priority_group"
    extension = core.TypedExtensionConfig(name=name, typed_config=pack(specifier))
    action.inline_cluster_specifier_plugin = route.ClusterSpecifierPlugin(extension=extension)
    metadata = plain.metadata(TRANSLATE, idle_limit(timeouts)) if any(t.translated for t in _places(models)) else None
    return route.Route(name="ranked", match=route.RouteMatch(prefix="/"), route=action, metadata=metadata)


def _places(models: Models) -> list[Target]:
    """Everywhere a model of this listener may lead."""
    variants = chain.from_iterable(chosen.variants for chosen in models.routes)
    return [target for variant in variants for group in variant.groups for target in group]


def _retry() -> Retry:
    """How often is said per request, by the number of candidates; here stands what is worth another candidate."""
    base_s, max_s = FAILOVER_BACKOFF_S
    return Retry(
        attempts=1,
        on=(*RETRY_ON, "retriable-headers"),
        status_codes=STATUS_CODES,
        backoff_base_s=base_s,
        backoff_max_s=max_s,
    )


def _most_patient(timeouts: Iterable[Timeouts]) -> Timeouts:
    everyone = list(timeouts)
    totals = [t.total_s for t in everyone]
    return Timeouts(
        first_byte_s=max(t.first_byte_s for t in everyone),
        idle_s=max(t.idle_s for t in everyone),
        total_s=None if None in totals else max(t for t in totals if t is not None),
    )
