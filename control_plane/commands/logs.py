"""`plano-cp logs`: requests, decisions, what Envoy and the supervisor say. Works after the gateway has stopped, too."""

from __future__ import annotations

import os
from collections import deque

import click

from control_plane.commands.source import name_option, name_words
from control_plane.console import Fault, say

HELP = """Show the requests, the decisions about them, what Envoy says, and what was started and stopped.

\b
Examples:
  plano-cp logs                      the last 20 lines
  plano-cp logs --follow             go on as new ones come (end with Ctrl-C)
  plano-cp logs --source access -n 100
  plano-cp logs --source sidecar -f  every decision: why, what was chosen, how sure, how long
  plano-cp logs --json | jq .        one JSON object a line

The files are in ~/.plano/run/NAME/logs ($PLANO_RUN_DIR/NAME/logs). One that grows past 100 MB, or that an earlier run
left, is put aside as FILE.1, in place of an older one; it is not shown here. Exit codes: 0 fine, 1 nothing was ever
started under this name.
"""


@click.command("logs", help=HELP, short_help="Show the requests, the decisions, and what Envoy says.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("-n", "count", type=click.IntRange(min=0), default=20, show_default=True, help="How many old lines.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Choice(["access", "envoy", "supervisor", "sidecar"]),
    help="Only these (repeatable): requests, Envoy's own log, starts and stops, decisions.",
)
@click.option("--health", is_flag=True, help="Also the requests for /healthz.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@name_option
def command(follow: bool, count: int, sources: tuple[str, ...], health: bool, as_json: bool, name: str) -> None:
    """See HELP."""
    from control_plane.commands.log_text import is_health_check, pretty, raw
    from control_plane.run import logs
    from control_plane.run.state import run_directory

    directory = run_directory(name, os.environ)
    if not directory.logs.is_dir():
        raise Fault(f"nothing was started as {name!r} yet; start it with `plano-cp up{name_words(name)}`")
    chosen = sources or logs.SOURCES
    show = raw if as_json else pretty
    new = logs.follow(directory, chosen) if follow else iter(())
    old = (line for line in logs.last(directory, chosen) if health or not is_health_check(line))
    for line in deque(old, maxlen=count):
        say(show(line))
    try:
        for fresh in new:
            if fresh is not None and (health or not is_health_check(fresh)):
                say(show(fresh))
    except KeyboardInterrupt:
        return
