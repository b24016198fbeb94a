"""The routes of an agent listener: to the only agent, or to each of several once one is chosen."""

from __future__ import annotations

from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.gateway import Agents, AgentTarget
from control_plane.xds import matching, refusals
from control_plane.xds.model_routes import forward, retry_policy
from schemas import names


def only(agents: Agents) -> xds.MatcherOnMatch:
    """Where a call goes that nobody has to decide about."""
    if len(agents.agents) != 1:
        return matching.to_route(refusals.refusal("decision_unavailable"))
    return matching.to_route(_route(agents, agents.agents[0]))


def by_id(agents: Agents) -> dict[str, xds.MatcherOnMatch]:
    """A route for each agent, by its key."""
    return {names.agent_key(agent.id): matching.to_route(_route(agents, agent)) for agent in agents.agents}


def _route(agents: Agents, agent: AgentTarget) -> route.Route:
    action = forward(agents.timeouts, agents.retry.attempts, retry_policy(agents.retry, agents.timeouts))
    action.cluster = agent.cluster
    prefix = agent.path_prefix.rstrip("/")
    if prefix:
        action.prefix_rewrite = f"{prefix}/"
    return route.Route(name=agent.id, match=route.RouteMatch(prefix="/"), route=action)
