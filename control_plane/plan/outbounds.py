"""What the sidecar may call through the internal listener: agents before the last, the router model, feeds.

In: the planned listeners, the chooser, the feeds. Out: outbounds by name, none twice. The sidecar sets a deadline for
each call; the limits here only keep Envoy from waiting longer than that could ever be.
"""

from __future__ import annotations

from collections.abc import Sequence

from control_plane.gateway import Agents, Cluster, Listener, Outbound, Retry, Timeouts
from control_plane.plan.decisions import DEADLINE_S
from control_plane.plan.router import Chooser
from control_plane.plan.sources import Feed
from schemas import names

FEED_S = 30.0
# A question may be asked twice; waiting long before asking again would cost the deadline.
ONCE_MORE = Retry(
    attempts=1,
    on=("connect-failure", "refused-stream", "reset"),
    status_codes=(),
    backoff_base_s=0.025,
    backoff_max_s=0.25,
)


def outbounds(
    listeners: Sequence[Listener], chooser: Chooser, router: Cluster | None, feeds: Sequence[Feed]
) -> tuple[Outbound, ...]:
    """Agents in the order of the listeners, then the router, then the feeds. `router` is the chooser's cluster."""
    agents = [outbound for listener in listeners for outbound in _agents(listener)]
    asked = [_router(listeners, chooser, router)] if router else []
    return (*agents, *asked, *(_feed(feed) for feed in feeds))


def agent_outbounds(listener: Listener) -> tuple[str, ...]:
    """The names of a listener's agents on the internal listener, in order; "" where nothing is decided."""
    assert isinstance(listener.serves, Agents)
    if listener.decision is None:
        return ("",) * len(listener.serves.agents)
    return names.unique([names.agent_outbound(listener.name, agent.id) for agent in listener.serves.agents])


def _agents(listener: Listener) -> list[Outbound]:
    if not isinstance(listener.serves, Agents) or listener.decision is None:
        return []
    return [
        Outbound(
            name=name,
            cluster=agent.cluster,
            path_prefix=agent.path_prefix,
            timeouts=listener.serves.timeouts,
            retry=listener.serves.retry,
        )
        for name, agent in zip(agent_outbounds(listener), listener.serves.agents, strict=True)
    ]


def _router(listeners: Sequence[Listener], chooser: Chooser, cluster: Cluster) -> Outbound:
    """The longest deadline of any listener limits the call; what the provider's own timeouts say is shorter or moot."""
    longest = max((x.decision.deadline_s for x in listeners if x.decision), default=DEADLINE_S)
    written = chooser.provider.entry.timeouts if chooser.provider else None
    first_byte = min(longest, (written and written.first_byte) or longest)
    return Outbound(
        name=names.ROUTER_OUTBOUND,
        cluster=cluster.name,
        path_prefix="",
        timeouts=Timeouts(first_byte_s=first_byte, idle_s=longest, total_s=longest),
        retry=ONCE_MORE,
    )


def _feed(feed: Feed) -> Outbound:
    return Outbound(
        name=names.source_outbound(feed.kind),
        cluster=feed.cluster.name,
        path_prefix="",
        timeouts=Timeouts(first_byte_s=FEED_S, idle_s=FEED_S, total_s=FEED_S),
        retry=ONCE_MORE,
    )
