"""Child processes under measurement: start, wait until ready, CPU seconds, memory, stop.

CPU comes from the kernel's clock of each process (nanoseconds, all its threads, ended ones included), summed over the
process and its children. Nothing here knows what the process does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

CPUS = sorted(os.sched_getaffinity(0))
GATEWAY_CPUS = set(CPUS[:1])
"""Where the process under measurement runs; load and provider run on the others, so that neither takes its time."""
LOAD_CPUS = set(CPUS[1:]) or set(CPUS)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    cpus: set[int],
    environ: Mapping[str, str],
    own_directory: bool = False,
    wait_s: float = 120,
) -> Iterator[int]:
    """Run `command` until the block ends, in the log's directory where it writes files of its own (`own_directory`).

    Gives its process id once something listens on `port`.

    Raises RuntimeError with the end of its log when it dies or stays silent.
    """
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=log.parent if own_directory else None,
            stdout=output,
            stderr=output,
            env={**os.environ, **environ},
            start_new_session=True,
        )
    try:
        os.sched_setaffinity(child.pid, cpus)
        _wait(child, port, log, wait_s)
        yield child.pid
    finally:
        _stop(child)


def _wait(child: subprocess.Popen[bytes], port: int, log: Path, wait_s: float) -> None:
    give_up = time.monotonic() + wait_s
    while time.monotonic() < give_up and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{child.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(child: subprocess.Popen[bytes]) -> None:
    members = tree(child.pid)
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pid in members:
        if pid != child.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def tree(pid: int) -> list[int]:
    """The process and all its living descendants."""
    members = [pid]
    for member in members:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                members += [int(child) for child in children.read_text().split()]
    return members


def cpu_s(pid: int) -> float:
    """CPU seconds the process and its living descendants have used."""
    return sum(time.clock_gettime(~member << 3 | 2) for member in tree(pid))


def rss_mib(pid: int) -> float:
    """Resident memory of the process and its descendants, MiB; shared pages count once a process."""
    total_kib = 0
    for member in tree(pid):
        for line in Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total_kib += int(line.split()[1])
    return total_kib / 1024
