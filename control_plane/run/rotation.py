"""Keeps the logs of a long run small: one past the limit is put aside as NAME.log.1, in place of an older one.

In: the run directory. Out: shorter logs, readable by their owner only. The processes keep their files open for
appending, so a log is copied and emptied, not renamed; a line written between the two is lost. Never ends the gateway.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from control_plane.run.state import RunDirectory

LARGEST_BYTES = 100 * 1024 * 1024
CHECK_S = 10.0


async def keep_small(directory: RunDirectory, say: Callable[[str], None]) -> None:
    """Look at the logs until cancelled; `say` gets what goes wrong, once while it lasts."""
    told = ""
    while True:
        fault = await asyncio.to_thread(rotate, directory, LARGEST_BYTES)
        if fault and fault != told:
            say(fault)
        told = fault
        await asyncio.sleep(CHECK_S)


def rotate(directory: RunDirectory, limit_bytes: int) -> str:
    """Put every log aside that is larger than the limit. Returns what went wrong, in words."""
    faults = []
    for log in sorted(directory.logs.glob("*.log")):
        try:
            if log.stat().st_size > limit_bytes:
                _put_aside(log)
        except OSError as error:
            faults.append(f"{log} cannot be put aside: {error.strerror}")
    return "; ".join(faults)


def aside(log: Path) -> Path:
    """Where a log goes when a new one begins."""
    return log.with_suffix(".log.1")


def _put_aside(log: Path) -> None:
    aside(log).unlink(missing_ok=True)
    target = os.open(aside(log), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with log.open("r+b") as source, os.fdopen(target, "wb") as copy:
            shutil.copyfileobj(source, copy, 1024 * 1024)
            copy.flush()
            os.truncate(source.fileno(), 0)
    except OSError:
        # On a full disk half a copy would only take room.
        aside(log).unlink(missing_ok=True)
        raise
