"""Keeps processes alive. In: process specs and the environment. Out: events in words, the processes' states.

A process that ends unasked is started again after a growing pause; one that cannot stay up is given up on. Children get
their own session, so that a Ctrl-C at the terminal reaches only us and running streams can end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from control_plane.run.state import ProcessSpec, ProcessState

QUICK_DEATH_S = 5.0
"""A process that lived shorter than this did not really start."""
QUICK_DEATHS = 5
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
KILL_AFTER_S = 5.0
"""How long a process may take to end after SIGTERM."""
PR_SET_PDEATHSIG = 1
OWNER_ONLY = 0o077
"""The umask of every process: a log that one makes itself is nobody else's to read."""


class GaveUp(Exception):
    """A process died too often too quickly; the text has its last log lines."""


@dataclass(slots=True, kw_only=True)
class Supervised:
    """One process and its history. `log` takes its stdout and stderr."""

    spec: ProcessSpec
    log: Path
    child: asyncio.subprocess.Process | None = None
    started_at: float | None = None
    restarts: int = 0
    quick_deaths: int = 0

    @property
    def state(self) -> ProcessState:
        pid = self.child.pid if self.child and self.child.returncode is None else None
        return ProcessState(name=self.spec.name, pid=pid, started_at=self.started_at, restarts=self.restarts)


class Supervisor:
    """Starts the specs in order and keeps them up until `stop`; `changed` is called after every start and end."""

    def __init__(
        self,
        specs: tuple[ProcessSpec, ...],
        log_of: Callable[[str], Path],
        environ: Mapping[str, str],
        say: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self.supervised = tuple(Supervised(spec=spec, log=log_of(spec.name)) for spec in specs)
        self._environ = environ
        self._say = say
        self._changed = changed
        self._stopping = False

    @property
    def states(self) -> tuple[ProcessState, ...]:
        return tuple(one.state for one in self.supervised)

    async def run(self) -> None:
        """Keep every process up. Returns only after `stop`; raises GaveUp when one cannot be kept up."""
        async with asyncio.TaskGroup() as group:
            for one in self.supervised:
                await self._start(one)
                group.create_task(self._keep(one))

    async def _start(self, one: Supervised) -> None:
        try:
            one.child = await self._spawn(one)
        except OSError as error:
            raise GaveUp(f"{one.spec.name} cannot be started: {one.spec.argv[0]}: {error.strerror}") from None
        one.started_at = time.time()
        self._changed()

    async def _spawn(self, one: Supervised) -> asyncio.subprocess.Process:
        variables = {name: self._environ[name] for name in one.spec.variables if name in self._environ}
        with open_log(one.log) as log:
            return await asyncio.create_subprocess_exec(
                *one.spec.argv,
                env=variables,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=OWNER_ONLY,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    async def _keep(self, one: Supervised) -> None:
        while one.child is not None:
            pid, born = one.child.pid, time.monotonic()
            code = await one.child.wait()
            if self._stopping:
                return
            one.quick_deaths = one.quick_deaths + 1 if time.monotonic() - born < QUICK_DEATH_S else 0
            ended = f"{one.spec.name} (pid {pid}) {ending(code)}"
            if one.quick_deaths >= QUICK_DEATHS:
                raise GaveUp(f"{ended}; it died {QUICK_DEATHS} times in a row. Last lines of its log:\n{tail(one.log)}")
            await self._restart(one, ended)

    async def _restart(self, one: Supervised, ended: str) -> None:
        pause_s = min(FIRST_PAUSE_S * 2 ** max(0, one.quick_deaths - 1), LONGEST_PAUSE_S)
        self._changed()
        await asyncio.sleep(pause_s)
        if self._stopping:
            return
        one.restarts += 1
        await self._start(one)
        assert one.child is not None
        self._say(f"{ended}; restarted in {pause_s:.1f} s (pid {one.child.pid})")

    def retire(self) -> None:
        """From now on a process that ends stays ended."""
        self._stopping = True

    async def stop(self) -> None:
        """End every process, the last started first: SIGTERM, and SIGKILL for one that does not listen."""
        self.retire()
        for one in reversed(self.supervised):
            if one.child is None or one.child.returncode is not None:
                continue
            with contextlib.suppress(ProcessLookupError):
                one.child.terminate()
            try:
                await asyncio.wait_for(one.child.wait(), KILL_AFTER_S)
            except TimeoutError:
                one.child.kill()
                await one.child.wait()
                self._say(f"{one.spec.name} did not end within {KILL_AFTER_S:.0f} s and was killed")


def ending(code: int) -> str:
    """How a process ended, in words; `code` is negative for a signal."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def tail(path: Path, count: int = 15) -> str:
    """The last `count` lines of a log, indented; the last 64 KiB are looked at."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 65536))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"  {line}" for line in lines[-count:]) or "  (it wrote nothing)"


def open_log(path: Path) -> IO[bytes]:
    """A log opened for appending, readable by its owner only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _die_with_parent() -> None:
    # Without this a supervisor killed by SIGKILL would leave an Envoy nobody watches, still holding the ports.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
