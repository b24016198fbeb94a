"""HTTP/1.1 as bytes: requests in, answers out. No I/O, no clock; as much protocol as exact bytes need."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass(slots=True)
class Exchange:
    """One request as it arrived and what became of it. Times are `time.monotonic()` seconds.

    `gone` is when the client closed the connection before the answer was complete; `done` when all of it was sent.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    at: float = 0.0
    first_sent: float | None = None
    done: float | None = None
    gone: float | None = None
    script: Any = None

    def header(self, name: str) -> str | None:
        """The value of a header; several are joined as the protocol says; None when absent."""
        values = [v for n, v in self.headers if n == name]
        return ", ".join(values) if values else None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(slots=True)
class Parser:
    """Feed bytes, take requests. One request at a time; pipelined bytes wait."""

    buffer: bytearray = field(default_factory=bytearray)
    head: Exchange | None = None
    body: bytearray = field(default_factory=bytearray)
    missing: int = 0
    chunked: bool = False

    def feed(self, data: bytes) -> None:
        self.buffer += data

    def take(self) -> Exchange | None:
        """The next complete request, or None while bytes are missing. ValueError for what is not HTTP."""
        if self.head is None and not self._take_head():
            return None
        complete = self._take_chunks() if self.chunked else self._take_length()
        if not complete:
            return None
        done, self.head = self.head, None
        assert done is not None
        done.body, self.body = bytes(self.body), bytearray()
        return done

    def _take_head(self) -> bool:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        del self.buffer[: end + 4]
        method, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        self.head = Exchange(method, target, [(n.lower(), v.strip()) for n, _, v in pairs])
        self.chunked = (self.head.header("transfer-encoding") or "").lower() == "chunked"
        self.missing = int(self.head.header("content-length") or 0)
        return True

    def _take_length(self) -> bool:
        part = self.buffer[: self.missing]
        self.body += part
        del self.buffer[: len(part)]
        self.missing -= len(part)
        return self.missing == 0

    def _take_chunks(self) -> bool:
        while (end := self.buffer.find(b"\r\n")) >= 0:
            size = int(bytes(self.buffer[:end]).partition(b";")[0], 16)
            if len(self.buffer) < end + 2 + size + 2:
                return False
            self.body += self.buffer[end + 2 : end + 2 + size]
            del self.buffer[: end + 2 + size + 2]
            if size == 0:
                return True
        return False


def head(status: int, headers: tuple[tuple[str, str], ...], framing: str, length: int) -> bytes:
    """The status line and headers; `framing` is "length", "chunked" or "close"."""
    reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Odd"
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    if framing == "length":
        lines.append(f"content-length: {length}")
    elif framing == "chunked":
        lines.append("transfer-encoding: chunked")
    else:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def pieces(body: bytes, chunk: int) -> list[bytes]:
    """Cut a body into writes: `chunk` bytes each, 0 = one piece, -1 = one piece per SSE event."""
    if not body:
        return []
    if chunk > 0:
        return [body[i : i + chunk] for i in range(0, len(body), chunk)]
    if chunk == 0:
        return [body]
    events = body.split(b"\n\n")
    return [e + b"\n\n" for e in events[:-1]] + ([events[-1]] if events[-1] else [])


def framed(piece: bytes, framing: str) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if framing == "chunked" else piece
