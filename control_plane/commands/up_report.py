"""How `up` waits and what it prints. In: the run directory and its plan. Out: text for a person; never a secret."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from control_plane.commands.source import name_words
from control_plane.console import Fault, Progress, paint, say
from control_plane.problems import Problems
from control_plane.run.state import RunDirectory, RunPlan, read_state

if TYPE_CHECKING:
    pass

NOT_ENFORCED = "not-enforced"
"""The rule of a key that is read but does nothing yet."""
OPEN = "open to everyone who can reach it: add auth, or address: 127.0.0.1"
POLL_S = 0.05


def report(directory: RunDirectory, plan: RunPlan, problems: Problems) -> None:
    """The listeners, a curl line each, what is not enforced, and where to look next."""
    say(f"{paint('running', 'green', bold=True)}: {plan.config}")
    for door in plan.doors:
        say(f"\n{paint(door.name, 'cyan', bold=True)} ({door.kind}) on {door.address}:{door.port}")
        if door.open:
            say(f"  {paint(OPEN, 'yellow')}")
        say(f"  {door.curl}")
    _say_not_enforced(problems)
    name = name_words(directory.path.name)
    say(f"\nplano-cp status{name} | plano-cp logs{name} --follow | plano-cp down{name}")


def _say_not_enforced(problems: Problems) -> None:
    carried = [problem for problem in problems.warnings if problem.rule == NOT_ENFORCED]
    if carried:
        say(f"\n{paint('Not enforced yet', 'yellow', bold=True)}:")
    for problem in carried:
        say(f"  {problem.place}: {problem.what}")


def wait_in_background(directory: RunDirectory, child: subprocess.Popen[bytes]) -> None:
    """Return when every listener answers; a fault with the reason when the supervisor ended instead."""
    try:
        with Progress("starting") as progress:
            up = _watch(directory, child, progress)
    except KeyboardInterrupt:
        child.terminate()
        raise
    if not up:
        raise Fault(_why_it_ended(directory, child))


def _watch(directory: RunDirectory, child: subprocess.Popen[bytes], progress: Progress) -> bool:
    while True:
        ended = child.poll() is not None
        state = read_state(directory)
        mine = state if state and state.pid == child.pid else None
        if ended or (mine and mine.phase == "running"):
            return not ended
        if mine and mine.message:
            progress.text = f"starting: {mine.message}"
        time.sleep(POLL_S)


def _why_it_ended(directory: RunDirectory, child: subprocess.Popen[bytes]) -> str:
    from control_plane.run.processes import tail

    state = read_state(directory)
    if state and state.pid == child.pid and state.message:
        return f"the gateway did not start: {state.message}"
    return f"the gateway did not start. Last lines of its log:\n{tail(directory.supervisor_log)}"


async def run_in_foreground(
    directory: RunDirectory, plan: RunPlan, environ: Mapping[str, str], problems: Problems
) -> int:
    """Run the supervisor here, with its events on stderr and the log lines on stdout, until it is stopped."""
    import asyncio

    from control_plane.run.supervise import Supervision

    ended = threading.Event()
    printing = threading.Thread(target=_print_lines, args=(directory, ended), daemon=True)
    printing.start()

    def tell(text: str) -> None:
        say(text, err=True)

    try:
        return await Supervision(directory, plan, environ, tell, lambda: report(directory, plan, problems)).run()
    finally:
        ended.set()
        await asyncio.to_thread(printing.join)


def _print_lines(directory: RunDirectory, ended: threading.Event) -> None:
    """Print new lines until `ended`, then what is still there; probes of /healthz stay in the log."""
    from control_plane.commands.log_text import is_health_check, pretty
    from control_plane.run import logs

    for line in logs.follow(directory, ("access", "envoy", logs.SIDECAR)):
        if line is not None:
            if not is_health_check(line):
                say(pretty(line))
        elif ended.is_set():
            return
