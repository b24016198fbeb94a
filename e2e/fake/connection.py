"""One connection to the fake provider: requests are parsed one after the other, each answered by its script.

In: bytes. Out: bytes, pauses, resets, half streams. What to answer is `Host.plan`'s choice.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from e2e.fake.http1 import Exchange, Parser
from e2e.fake.plan import End, Steps
from e2e.fake.script import Script

_RESET = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Host(Protocol):
    """What a connection needs of its provider."""

    keep: bool
    seen: deque[Exchange]

    def changed(self) -> None: ...

    def plan(self, exchange: Exchange) -> tuple[Script, Steps]: ...


class Connection(asyncio.Protocol):
    """One connection: parses requests one after the other and plays their scripts."""

    def __init__(self, provider: Host) -> None:
        self.provider = provider
        self.parser = Parser()
        self.current: Exchange | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self.parser.feed(data)
        fresh = self.parser.head is None
        self._serve_next()
        waiting = self.parser.head
        if fresh and waiting and waiting.header("expect") == "100-continue" and not self.parser.body:
            self.transport.write(_CONTINUE)

    def eof_received(self) -> None:
        self._gone()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone()

    def _gone(self) -> None:
        self.closed = True
        if self.current and self.current.done is None and self.current.gone is None:
            self.current.gone = time.monotonic()
            self.provider.changed()

    def _serve_next(self) -> None:
        if self.current is not None:
            return
        try:
            exchange = self.parser.take()
        except ValueError:
            self.transport.abort()
            return
        if exchange is not None:
            exchange.at = time.monotonic()
            self._answer(exchange)

    def _answer(self, exchange: Exchange) -> None:
        self.current = exchange
        exchange.script, steps = self.provider.plan(exchange)
        if self.provider.keep:
            self.provider.seen.append(exchange)
            self.provider.changed()
        self._play(iter(steps))

    def _play(self, steps: Iterator[tuple[float, bytes | End]]) -> None:
        """Do steps at once until one has a pause; then let the loop call back."""
        for pause_s, step in steps:
            if pause_s:
                self.loop.call_later(pause_s, self._play_late, step, steps)
                return
            self._do(step)

    def _play_late(self, step: bytes | End, rest: Iterator[tuple[float, bytes | End]]) -> None:
        self._do(step)
        self._play(rest)

    def _do(self, step: bytes | End) -> None:
        if self.closed:
            return
        if isinstance(step, bytes):
            if self.current and self.current.first_sent is None:
                self.current.first_sent = time.monotonic()
            self.transport.write(step)
        else:
            self._end(step)

    def _end(self, end: End) -> None:
        if end in (End.KEEP, End.CLOSE):
            self._complete()
        if end is End.RST:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        elif end in (End.CLOSE, End.FIN):
            self.transport.close()
        elif end is End.KEEP:
            self._serve_next()

    def _complete(self) -> None:
        if self.current:
            self.current.done = time.monotonic()
            self.current = None
            if self.provider.keep:
                self.provider.changed()
