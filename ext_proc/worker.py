"""One worker process: a socket for Envoy, health for whoever asks, an orderly end.

In: a runtime file and socket paths. Out: served decisions until SIGTERM. Says SERVING only while it could really
decide; a second worker may share nothing with it but the files.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from ext_proc import health, rpc, server
from ext_proc import log as lines
from ext_proc.call import Record
from ext_proc.world import World, opened
from schemas.runtime import load

_OWNER_ONLY = 0o600
_LOG = logging.getLogger("ext_proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a worker finds and offers things. `sessions`: a file to share conversations in with other workers.
    `drain_s`: how long open exchanges get when it ends."""

    runtime: Path
    socket: Path
    upstream: Path
    sessions: Path | None
    drain_s: float


async def work(places: Places) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError, RuntimeFileError for what stands in the way."""
    config = load(places.runtime.read_text(encoding="utf-8"))
    async with opened(config, str(places.upstream), os.environ, places.sessions) as world:
        await _serve(world, places)


async def _serve(world: World, places: Places) -> None:
    notes = _Notes()
    ready = health.Health()
    service = server.Service(world.decide, notes.add)
    serving = rpc.Server({server.PATH: service.process, **ready.handlers}, http=world.translator.serve)
    await serving.listen(_bound(places.socket))
    world.watch_router(ready.router_answers)
    ready.decides(True)
    # What lives as long as the process need not be looked at by every collection.
    gc.collect()
    gc.freeze()
    _LOG.warning("serving", extra={"fields": {"socket": str(places.socket), "router": world.router_version}})
    await _asked_to_stop()
    ready.end()
    await serving.stop(places.drain_s)
    notes.write()


class _Notes:
    """Records on their way to the log. Answers go first: the lines wait for the next turn of the loop."""

    def __init__(self) -> None:
        self._records: list[Record] = []

    def add(self, record: Record) -> None:
        if not self._records:
            asyncio.get_running_loop().call_later(0, self.write)
        self._records.append(record)

    def write(self) -> None:
        records, self._records = self._records, []
        lines.decisions(_LOG, records)


def _bound(path: Path) -> socket.socket:
    """A socket that only its owner can reach; the one a dead worker left behind is in the way."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~_OWNER_ONLY)
    try:
        made.bind(str(path))
    except OSError as error:
        made.close()
        raise OSError(f"{path}: cannot listen there: {error.strerror or error}") from error
    finally:
        os.umask(before)
    return made


async def _asked_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
