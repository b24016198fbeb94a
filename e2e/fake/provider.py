"""The fake provider: a server on loopback that answers as told and remembers what it was asked.

In: requests, steered by `next()`/`always()`, an `x-fake` header or a model id `fake-...`. Out: recorded answers with
exact bytes, pauses and faults. It never talks to anything else.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from e2e.fake import script as scripts
from e2e.fake.connection import Connection
from e2e.fake.http1 import Exchange
from e2e.fake.plan import Steps, plan
from e2e.fake.script import DEFAULT, Script


class Provider:
    """One fake provider account. Use as a context manager in tests (its own thread), or `serve()` in a program.

    `seen` holds the latest 10 000 requests, oldest first. `port` 0 picks a free one.
    """

    def __init__(self, port: int = 0, *, keep: int = 10_000, always: Script = DEFAULT, name: str = "fake") -> None:
        self.name = name
        self.seen: deque[Exchange] = deque(maxlen=keep)
        self.keep = keep > 0
        self._next: deque[Script] = deque()
        self._always = always
        self._changed = threading.Condition()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port: int = self._socket.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    # What the next answers are.

    def next(self, *, times: int = 1, **values: Any) -> None:
        """Answer the next request(s) by this script; see `Script` for the values."""
        self._next.extend([scripts.script(**values)] * times)

    def always(self, **values: Any) -> None:
        """Answer every request without a script of its own like this."""
        self._always = scripts.script(**values)

    def reset(self) -> None:
        """Forget scripts and requests."""
        self._next.clear()
        self._always = DEFAULT
        self.seen.clear()

    # What was asked.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Exchange:
        return self.seen[-1]

    def wait(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
        """Wait until something that requests change becomes true."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def changed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def plan(self, exchange: Exchange) -> tuple[Script, Steps]:
        """The script and the steps for a request: a `next()` first, then `x-fake`, the model id, `always()`."""
        text = exchange.header("x-fake")
        told = self._next.popleft() if self._next else scripts.from_text(text) if text else None
        # Big bodies are not worth remembering.
        choose = plan if len(exchange.body) < 65_536 else plan.__wrapped__
        return choose(exchange.target, exchange.body, told, self._always)

    # Running.

    async def serve(self) -> None:
        """Serve until `close()`."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(lambda: Connection(self), sock=self._socket)
        try:
            await self._stop.wait()
        finally:
            server.close()

    def __enter__(self) -> Provider:
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), name=self.name, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening: connections to the port are refused from now on."""
        if self._loop and self._stop and self._thread:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(5)
