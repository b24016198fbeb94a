"""One connection to the fake provider: requests are parsed one after the other, each answered by its script.

In: bytes. Out: bytes, pauses, resets, half streams. It decides nothing: `Host.script_for` does.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from e2e.fake.answers import Answer, answer
from e2e.fake.http1 import Exchange, Parser, framed, head, pieces
from e2e.fake.script import Script

_RESET = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Host(Protocol):
    """What a connection needs of its provider."""

    keep: bool
    seen: deque[Exchange]

    def changed(self) -> None: ...

    def script_for(self, exchange: Exchange, body: Any) -> Script: ...


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
        body = _json(exchange.body)
        script = exchange.script = self.provider.script_for(exchange, body)
        if self.provider.keep:
            self.provider.seen.append(exchange)
            self.provider.changed()
        try:
            found = answer(exchange.target, body, script)
        except KeyError as missing:
            found = Answer(404, (("content-type", "text/plain"),), f"no recording {missing}".encode())
        self._play(_steps(found, script, bool(body and isinstance(body, dict) and body.get("stream"))))

    def _play(self, steps: Iterable[tuple[float, bytes | Callable[[Connection], None]]]) -> None:
        """Do steps at once until one has a pause; then let the loop call back."""
        rest = iter(steps)

        def go() -> None:
            for pause_s, step in rest:
                if pause_s:
                    self.loop.call_later(pause_s, do, step)
                    return
                if not do_now(step):
                    return

        def do(step: bytes | Callable[[Connection], None]) -> None:
            if do_now(step):
                go()

        def do_now(step: bytes | Callable[[Connection], None]) -> bool:
            if self.closed:
                return False
            if isinstance(step, bytes):
                if self.current and self.current.first_sent is None:
                    self.current.first_sent = time.monotonic()
                self.transport.write(step)
            else:
                step(self)
            return True

        go()

    # Ends of an answer.

    def finish(self) -> None:
        if self.current:
            self.current.done = time.monotonic()
            self.current = None
            if self.provider.keep:
                self.provider.changed()
        self._serve_next()

    def finish_and_close(self) -> None:
        self.finish()
        self.transport.close()

    def fin(self) -> None:
        self.transport.close()

    def rst(self) -> None:
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def hang(self) -> None:
        pass


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body[:1] in (b"{", b"[", b" ", b"\n") else None
    except ValueError:
        return None


# Bytes in flight are dropped by a reset: wait until they were read.
_BEFORE_CUT_S = 0.05


def _steps(found: Answer, script: Script, streamed: bool) -> list[tuple[float, Any]]:
    """The answer as (pause in seconds before it, bytes or what to do)."""
    if script.fault in ("hang", "reset", "fin"):
        ends = {"hang": Connection.hang, "reset": Connection.rst, "fin": Connection.fin}
        return [(script.delay_ms / 1000, ends[script.fault])]
    framing = script.framing or ("chunked" if streamed else "length")
    start = head(found.status, found.headers, framing, len(found.body) + script.length_lie)
    if script.fault == "hang_body":
        return [(script.delay_ms / 1000, start), (0, Connection.hang)]
    cut = script.fault.endswith("_mid")
    parts = [framed(p, framing) for p in pieces(found.body[: script.cut] if cut else found.body, script.chunk)]
    steps: list[tuple[float, Any]] = _paused(start, parts, script)
    if cut:
        ends = {"reset_mid": Connection.rst, "fin_mid": Connection.fin, "hang_mid": Connection.hang}
        return [*steps, (_BEFORE_CUT_S, ends[script.fault])]
    return [*_with_end(steps, framing), (0, _last(framing, script))]


def _paused(start: bytes, parts: list[bytes], script: Script) -> list[tuple[float, Any]]:
    if not script.gap_ms and not script.first_ms and not script.chunk:
        return [(script.delay_ms / 1000, start + b"".join(parts))]
    first = [(script.first_ms / 1000, p) for p in parts[:1]]
    return [(script.delay_ms / 1000, start), *first, *((script.gap_ms / 1000, p) for p in parts[1:])]


def _with_end(steps: list[tuple[float, Any]], framing: str) -> list[tuple[float, Any]]:
    if framing != "chunked":
        return steps
    pause, last = steps[-1]
    return [*steps[:-1], (pause, last + b"0\r\n\r\n")]


def _last(framing: str, script: Script) -> Callable[[Connection], None]:
    return Connection.finish_and_close if framing == "close" or script.length_lie else Connection.finish
