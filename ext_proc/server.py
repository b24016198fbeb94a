"""One gRPC call of Envoy: carries out what the state machine of the exchange says. Nothing is decided here.

In: Envoy's message. Out: our answers, records to a sink. Errors are raised, never swallowed: a stream that ended
without an answer would let the request pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import cast

from google.protobuf.message import DecodeError

from ext_proc import wire
from ext_proc.call import Call, Decided, Record, Stream
from ext_proc.exchange import (
    Abort,
    Asked,
    Cancel,
    Chunk,
    Command,
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
    Unexpected,
)
from ext_proc.http2.headers import Headers
from ext_proc.rpc import CallFailed, Write
from schemas import names
from schemas.wire import METHOD, SERVICE
from schemas.wire.ext_proc_pb2 import ProcessingRequest

PATH = f"/{SERVICE}/{METHOD}"
Delay = Callable[[float], Awaitable[None]]
DecideCall = Callable[[Call, Delay], Awaitable[Decided]]
"""Decides one call; the second argument asks Envoy to wait longer, in seconds."""
_LISTENER = names.LISTENER_METADATA.encode()
_SPAN = names.TRACE_HEADER.encode()


class ExchangeAborted(CallFailed):
    """An exchange that cannot be answered; Envoy then does what the listener is configured for."""


class Service:
    """Serves exchanges: `decide` answers them, `note` takes their records."""

    def __init__(self, decide: DecideCall, note: Callable[[Record], None]) -> None:
        self._decide = decide
        self._note = note

    async def process(self, headers: Headers, message: bytes | None, write: Write) -> None:
        """One exchange, from the question to its end."""
        exchange = Exchange(headers.get(_LISTENER, b"").decode("utf-8", "replace"))
        try:
            await _Run(self._decide, self._note, exchange, write).run(message, headers.get(_SPAN, b""))
        except asyncio.CancelledError:
            for command in exchange.handle(Left()):
                if isinstance(command, Note):
                    self._note(command.record)
            raise


class _Run:
    """Carries the commands of one exchange out."""

    __slots__ = ("_decide", "_exchange", "_note", "_write")

    def __init__(self, decide: DecideCall, note: Callable[[Record], None], exchange: Exchange, write: Write) -> None:
        self._decide = decide
        self._note = note
        self._exchange = exchange
        self._write = write

    async def run(self, message: bytes | None, span: bytes) -> None:
        if message is None:
            self._exchange.handle(Left())
            return
        await self._obey(self._exchange.handle(_under(span, _read(message, self._exchange.listener))))

    async def _obey(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Decide(call):
                    await self._decided(call)
                case Send() | Extend() | Pass():
                    await self._write(wire.write(command).SerializeToString())
                case Open(stream, _):
                    await self._streamed(stream, wire.write(command).SerializeToString())
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

    async def _streamed(self, stream: Stream, head: bytes) -> None:
        """Whatever happens from here on, be it while the head is written: the pieces' source is closed."""
        async with aclosing(cast("AsyncGenerator[bytes]", stream.chunks)) as chunks:
            await self._write(head)
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


def _under(span: bytes, asked: Asked | Unexpected) -> Asked | Unexpected:
    """Where Envoy traces, this call of its has a span; what is asked for the request belongs under that one. The client
    knows another span of the same trace, or none."""
    if not span or isinstance(asked, Unexpected):
        return asked
    headers = {**asked.call.headers, names.TRACE_HEADER: span.decode("latin-1")}
    return Asked(replace(asked.call, headers=headers))


def _read(message: bytes, listener: str) -> Asked | Unexpected:
    try:
        return wire.read(ProcessingRequest.FromString(message), listener)
    except DecodeError:
        return Unexpected("a message that cannot be read")
