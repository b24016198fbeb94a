"""What a gateway is doing now. In: a run directory. Out: plain facts, asked for just now. Changes nothing."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from control_plane.run import admin
from control_plane.run.readiness import is_up
from control_plane.run.state import Door, ProcessState, RunDirectory, holder, read_plan, read_state
from schemas import names
from schemas.decisions import Why

_DECISION = re.compile(rf"plano\.decisions\.listener\..*?\.why\.(?P<why>{'|'.join(Why)})\.choice\.")
"""A counter's name with its labels, as Envoy writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorStatus:
    """A listener; `up` is the answer of its own /healthz."""

    name: str
    kind: str
    address: str
    port: int
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """An upstream as Envoy sees it: hosts known and healthy, requests so far and now.

    `errors` are answers of 500 and above, those Envoy made itself after a timeout or a reset included.
    """

    name: str
    hosts: int
    healthy: int
    requests: int
    errors: int
    failed_connections: int
    active: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A worker of the sidecar; `healthy` as Envoy's own checks find it."""

    name: str
    healthy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarStatus:
    """`decisions` counts by reason (schemas/decisions.py) what was decided since Envoy started."""

    workers: tuple[WorkerStatus, ...]
    decisions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything `plano-cp status` shows. Counters start with Envoy; `answers` is False when Envoy does not answer.

    `sidecar` None: nothing is decided here, or Envoy does not answer.
    """

    name: str
    config: str
    phase: str
    message: str
    pid: int
    uptime_s: float
    processes: tuple[ProcessState, ...]
    listeners: tuple[DoorStatus, ...]
    answers: bool
    requests: int
    active: int
    clusters: tuple[ClusterStatus, ...]
    sidecar: SidecarStatus | None = None


def status(directory: RunDirectory) -> Status | None:
    """The status of the gateway that owns `directory`; None when none is running."""
    pid, plan, state = holder(directory), read_plan(directory), read_state(directory)
    if pid is None or plan is None or state is None:
        return None
    numbers, hosts, answers = _ask(directory)
    return Status(
        name=directory.path.name,
        config=plan.config,
        phase=state.phase,
        message=state.message,
        pid=pid,
        uptime_s=round(time.time() - state.started_at, 1),
        processes=state.processes,
        listeners=tuple(_door_status(door) for door in plan.doors),
        answers=answers,
        requests=_sum_listeners(numbers, "downstream_rq_total"),
        active=_sum_listeners(numbers, "downstream_rq_active"),
        clusters=tuple(_cluster(plain, numbers) for plain in hosts if plain["name"] != names.SIDECAR_CLUSTER),
        sidecar=next((_sidecar(plain, numbers) for plain in hosts if plain["name"] == names.SIDECAR_CLUSTER), None),
    )


def _ask(directory: RunDirectory) -> tuple[dict[str, int], list[dict[str, Any]], bool]:
    pattern = (
        r"^(http\..*downstream_rq_(total|active)|cluster\..*(upstream_rq_(total|5xx|active)|upstream_cx_connect_fail)"
        r"|plano\.decisions\..*)$"
    )
    try:
        socket = directory.admin_socket
        return admin.counters(socket, pattern), admin.clusters(socket), True
    except admin.AdminUnreachable:
        return {}, [], False


def _door_status(door: Door) -> DoorStatus:
    return DoorStatus(name=door.name, kind=door.kind, address=door.address, port=door.port, up=is_up(door))


def _sum_listeners(numbers: dict[str, int], suffix: str) -> int:
    """Over all listeners; `http.admin.` is our own asking."""
    ours = {k: n for k, n in numbers.items() if k.startswith("http.") and not k.startswith("http.admin.")}
    return sum(n for k, n in ours.items() if k.endswith(suffix))


def _cluster(plain: dict[str, Any], numbers: dict[str, int]) -> ClusterStatus:
    name = str(plain["name"])
    stats = str(plain.get("observability_name") or name)
    hosts = [host for host in plain.get("host_statuses", []) if _is_real(host)]

    def number(stat: str) -> int:
        return numbers.get(f"cluster.{stats}.{stat}", 0)

    return ClusterStatus(
        name=name,
        hosts=len(hosts),
        healthy=sum(_is_healthy(host) for host in hosts),
        requests=number("upstream_rq_total"),
        errors=number("upstream_rq_5xx"),
        failed_connections=number("upstream_cx_connect_fail"),
        active=number("upstream_rq_active"),
    )


def _sidecar(plain: dict[str, Any], numbers: dict[str, int]) -> SidecarStatus:
    sockets = ((host, str(host["address"].get("pipe", {}).get("path", ""))) for host in plain.get("host_statuses", []))
    workers = [WorkerStatus(name=PurePath(path).stem, healthy=_is_healthy(host)) for host, path in sockets]
    return SidecarStatus(
        workers=tuple(sorted(workers, key=lambda worker: (len(worker.name), worker.name))),
        decisions=_decisions(numbers),
    )


def _decisions(numbers: dict[str, int]) -> dict[str, int]:
    """Over all listeners and choices, the most frequent first."""
    found: Counter[str] = Counter()
    for name, number in numbers.items():
        if counted := _DECISION.match(name):
            found[counted["why"]] += number
    return dict(found.most_common())


def _is_real(host: dict[str, Any]) -> bool:
    """Port 0 marks the endpoint that only exists to refuse at once, so that a retry can go elsewhere."""
    return bool(host.get("address", {}).get("socket_address", {}).get("port_value"))


def _is_healthy(host: dict[str, Any]) -> bool:
    health = dict(host.get("health_status", {}))
    return health.pop("eds_health_status", "HEALTHY") in ("HEALTHY", "UNKNOWN") and not any(health.values())
