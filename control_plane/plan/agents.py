"""An agent listener: its agents, their clusters, how long to wait for them.

In: the listener and the clusters of all agents. Out: `Agents`. An agent that is declared nowhere is left out: the
checks before the plan refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from control_plane import config
from control_plane.gateway import OFFERED, Agents, AgentTarget, Cluster, Endpoint
from control_plane.plan.decisions import CHAT
from control_plane.plan.limits import agent_waiting, retrying

SPOKEN = {
    "openai_chat": Endpoint.CHAT_COMPLETIONS,
    "anthropic_messages": Endpoint.MESSAGES,
    "openai_responses": Endpoint.RESPONSES,
}


def agents(whole: config.Config, listener: config.Listener, clusters: Mapping[str, Cluster]) -> Agents:
    """The agents in declared order; exactly one is the default, the first when none is marked."""
    declared = {agent.id: agent for agent in whole.agents}
    known = [agent for agent in listener.agents if agent.id in clusters]
    chosen = next((agent for agent in known if agent.default), known[0] if known else None)
    return Agents(
        agents=tuple(
            AgentTarget(
                id=agent.id,
                cluster=clusters[agent.id].name,
                path_prefix=_prefix(declared[agent.id].url),
                default=agent is chosen,
                endpoints=_endpoints(declared[agent.id]),
            )
            for agent in known
        ),
        timeouts=agent_waiting(listener).plan(),
        retry=retrying(listener, None, [], at_least=0, clusters=1).plan(),
    )


def _endpoints(agent: config.Agent) -> tuple[Endpoint, ...]:
    """An agent that names no dialect is given whatever the client sent, as Plano does."""
    return (SPOKEN[agent.dialect],) if agent.dialect else CHAT


def _prefix(url: str) -> str:
    """What stands before the path of a call. People also write a whole endpoint: the call brings its own."""
    path = urlsplit(url).path.rstrip("/")
    endings = (endpoint.value for endpoint in OFFERED if path.endswith(endpoint.value))
    return path.removesuffix(max(endings, key=len, default=""))
