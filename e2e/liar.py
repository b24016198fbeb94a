"""A sidecar that lies: a gRPC server on a worker's socket that answers Envoy's questions with whatever a test wants.

It says that it is healthy, so Envoy trusts it as it would a worker. Answers are bytes: they need not be messages.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from schemas.wire import METHOD, SERVICE

Context = Any
Lie = Callable[[Context], Awaitable[None]]


class Liar:
    """A context manager; `lie` is played for every question from then on. `asked` counts them."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.lie: Lie = silence
        self.asked = 0

    def __enter__(self) -> Liar:
        self._thread.start()
        assert self._ready.wait(20), "the liar did not come up"
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop and self._over:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = grpc.aio.server()
        checks = health.aio.HealthServicer()  # type: ignore[attr-defined]
        health_pb2_grpc.add_HealthServicer_to_server(checks, server)
        handler = grpc.stream_stream_rpc_method_handler(self._play)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
        server.add_insecure_port(f"unix:{self._socket}")
        await server.start()
        for service in ("", "ext_proc"):
            await checks.set(service, health_pb2.HealthCheckResponse.SERVING)
        self._ready.set()
        await self._over.wait()
        await server.stop(0)

    async def _play(self, _: object, context: Context) -> None:
        self.asked += 1
        await self.lie(context)


async def silence(context: Context) -> None:
    """The question is read, and never answered."""
    await context.read()
    await asyncio.Event().wait()


async def walk_away(_: Context) -> None:
    """The exchange ends well before the question was read."""


async def hear_and_walk_away(context: Context) -> None:
    await context.read()


async def fail(context: Context) -> None:
    await context.read()
    await context.abort(grpc.StatusCode.INTERNAL, "no")


def say(*answers: bytes, stay: bool = False) -> Lie:
    """These answers to the first message, one right after the other; then the end, or silence (`stay`)."""

    async def lie(context: Context) -> None:
        await context.read()
        for answer in answers:
            await context.write(answer)
        if stay:
            await asyncio.Event().wait()

    return lie


def say_unasked(answer: bytes) -> Lie:
    """Before the question was read."""

    async def lie(context: Context) -> None:
        await context.write(answer)
        await context.read()

    return lie
