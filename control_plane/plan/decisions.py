"""What the sidecar decides on a listener: every default of `decision` filled, the times worked out.

In: a listener as written and what it serves. Out: `Decision`, or None where one agent answers everything. A listener
with models always has one: a request may bring preferences of its own, whatever the configuration says.
"""

from __future__ import annotations

from control_plane import config
from control_plane.gateway import Agents, Decision, Endpoint, Models
from control_plane.plan.limits import listener_total_s
from schemas import names

CHAT = tuple(map(Endpoint, names.CHAT_PATHS))
"""The calls that hold a conversation to choose by."""

# A served router answers in 0.1 to 0.5 s; what takes longer than 2 s costs a person more than the fallback does.
DEADLINE_S = 2.0
# Beside the router: the session store (a shared one is given up after 2 s) and the sidecar's own work.
SLACK_S = 3.0
HEADERS = True


def decision(whole: config.Config, written: config.Listener, serves: Models | Agents) -> Decision | None:
    """The listener's decision."""
    if isinstance(serves, Agents) and len(serves.agents) < 2:
        return None
    asked = written.decision or config.Decision(at=written.at)
    deadline_s = DEADLINE_S if asked.deadline is None else asked.deadline
    return Decision(
        always=CHAT if isinstance(serves, Agents) or whole.routing_preferences else (),
        mode=asked.mode or "sequential",
        deadline_s=deadline_s,
        total_s=_total_s(written, serves, deadline_s),
        no_match=asked.no_match or "default",
        router_failure=asked.router_failure or "default",
        sidecar_failure=asked.sidecar_failure or "refuse",
        agent_failure=asked.agent_failure or "fail",
        headers=HEADERS if asked.headers is None else asked.headers,
    )


def _total_s(written: config.Listener, serves: Models | Agents, deadline_s: float) -> float:
    """Before a model only the router is waited for. Before the last agent others may answer: the client's wait for the
    first byte covers them all."""
    if isinstance(serves, Agents):
        return serves.timeouts.total_s or deadline_s + serves.timeouts.first_byte_s + SLACK_S
    return min(deadline_s + SLACK_S, listener_total_s(written) or float("inf"))
