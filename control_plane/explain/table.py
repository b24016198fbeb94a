"""Everything a listener answers, as a table: names, where they lead, on which paths."""

from __future__ import annotations

from control_plane.config import Config
from control_plane.explain.answer import ListenerTable, Row
from control_plane.explain.deciding import deciding
from control_plane.gateway import Agents, Listener
from control_plane.plan import Plan, Planned
from control_plane.plan.models import Roads, roads
from control_plane.plan.routes import Road, variants


def table(whole: Config, made: Plan, planned: Planned) -> ListenerTable:
    """The listener's table; names that share a route stand in one row."""
    listener = planned.listener
    laid = roads(planned.map) if planned.map else None
    return ListenerTable(
        name=planned.written.name,
        kind=listener.kind,
        address=f"{'https' if listener.tls else 'http'}://{listener.address}:{listener.port}",
        callers=_callers(listener),
        default=laid.roads[laid.default].name if laid and laid.default is not None else None,
        rows=_model_rows(laid) if laid else _agent_rows(planned),
        deciding=deciding(whole, made, planned),
        at=listener.at,
    )


def _callers(listener: Listener) -> str:
    if listener.auth is None:
        return "anyone"
    return ", ".join([*(key.caller for key in listener.auth.keys), *(jwt.issuer for jwt in listener.auth.jwt)])


def _model_rows(laid: Roads) -> tuple[Row, ...]:
    """Names by what they lead to, in the order of the routes."""
    spellings: dict[tuple[object, ...], list[str]] = {}
    first: dict[tuple[object, ...], Road] = {}
    named = [*laid.exact.items(), *((f"{prefix}*", index) for prefix, index in laid.prefixes.items())]
    for name, index in sorted(named, key=lambda pair: pair[1]):
        road = laid.roads[index]
        key = (leads_to(road), road.at, road.name if road.alias else None)
        spellings.setdefault(key, []).append(name)
        first.setdefault(key, road)
    return tuple(_row(sorted(names, key=lambda n: not n.endswith("*")), first[key]) for key, names in spellings.items())


def _row(names: list[str], road: Road) -> Row:
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    paths = tuple(endpoint.value for variant in variants(road.attempts) for endpoint in variant.endpoints)
    return Row(name=shown, leads_to=leads_to(road), paths=paths, at=road.at)


def leads_to(road: Road) -> str:
    """Clusters and models in the order they are tried: ", then" between attempts, "|" inside a split."""
    return ", then ".join(
        " | ".join(
            f"{aim.target.cluster} ({aim.target.model or 'any model'})"
            + (f" weight {aim.target.weight}" if len(group) > 1 else "")
            for aim in group
        )
        for group in road.attempts
    )


def _agent_rows(planned: Planned) -> tuple[Row, ...]:
    serves = planned.listener.serves
    assert isinstance(serves, Agents)
    lines = {agent.id: agent.at for agent in planned.written.agents}
    return tuple(Row(name=a.id, leads_to=a.cluster, paths=None, at=lines[a.id]) for a in serves.agents)
