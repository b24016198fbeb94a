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
from dataclasses import dataclass
from pathlib import Path

from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from ext_proc import log as lines
from ext_proc import server
from ext_proc.call import Record
from ext_proc.world import World, opened
from schemas.runtime import load

_SERVICES = ("", "ext_proc")
_OWNER_ONLY = 0o600
_LOG = logging.getLogger("ext_proc")
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


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
    loop = asyncio.get_running_loop()

    def note(record: Record) -> None:
        # The answer goes first; the line can wait for the next turn of the loop.
        loop.call_soon(lines.decision, _LOG, record)

    grpc_server = server.server(server.Service(world.decide, note))
    checks = health.aio.HealthServicer()  # type: ignore[attr-defined]
    health_pb2_grpc.add_HealthServicer_to_server(checks, grpc_server)
    _listen(grpc_server, places.socket)
    await grpc_server.start()
    for name in _SERVICES:
        await checks.set(name, _SERVING)
    # What lives as long as the process need not be looked at by every collection.
    gc.collect()
    gc.freeze()
    _LOG.warning("serving", extra={"fields": {"socket": str(places.socket), "router": world.router_version}})
    await _asked_to_stop()
    for name in _SERVICES:
        await checks.set(name, _NOT_SERVING)
    await grpc_server.stop(places.drain_s)


def _listen(grpc_server: object, socket: Path) -> None:
    """A socket a dead worker left behind is in the way."""
    socket.unlink(missing_ok=True)
    before = os.umask(0o777 & ~_OWNER_ONLY)
    try:
        bound = grpc_server.add_insecure_port(f"unix:{socket}")  # type: ignore[attr-defined]
    finally:
        os.umask(before)
    if not bound:
        raise OSError(f"{socket}: cannot listen there")


async def _asked_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
