"""A server of exchanges on a socket, and the gRPC library's client asking it as Envoy would."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import grpc.aio

from ext_proc import health, rpc, server
from ext_proc.call import Call, Decided, Outcome, Record
from ext_proc.server import DecideCall, Delay
from ext_proc.tests.test_wire import request
from schemas import names
from schemas.decisions import Why
from schemas.wire.ext_proc_pb2 import ProcessingResponse

NO_LIMIT = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
RECORD = Record(listener="llm", why=Why.PREFERENCE, model="m")
QUESTION = request('{"messages":[]}', x_request_id="r-1")
END = cast(Any, grpc.aio).EOF
SECRET = "what the user wrote"


class Gateway:
    """One server and one client of it; `notes` are the records, `ready` is the server's state."""

    def __init__(self, served: rpc.Server, channel: Any, notes: list[Record], ready: health.Health) -> None:
        self.served = served
        self.channel = channel
        self.notes = notes
        self.ready = ready
        self.elsewhere = channel.unary_unary("/envoy.service.ext_proc.v3.ExternalProcessor/Other")
        self._process = channel.stream_stream(server.PATH, response_deserializer=ProcessingResponse.FromString)

    def exchange(self, listener: str = "llm") -> Any:
        return self._process(metadata=((names.LISTENER_METADATA, listener),))

    async def ask(self, question: bytes = QUESTION, listener: str = "llm") -> list[ProcessingResponse]:
        """All the answers to one question. Raises grpc.RpcError."""
        call = self.exchange(listener)
        await call.write(question)
        return [answer async for answer in call]


@asynccontextmanager
async def running(decide: DecideCall) -> AsyncIterator[Gateway]:
    notes: list[Record] = []
    ready = health.Health()
    ready.decides(True)
    with TemporaryDirectory() as folder:
        path = Path(folder, "s.sock")
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        bound.bind(str(path))
        service = server.Service(decide, notes.append)
        served = rpc.Server({server.PATH: service.process, **ready.handlers})
        await served.listen(bound)
        async with grpc.aio.insecure_channel(f"unix:{path}", options=NO_LIMIT) as channel:
            yield Gateway(served, channel, notes, ready)
        await served.stop(0)


def play(decide: DecideCall, scene: Callable[[Gateway], Awaitable[None]]) -> None:
    async def stage() -> None:
        async with asyncio.timeout(60), running(decide) as gateway:
            await scene(gateway)

    asyncio.run(stage())


def always(outcome: Outcome) -> DecideCall:
    async def decide(_: Call, __: Delay) -> Decided:
        return Decided(outcome, RECORD)

    return decide


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0)
