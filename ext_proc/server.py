"""The gRPC side: one handler that carries commands out. Nothing is decided here.

In: Envoy's streams. Out: Envoy's answers, records to a sink. Errors are raised, never swallowed: a stream that ended
without an answer would let the request pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import grpc
import grpc.aio

from ext_proc import wire
from ext_proc.call import Call, Decided, Record, Stream
from ext_proc.exchange import (
    Abort,
    Cancel,
    Chunk,
    Crashed,
    Decide,
    Delayed,
    Exchange,
    Extend,
    Finished,
    Left,
    Note,
    Open,
    Pass,
    Send,
)
from schemas import names
from schemas.wire import METHOD, SERVICE
from schemas.wire.ext_proc_pb2 import ProcessingRequest, ProcessingResponse

Context = grpc.aio.ServicerContext[ProcessingRequest, ProcessingResponse]
Delay = Callable[[float], Awaitable[None]]
DecideCall = Callable[[Call, Delay], Awaitable[Decided]]
"""Decides one call; the second argument asks Envoy to wait longer, in seconds."""
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
    ("grpc.http2.lookahead_bytes", 1 << 20),
)


class ExchangeAborted(Exception):
    """An exchange that cannot be answered; Envoy then does what the listener is configured for."""


class Service:
    """Serves exchanges; `in_flight` counts those open now."""

    def __init__(self, decide: DecideCall, note: Callable[[Record], None]) -> None:
        self._decide = decide
        self._note = note
        self.in_flight = 0

    async def process(self, _: object, context: Context) -> None:
        """One exchange, from the question to its end."""
        exchange = Exchange(_listener(context))
        self.in_flight += 1
        try:
            await _Run(self._decide, self._note, exchange, context).run()
        except asyncio.CancelledError:
            for command in exchange.handle(Left()):
                if isinstance(command, Note):
                    self._note(command.record)
            raise
        finally:
            self.in_flight -= 1


class _Run:
    """Carries the commands of one exchange out."""

    def __init__(
        self, decide: DecideCall, note: Callable[[Record], None], exchange: Exchange, context: Context
    ) -> None:
        self._decide = decide
        self._note = note
        self._exchange = exchange
        self._context = context

    async def run(self) -> None:
        message = await self._context.read()
        if message is grpc.aio.EOF:  # type: ignore[attr-defined]
            self._exchange.handle(Left())
            return
        await self._obey(self._exchange.handle(wire.read(message, self._exchange.listener)))

    async def _obey(self, commands: list[Any]) -> None:
        for command in commands:
            match command:
                case Decide(call):
                    await self._decided(call)
                case Send() | Extend() | Pass():
                    await self._context.write(wire.write(command))
                case Open(stream, _):
                    await self._context.write(wire.write(command))
                    await self._streamed(stream)
                case Note(record):
                    self._note(record)
                case Abort(error):
                    raise _aborted(error)
                case Cancel():
                    pass  # only a cancellation of this very coroutine leads here

    async def _decided(self, call: Call) -> None:
        try:
            decided = await self._decide(call, self._delay)
        except Exception as error:  # noqa: BLE001 - any error must reach Envoy as one, and be noted
            await self._obey(self._exchange.handle(Crashed(error)))
            return
        await self._obey(self._exchange.handle(decided))

    async def _delay(self, seconds: float) -> None:
        await self._obey(self._exchange.handle(Delayed(seconds)))

    async def _streamed(self, stream: Stream) -> None:
        async with aclosing(cast("AsyncGenerator[bytes]", stream.chunks)) as chunks:
            try:
                async for data in chunks:
                    await self._obey(self._exchange.handle(Chunk(data)))
            except Exception as error:  # noqa: BLE001 - see above
                await self._obey(self._exchange.handle(Crashed(error)))
                return
        await self._obey(self._exchange.handle(Finished()))


def _aborted(error: BaseException | str) -> ExchangeAborted:
    """Its text reaches Envoy's log, and that of an unforeseen error may quote a request: only what kind it is, then."""
    if isinstance(error, str):
        return ExchangeAborted(error)
    aborted = ExchangeAborted(type(error).__name__)
    aborted.__cause__ = error
    return aborted


def _listener(context: Context) -> str:
    for name, value in context.invocation_metadata() or ():
        if name == names.LISTENER_METADATA:
            return value if isinstance(value, str) else value.decode()
    return ""


def server(service: Service) -> grpc.aio.Server:
    """A gRPC server with this service; it listens nowhere yet."""
    made = grpc.aio.server(options=_OPTIONS)
    handler = grpc.stream_stream_rpc_method_handler(
        service.process,
        request_deserializer=ProcessingRequest.FromString,
        response_serializer=ProcessingResponse.SerializeToString,
    )
    made.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
    return made
