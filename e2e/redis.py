"""A real Redis (Valkey's packaged server) for a gateway under test, and ones that are no good.

In: nothing. Out: a server that can be stopped and started again; the address of one that takes connections and never
answers. Nothing is left behind.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ext_proc.sessions.tests.servers import RealServer, real_server

__all__ = ["RealServer", "real_server", "silent_server"]


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that accepts connections and reads, but says nothing."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    listening.settimeout(0.1)
    over = threading.Event()
    taken: list[socket.socket] = []

    def take() -> None:
        while not over.is_set():
            try:
                taken.append(listening.accept()[0])
            except TimeoutError:
                continue

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        for each in (*taken, listening):
            each.close()
