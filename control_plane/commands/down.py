"""`plano-cp down`: stop the gateway gently and say what happened. Exit 1 when none is running."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from control_plane.commands.source import name_option, name_words
from control_plane.console import Fault, Progress, say

if TYPE_CHECKING:
    from control_plane.run.state import RunDirectory

HELP = """Stop the gateway: no new connections, running requests and streams may finish, then Envoy ends.

\b
Examples:
  plano-cp down
  plano-cp down --now        cut running streams

The time running streams get is the --drain-time of `plano-cp up` (30 s by default). Exit codes: 0 stopped,
1 not running.
"""
POLL_S = 0.1
GRACE_S = 15.0
"""Beyond the drain time: Envoy closing its listeners, ending, and a second for the supervisor."""


@click.command("down", help=HELP, short_help="Stop the gateway without cutting running streams.")
@click.option("--now", is_flag=True, help="Do not wait for running streams.")
@name_option
def command(now: bool, name: str) -> None:
    """See HELP."""
    from control_plane.run.state import holder, read_plan, read_state, run_directory

    directory = run_directory(name, os.environ)
    pid = holder(directory)
    if pid == 0:
        raise Fault(f"the gateway {name!r} is just being started or stopped; try again in a moment")
    if pid is None:
        raise Fault(f"the gateway {name!r} is not running; start it with `plano-cp up{name_words(name)}`")
    plan = read_plan(directory)
    limit_s = (plan.drain_time_s if plan else 0) + GRACE_S
    send_stop(pid, now)
    if not wait_until_gone(directory, limit_s):
        raise Fault(f"the gateway {name!r} (pid {pid}) did not stop within {limit_s:g} s; end it with `kill -9 {pid}`")
    state = read_state(directory)
    say(f"{name} (pid {pid}): {state.message if state and state.message else 'stopped'}")


def send_stop(pid: int, now: bool) -> None:
    """Ask the supervisor to stop; twice means at once."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        if now:
            time.sleep(POLL_S)  # two equal signals at the same moment arrive as one
            os.kill(pid, signal.SIGTERM)


def wait_until_gone(directory: RunDirectory, limit_s: float) -> bool:
    """Whether nobody owns the run directory within `limit_s` seconds; shows what is being waited for."""
    from control_plane.run.state import holder, read_state

    end = time.monotonic() + limit_s
    with Progress("stopping") as progress:
        while holder(directory) is not None:
            if time.monotonic() > end:
                return False
            state = read_state(directory)
            progress.text = f"stopping: {state.message}" if state and state.message else "stopping"
            time.sleep(POLL_S)
    return True
