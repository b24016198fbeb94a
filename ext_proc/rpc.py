"""A gRPC server on unix sockets: calls that begin with one message and may be answered by several.

In: connections of Envoy, handlers by path. Out: their answers. A handler that raises ends its call with an error, never
with silence. A call its peer gave up is cancelled. Nothing is decided here.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import urllib.parse
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import cast

from ext_proc.http2 import frames, headers
from ext_proc.http2.connection import Connection, Ended, Event, Opened, Received, Reset, Roomy
from ext_proc.http2.headers import Headers
from ext_proc.http_calls import HttpCall, HttpHandler

Write = Callable[[bytes], Awaitable[None]]
Handler = Callable[[Headers, bytes | None, Write], Awaitable[None]]
"""Serves one call: its headers, its first message (None where it ended without one), and how to answer."""
_LOG = logging.getLogger("ext_proc.rpc")
_CANCELLED, _UNKNOWN, _DEADLINE_EXCEEDED, _UNIMPLEMENTED, _INTERNAL = b"1", b"2", b"4", b"12", b"13"
INVALID_ARGUMENT, NOT_FOUND = b"3", b"5"
_BEGIN = (b":status", b"200"), (b"content-type", b"application/grpc")
_HEAD = headers.write(_BEGIN)
_OK = headers.write(((b"grpc-status", b"0"),))
_PREFIX_BYTES = 5
_UNCOMPRESSED = (b"grpc-accept-encoding", b"identity")
_SECONDS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}
_TIMEOUT_DIGITS = 8
_BACKLOG = 1024
_BUFFER_BYTES = 1 << 18


class CallFailed(Exception):
    """An error whose text may reach Envoy's log."""


class CallRefused(Exception):
    """The caller's own mistake, which is no news here: it is told, with this status, and not logged."""

    def __init__(self, status: bytes, why: str) -> None:
        super().__init__(why)
        self.status = status


def _is_grpc(found: Headers) -> bool:
    return found.get(b"content-type", b"").startswith(b"application/grpc")


def _timeout_s(text: bytes) -> float | None:
    """What `grpc-timeout` says: up to eight digits and a unit; None for anything else."""
    digits, unit = text[:-1], _SECONDS.get(text[-1:])
    return int(digits) * unit if unit is not None and digits.isdigit() and len(digits) <= _TIMEOUT_DIGITS else None


