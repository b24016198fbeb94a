"""The supervisor of one gateway: `python -m control_plane.run.supervise DIRECTORY`, or in-process for --foreground.

In: run.json of a run directory, secrets in the environment. Out: running processes, state.json, an exit code. SIGTERM
or SIGINT drains and stops; a second one stops at once. Never writes a secret.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from control_plane.run import admin
from control_plane.run.drain import drain
from control_plane.run.files import write_atomically
from control_plane.run.processes import GaveUp, Supervisor, tail
from control_plane.run.readiness import is_up
from control_plane.run.rotation import keep_small
from control_plane.run.state import Phase, RunDirectory, RunPlan, State, read_plan, write_state

POLL_S = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Supervision:
    """One run: the processes, the signals and the state file.

    `say` gets events in words; `on_ready` is called once, when every listener answers.
    """

    def __init__(
        self,
        directory: RunDirectory,
        plan: RunPlan,
        environ: Mapping[str, str],
        say: Callable[[str], None],
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self.directory = directory
        self.plan = plan
        self.say = say
        self.on_ready = on_ready
        self.phase: Phase = "starting"
        self.message = ""
        self.started_at = time.time()
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()
        self.supervisor = Supervisor(plan.processes, directory.log_of, environ, say, self.write)

    def write(self) -> None:
        """Bring state.json up to date."""
        state = State(
            pid=os.getpid(),
            phase=self.phase,
            started_at=self.started_at,
            processes=self.supervisor.states,
            message=self.message,
        )
        try:
            write_state(self.directory, state)
        except OSError as error:
            # A full disk must not end a gateway that answers requests.
            self.say(f"{self.directory.state} cannot be written: {error.strerror}")

    def move(self, phase: Phase, message: str = "") -> None:
        """Enter a phase, or say something new about it."""
        if (phase, message) != (self.phase, self.message):
            self.phase, self.message = phase, message
            self.write()

    def on_signal(self) -> None:
        """The first signal stops gently, the second at once."""
        if self.stop.is_set():
            self.hurry.set()
        self.stop.set()

    async def run(self) -> int:
        """Run until stopped; 0 after a stop, 1 when it did not come up or a process could not be kept up."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.on_signal)
        write_atomically(self.directory.pid_file, f"{os.getpid()}\n", 0o600)
        self.write()
        keeping = asyncio.create_task(self.supervisor.run())
        watching = asyncio.create_task(self._watch_start())
        stopping = asyncio.create_task(self.stop.wait())
        rotating = asyncio.create_task(keep_small(self.directory, self.say))
        try:
            await asyncio.wait((keeping, watching, stopping), return_when=asyncio.FIRST_COMPLETED)
            return await self._end(keeping, watching)
        finally:
            for task in (watching, stopping, rotating):
                task.cancel()
            self.directory.pid_file.unlink(missing_ok=True)

    async def _watch_start(self) -> None:
        """Ends only with an error: GaveUp when the listeners are not up in time."""
        end = time.monotonic() + self.plan.ready_within_s
        while (waiting := await asyncio.to_thread(not_up, self.directory, self.plan)) is not None:
            self.move("starting", f"waiting for {waiting}")
            if time.monotonic() > end:
                log = self.directory.log_of(self.plan.processes[-1].name)
                limit = f"not up within {self.plan.ready_within_s:g} s"
                raise GaveUp(f"{waiting} is {limit}. Last lines of the log:\n{tail(log)}")
            await asyncio.sleep(POLL_S)
        self.move("running")
        self.on_ready()
        await asyncio.Event().wait()

    async def _end(self, *tasks: asyncio.Task[None]) -> int:
        failed = next((task.exception() for task in tasks if task.done()), None)
        if failed is None:
            cut = await self._drain()
        await self.supervisor.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if failed is not None:
            self.move("failed", _reason(failed))
        else:
            self.move("stopped", "stopped" + (f"; {count(cut, 'running request')} cut" if cut else ""))
        self.say(self.message)
        return 0 if failed is None else 1

    async def _drain(self) -> int:
        self.supervisor.retire()
        self.move("draining", "closing the listeners")
        limit = f"at most {self.plan.drain_time_s:g} s; a second signal stops at once"
        self.say(f"draining: no new connections, running requests may finish ({limit})")

        def tell(active: int) -> None:
            self.move("draining", f"{count(active, 'request')} running")

        return await drain(self.directory.admin_socket, self.plan.doors, self.plan.drain_time_s, self.hurry, tell)


def not_up(directory: RunDirectory, plan: RunPlan) -> str | None:
    """What has not come up yet, in words; None when everything answers. Asks Envoy (about the sidecar too), then every
    listener."""
    if not admin.is_ready(directory.admin_socket):
        return "Envoy"
    if any(is_sidecar(process.name) for process in plan.processes) and not admin.has_sidecar(directory.admin_socket):
        return "the sidecar"
    return next((f"listener {door.name} (port {door.port})" for door in plan.doors if not is_up(door)), None)


def is_sidecar(process: str) -> bool:
    return process.startswith("sidecar-")


def count(number: int, noun: str) -> str:
    """For example "1 request", "2 requests"."""
    return f"{number} {noun}{'s' * (number != 1)}"


def _reason(error: BaseException | None) -> str:
    if isinstance(error, BaseExceptionGroup):
        return _reason(error.exceptions[0])
    if isinstance(error, GaveUp):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _log(text: str) -> None:
    print(f"{datetime.now().astimezone().isoformat(timespec='milliseconds')} {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run what run.json of the directory in argv says, in the background; events go to stderr (a log file)."""
    directory = RunDirectory(Path(sys.argv[1]))
    plan = read_plan(directory)
    if plan is None:
        _log(f"{directory.plan} cannot be read")
        return 1
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def run() -> int:
        return await Supervision(directory, plan, dict(os.environ), _log).run()

    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
