"""An HTTP server on a unix socket for tests: it answers with bytes a test wrote, cuts, and waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CUT = None
"""In a script: the connection is closed here."""
Script = list[bytes | asyncio.Event | None]


def http(head: str, body: bytes = b"", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {head}", *headers, f"content-length: {len(body)}", "", ""]).encode() + body


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@dataclass
class UnixServer:
    """`script` is what every request is answered with. `open` counts connections, `requests` has heads and bodies."""

    script: Script = field(default_factory=list)
    requests: list[tuple[list[str], bytes]] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator[None]:
        server = await asyncio.start_unix_server(self._serve, path, limit=1 << 20)
        try:
            yield
        finally:
            server.close()
            while self.open:
                self.closed.clear()
                await self.closed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.open -= 1
            self.closed.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        lengths = [int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:")]
        self.requests.append((head, await reader.readexactly(lengths[0] if lengths else 0)))
        for part in self.script:
            if part is CUT:
                return False
            if isinstance(part, asyncio.Event):
                await self._wait(part, reader)
            else:
                writer.write(part)
                await writer.drain()
        return True

    async def _wait(self, gate: asyncio.Event, reader: asyncio.StreamReader) -> None:
        """For the gate, or for the client to leave."""
        leaving, passing = asyncio.create_task(reader.read(1)), asyncio.create_task(gate.wait())
        done, pending = await asyncio.wait({leaving, passing}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if leaving in done:
            raise ConnectionError