class Server:
    """Listens on unix sockets; `in_flight` counts the calls that are open."""

    def __init__(self, handlers: Mapping[str, Handler], http: HttpHandler | None = None) -> None:
        """`http` serves requests that are no gRPC calls."""
        self.handlers = {path.encode(): handler for path, handler in handlers.items()}
        self.http = http
        self._listening: list[asyncio.Server] = []
        self.peers: set[_Peer] = set()
        self.buffer = memoryview(bytearray(_BUFFER_BYTES))

    @property
    def in_flight(self) -> int:
        return sum(len(peer.calls) for peer in self.peers)

    async def listen(self, bound: socket.socket) -> None:
        """Serve on a bound unix socket, which is ours from now on."""
        loop = asyncio.get_running_loop()
        self._listening.append(await loop.create_unix_server(lambda: _Peer(self), sock=bound, backlog=_BACKLOG))

    async def stop(self, grace_s: float) -> None:
        """No call begins after this; open ones get that long, then they are cancelled."""
        for each in self._listening:
            each.close()
        for peer in list(self.peers):
            peer.drain()
        tasks = [call.task for peer in self.peers for call in peer.calls.values() if call.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        for peer in list(self.peers):
            peer.abandon()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Message:
    """A message as it arrives: a prefix that tells its size, then its bytes, large ones in many pieces."""

    __slots__ = ("_head", "_missing_bytes", "_pieces")

    def __init__(self) -> None:
        self._head = b""
        self._pieces: list[bytes] = []
        self._missing_bytes = 0

    @property
    def compressed(self) -> bool:
        return self._head[:1] != b"\0"

    def add(self, data: bytes) -> bytes | None:
        """The message, once it is whole."""
        if not self._head and _PREFIX_BYTES + int.from_bytes(data[1:_PREFIX_BYTES]) == len(data) >= _PREFIX_BYTES:
            self._head = data[:_PREFIX_BYTES]
            return data[_PREFIX_BYTES:]
        if len(self._head) < _PREFIX_BYTES:
            rest = _PREFIX_BYTES - len(self._head)
            self._head, data = self._head + data[:rest], data[rest:]
            if len(self._head) < _PREFIX_BYTES:
                return None
            self._missing_bytes = int.from_bytes(self._head[1:])
        self._pieces.append(data)
        self._missing_bytes -= len(data)
        if self._missing_bytes > 0:
            return None
        whole = b"".join(self._pieces) if len(self._pieces) > 1 else data
        return whole[: self._missing_bytes] if self._missing_bytes else whole


class _Call:
    """One call of one peer."""

    __slots__ = ("begun", "headers", "message", "number", "peer", "room", "task")

    def __init__(self, peer: _Peer, number: int, found: Headers) -> None:
        self.peer = peer
        self.number = number
        self.headers = found
        self.message = _Message()
        self.task: asyncio.Task[None] | None = None
        self.begun = False
        self.room: asyncio.Event | None = None

    def received(self, data: bytes) -> None:
        """The first message starts the call; whatever follows it is not read."""
        message = self.message.add(data)
        if message is not None:
            self._start(message, compressed=self.message.compressed)

    def said_all(self) -> None:
        self._start(None)

    def _start(self, message: bytes | None, *, compressed: bool = False) -> None:
        handler = self.peer.server.handlers.get(self.headers.get(b":path", b""))
        if handler is None:
            self.fail(_UNIMPLEMENTED, "no such method")
        elif compressed:
            self._refuse_compression()
        else:
            loop = asyncio.get_running_loop()
            self.task = loop.create_task(self._serve(handler, message))
            if b"grpc-timeout" in self.headers and (within_s := _timeout_s(self.headers[b"grpc-timeout"])) is not None:
                late = loop.call_later(within_s, self._late)
                self.task.add_done_callback(lambda _: late.cancel())

    def _refuse_compression(self) -> None:
        if b"grpc-encoding" in self.headers:
            self.fail(_UNIMPLEMENTED, "no compression is supported", _UNCOMPRESSED)
        else:
            self.fail(_INTERNAL, "a compressed message of a call without compression")

    def _late(self) -> None:
        """The caller has stopped waiting by its own account, whether it says so or not."""
        self.fail(_DEADLINE_EXCEEDED, "not answered in time")
        if self.task is not None:
            self.task.cancel()

    async def _serve(self, handler: Handler, message: bytes | None) -> None:
        try:
            await handler(self.headers, message, self.write)
        except asyncio.CancelledError:
            self.peer.end(self, headers.write((*self._begin(), (b"grpc-status", _CANCELLED))))
            raise
        except CallRefused as refused:
            self.fail(refused.status, str(refused))
        except Exception as error:  # noqa: BLE001 - any error must reach Envoy as one
            _LOG.error("call_failed", exc_info=error)
            self.fail(_UNKNOWN, str(error) if isinstance(error, CallFailed) else type(error).__name__)
        else:
            self.peer.end(self, _OK if self.begun else headers.write((*_BEGIN, (b"grpc-status", b"0"))))

    async def write(self, message: bytes) -> None:
        """Returns when there is room for more."""
        connection = self.peer.connection
        if not self.begun:
            self.begun = True
            connection.begin(self.number, _HEAD)
        await self.peer.send(self, b"\0" + len(message).to_bytes(4) + message)

    def fail(self, status: bytes, why: str, *more: tuple[bytes, bytes]) -> None:
        text = urllib.parse.quote(why).encode()
        self.peer.end(self, headers.write((*self._begin(), (b"grpc-status", status), (b"grpc-message", text), *more)))

    def _begin(self) -> tuple[tuple[bytes, bytes], ...]:
        return () if self.begun else _BEGIN


class _HttpCall:
    """One plain HTTP request of one peer; see `http_calls.Answering`."""

    __slots__ = ("_pieces", "begun", "headers", "number", "peer", "room", "task")

    def __init__(self, peer: _Peer, number: int, found: Headers) -> None:
        self.peer = peer
        self.number = number
        self.headers = found
        self.task: asyncio.Task[None] | None = None
        self.begun = False
        self.room: asyncio.Event | None = None
        self._pieces: list[bytes] = []

    def received(self, data: bytes) -> None:
        self._pieces.append(data)

    def said_all(self) -> None:
        body, self._pieces = b"".join(self._pieces), []
        self.task = asyncio.get_running_loop().create_task(self._serve(body))

    async def _serve(self, body: bytes) -> None:
        handler = self.peer.server.http
        try:
            assert handler is not None, "checked where the call began"
            await handler(HttpCall(self.headers, body), self)
        except asyncio.CancelledError:
            self.peer.abort(self)
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the answer must not look whole
            _LOG.error("request_failed", exc_info=error)
            self.peer.abort(self)

    def begin(self, status: int, pairs: Iterable[tuple[str, str]]) -> None:
        told = ((name.encode(), value.encode()) for name, value in pairs)
        self.begun = True
        self.peer.connection.begin(self.number, headers.write(((b":status", str(status).encode()), *told)))
        self.peer.flush_soon()

    async def write(self, data: bytes) -> None:
        await self.peer.send(self, data)

    def end(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.peer.end(self, headers.write((name.encode(), value.encode()) for name, value in pairs))


class _Peer(asyncio.BufferedProtocol):
    """One connection. `full`: set while there is room in the socket's buffer, None where there always was."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._transport: asyncio.Transport | None = None
        self._flushing = False
        self._draining = False
        self.connection = Connection()
        self.calls: dict[int, _Call | _HttpCall] = {}
        self.full: asyncio.Event | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.server.peers.add(self)
        self.flush()

    def connection_lost(self, _: Exception | None) -> None:
        self.server.peers.discard(self)
        self._transport = None
        if self.full is not None:
            self.full.set()
        for call in self.calls.values():
            if call.task is not None:
                call.task.cancel()
        self.calls.clear()

    def pause_writing(self) -> None:
        self.full = asyncio.Event()

    def resume_writing(self) -> None:
        if self.full is not None:
            self.full.set()
            self.full = None

    def get_buffer(self, _: int) -> memoryview:
        """One for all: it is emptied before anybody else reads. A new one for each reading costs more than small
        messages do."""
        return self.server.buffer

    def buffer_updated(self, size_bytes: int) -> None:
        try:
            for event in self.connection.receive(self.server.buffer[:size_bytes]):
                self._happened(event)
        except frames.ConnectionFailed as error:
            _LOG.error("connection_failed", extra={"fields": {"why": str(error)}})
            self.connection.close(error.code)
            self.abandon()
            return
        self.flush()

    def _happened(self, event: Event) -> None:
        if isinstance(event, Opened):
            kind = _HttpCall if self.server.http is not None and not _is_grpc(event.headers) else _Call
            self.calls[event.stream] = kind(self, event.stream, event.headers)
            return
        call = self.calls.get(event.stream)
        if call is None:
            return
        if isinstance(event, Received):
            if call.task is None:
                call.received(event.data)
        elif isinstance(event, Ended):
            if call.task is None:
                call.said_all()
        elif isinstance(event, Reset):
            del self.calls[event.stream]
            if call.task is not None:
                call.task.cancel()
        elif isinstance(event, Roomy) and call.room is not None:
            call.room.set()

    async def send(self, call: _Call | _HttpCall, data: bytes) -> None:
        """Returns when there is room for more."""
        sent = self.connection.send(call.number, data)
        self.flush_soon()
        if not sent:
            call.room = asyncio.Event()
            await call.room.wait()
        if self.full is not None:
            await self.full.wait()

    def abort(self, call: _HttpCall) -> None:
        """The end of a request that failed: nobody may take what was sent for all of it."""
        self.calls.pop(call.number, None)
        self.connection.abort(call.number)
        self.flush()

    def end(self, call: _Call | _HttpCall, block: bytes) -> None:
        self.calls.pop(call.number, None)
        self.connection.end(call.number, block)
        if self.calls:
            self.flush_soon()
        else:
            self.flush()
        if self._draining and not self.calls:
            self.abandon()

    def flush_soon(self) -> None:
        """An answer, its end and other answers of the same moment leave together: each writing is a system call."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        self._flushing = False
        data = self.connection.take()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def drain(self) -> None:
        self._draining = True
        self.connection.close()
        self.flush()
        if not self.calls:
            self.abandon()

    def abandon(self) -> None:
        """Ends the connection; what was said before still leaves."""
        for call in list(self.calls.values()):
            if call.task is not None:
                call.task.cancel()
        self.flush()
        if self._transport is not None:
            self._transport.close()
