"""The run directory of one gateway: where its files lie, who holds it, and what its supervisor last said.

Default `~/.plano/run/<name>`; `$PLANO_RUN_DIR/<name>` when that is set. Directory 0700, files 0600. No secret is ever
written here: the files name environment variables, never their values.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from control_plane.run.errors import RunError
from control_plane.run.files import write_atomically

SOCKET_PATH_LIMIT = 103
"""Bytes a unix socket path may have (macOS; Linux allows 107)."""

Phase = Literal["starting", "running", "draining", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Paths of one gateway's files."""

    path: Path

    @property
    def bootstrap(self) -> Path:
        return self.path / "bootstrap.json"

    @property
    def runtime(self) -> Path:
        return self.path / "runtime.json"

    @property
    def plan(self) -> Path:
        """What the supervisor runs, see `RunPlan`."""
        return self.path / "run.json"

    @property
    def state(self) -> Path:
        """What the supervisor says about it, see `State`."""
        return self.path / "state.json"

    @property
    def pid_file(self) -> Path:
        return self.path / "plano.pid"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def admin_socket(self) -> Path:
        return self.path / "admin.sock"

    @property
    def internal_socket(self) -> Path:
        """Where the sidecar makes its own calls through Envoy."""
        return self.path / "internal.sock"

    def sidecar_socket(self, number: int) -> Path:
        """Where Envoy asks the sidecar's worker of this number, from 1."""
        return self.path / f"sidecar-{number}.sock"

    @property
    def sessions(self) -> Path:
        """What the sidecar's workers remember of conversations, together."""
        return self.path / "sessions.db"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def access_log(self) -> Path:
        return self.logs / "access.log"

    @property
    def supervisor_log(self) -> Path:
        return self.logs / "supervisor.log"

    def log_of(self, process: str) -> Path:
        """The file that holds stdout and stderr of `process`."""
        return self.logs / f"{process}.log"

    def prepare(self) -> None:
        """Create the directories, owner only. Raises RunError when that is impossible or a socket would not fit."""
        if len(os.fsencode(self.sidecar_socket(999))) > SOCKET_PATH_LIMIT:
            raise RunError(f"the path {self.path} is too long for a unix socket; set PLANO_RUN_DIR to a shorter one")
        try:
            self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as error:
            raise RunError(f"{self.path}: {error.strerror}; set PLANO_RUN_DIR to a directory you may write") from None


def run_directory(name: str, environ: Mapping[str, str]) -> RunDirectory:
    """The run directory of the gateway called `name`; nothing is created."""
    root = environ.get("PLANO_RUN_DIR")
    return RunDirectory((Path(root).absolute() if root else Path.home() / ".plano" / "run") / name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process to keep alive. `variables` names what it gets of the supervisor's environment."""

    name: str
    argv: tuple[str, ...]
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A listener as seen from outside. `probe`: how to ask whether it is up (tcp: it wants a client certificate).

    `open`: other machines may reach it, and it asks nobody who they are.
    """

    name: str
    kind: str
    address: str
    port: int
    probe: Literal["http", "https", "tcp"] = "http"
    curl: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What one supervisor runs: written by `up`, read by the supervisor, `status` and `down`. Times in seconds."""

    config: str
    processes: tuple[ProcessSpec, ...]
    doors: tuple[Door, ...] = ()
    drain_time_s: float = 30.0
    ready_within_s: float = 60.0

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def load(cls, text: str) -> RunPlan:
        plain: dict[str, Any] = json.loads(text)
        processes = [ProcessSpec(**_tuples(spec, "argv", "variables")) for spec in plain.pop("processes")]
        doors = [Door(**door) for door in plain.pop("doors")]
        return cls(**plain, processes=tuple(processes), doors=tuple(doors))


def _tuples(plain: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: tuple(value) if key in names else value for key, value in plain.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """One supervised process now. `started_at` is Unix seconds; `restarts` counts unwanted ends."""

    name: str
    pid: int | None
    started_at: float | None
    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the supervisor says: `pid` is its own, `message` the reason when `phase` is failed."""

    pid: int
    phase: Phase
    started_at: float
    processes: tuple[ProcessState, ...] = field(default=())
    message: str = ""


def write_state(directory: RunDirectory, state: State) -> None:
    """Replace the state file; owner only."""
    write_atomically(directory.state, json.dumps(asdict(state), indent=2) + "\n", 0o600)


def read_state(directory: RunDirectory) -> State | None:
    """The last thing the supervisor said; None when it never said anything."""
    try:
        plain: dict[str, Any] = json.loads(directory.state.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return State(**plain | {"processes": tuple(ProcessState(**process) for process in plain["processes"])})


def read_plan(directory: RunDirectory) -> RunPlan | None:
    """What was last started here; None when nothing was."""
    try:
        return RunPlan.load(directory.plan.read_text("utf-8"))
    except (OSError, ValueError):
        return None


class Lock:
    """Whoever holds this owns the run directory. The lock lives as long as any process has its file open."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    @classmethod
    def take(cls, directory: RunDirectory) -> Lock | None:
        """The lock, or None when another process holds it."""
        fd = os.open(directory.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        return cls(fd)

    def close(self) -> None:
        """Close our end; a supervisor that inherited the file keeps the lock."""
        os.close(self.fd)


def holder(directory: RunDirectory) -> int | None:
    """The pid of the running supervisor; None when nobody holds the run directory (0: held, but not yet named)."""
    if not directory.lock.exists():
        return None
    lock = Lock.take(directory)
    if lock is not None:
        lock.close()
        return None
    try:
        return int(directory.pid_file.read_text().strip() or 0)
    except (OSError, ValueError):
        return 0
