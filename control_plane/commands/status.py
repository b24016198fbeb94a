"""`plano-cp status`: what runs, what is up, what it did. Exit 1 when nothing runs or something of it is not up."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import click

from control_plane.commands.source import name_option, name_words
from control_plane.console import Fault, paint, say, say_json

if TYPE_CHECKING:
    from control_plane.run.status import ClusterStatus, SidecarStatus, Status

HELP = """Show the processes, the listeners, the requests, the decisions and the upstreams of the running gateway.

\b
Examples:
  plano-cp status
  plano-cp status --json | jq .listeners

Exit codes: 0 everything is up, 1 not running, a listener does not answer, or no worker of the sidecar does.
"""


@click.command("status", help=HELP, short_help="Show processes, listeners, requests, decisions and upstream health.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@name_option
def command(as_json: bool, name: str) -> None:
    """See HELP."""
    from control_plane.run.state import run_directory
    from control_plane.run.status import status

    found = status(run_directory(name, os.environ))
    if found is None:
        if as_json:
            say_json({"name": name, "phase": "not running"})
            raise SystemExit(1)
        raise Fault(f"the gateway {name!r} is not running; start it with `plano-cp up{name_words(name)}`")
    if as_json:
        say_json(dataclasses.asdict(found))
    else:
        _print(found)
    raise SystemExit(0 if _is_up(found) else 1)


def _is_up(found: Status) -> bool:
    decides = found.sidecar is None or any(worker.healthy for worker in found.sidecar.workers)
    return found.answers and decides and all(listener.up for listener in found.listeners)


def _print(found: Status) -> None:
    note = f" ({found.message})" if found.message else ""
    say(f"{found.name}: {found.phase}{note}, pid {found.pid}, up {duration(found.uptime_s)}, from {found.config}")
    for process in found.processes:
        restarts = {0: "", 1: ", restarted once"}.get(process.restarts, f", restarted {process.restarts} times")
        say(f"  process   {process.name}: {f'pid {process.pid}' if process.pid else paint('dead', 'red')}{restarts}")
    for listener in found.listeners:
        up = paint("up", "green") if listener.up else paint("down", "red")
        say(f"  listener  {listener.name} ({listener.kind}) on {listener.address}:{listener.port}: {up}")
    if not found.answers:
        say(f"  {paint('Envoy does not answer on its admin socket', 'red')}")
        return
    say(f"  requests  {found.requests} so far (probes of /healthz included), {found.active} now")
    if found.sidecar is not None:
        _print_sidecar(found.sidecar)
    for cluster in found.clusters:
        say(f"  upstream  {cluster.name}: {_cluster(cluster)}")


def _print_sidecar(sidecar: SidecarStatus) -> None:
    down = [worker.name for worker in sidecar.workers if not worker.healthy]
    healthy = f"{len(sidecar.workers) - len(down)}/{len(sidecar.workers)} workers healthy"
    ill = f", not {', '.join(down)}" if down else ""
    say(f"  sidecar   {paint(healthy, 'yellow' if down else 'green')}{ill}")
    counts = ", ".join(f"{number} {why}" for why, number in sidecar.decisions.items() if number)
    say(f"  decisions {counts or 'none so far'}")


def _cluster(cluster: ClusterStatus) -> str:
    health = f"{cluster.healthy}/{cluster.hosts} hosts healthy" if cluster.hosts else "no address known yet"
    colour = "green" if cluster.hosts and cluster.healthy == cluster.hosts else "yellow"
    counts = f"{cluster.requests} requests, {cluster.errors} errors, {cluster.active} now"
    refused = f", {cluster.failed_connections} failed connections" if cluster.failed_connections else ""
    return f"{paint(health, colour)}, {counts}{refused}"


def duration(seconds: float) -> str:
    """For example "42 s", "3 min 5 s", "2 h 10 min", "3 d 4 h"."""
    whole = int(seconds)
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for unit, size in units:
        if whole >= size:
            parts.append(f"{whole // size} {unit}")
            whole %= size
    return " ".join(parts[:2]) or "0 s"
