"""`plano-cp status`: what runs, what is up, what it did. Exit 1 when nothing runs or something of it is not up."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import click

from control_plane.commands.source import name_option
from control_plane.console import Fault, paint, say, say_json

if TYPE_CHECKING:
    from control_plane.run.status import ClusterStatus, Status

HELP = """Show the processes, the listeners, the requests and the upstreams of the running gateway.

\b
Examples:
  plano-cp status
  plano-cp status --json | jq .listeners

Exit codes: 0 everything is up, 1 not running, or a listener does not answer.
"""


@click.command("status", help=HELP, short_help="Show processes, listeners, requests and upstream health.")
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
        raise Fault(f"the gateway {name!r} is not running; start it with `plano-cp up`")
    if as_json:
        say_json(dataclasses.asdict(found))
    else:
        _print(found)
    raise SystemExit(0 if found.answers and all(listener.up for listener in found.listeners) else 1)


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
    for cluster in found.clusters:
        say(f"  upstream  {cluster.name}: {_cluster(cluster)}")


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
