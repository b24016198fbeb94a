"""The routes of an agent listener: one agent is forwarded to as it is, several need a decision nobody makes yet."""

from __future__ import annotations

from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.xds.type.matcher import v3 as xds

from control_plane.gateway import Agents, AgentTarget
from control_plane.xds import matching, refusals
from control_plane.xds.model_routes import forward, retry_policy


def agent_matcher(agents: Agents) -> xds.MatcherOnMatch:
    if len(agents.agents) != 1:
        return matching.to_route(refusals.refusal("decision_required"))
    return matching.to_route(_route(agents, agents.agents[0]))


def _route(agents: Agents, agent: AgentTarget) -> route.Route:
    action = forward(agents.timeouts, agents.retry.attempts, retry_policy(agents.retry, agents.timeouts))
    action.cluster = agent.cluster
    prefix = agent.path_prefix.rstrip("/")
    if prefix:
        action.prefix_rewrite = f"{prefix}/"
    return route.Route(name=agent.id, match=route.RouteMatch(prefix="/"), route=action)
