"""The vLLM server without a model, on a real socket: `with serving(FakeVllm(rules=...)) as server: server.port`.

Decides as `router_model/tests/fake_vllm.py` does; this adds what only a connection can do: `server.trouble` is "" |
"hang" (no answer until the end) | "cut" (the connection closes instead of an answer) and `server.delay_s`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from router_model.tests.fake_vllm import FakeVllm


@dataclass
class ServedFake:
    """May be changed while it serves. `fake.requests` has every completion asked for, `spans` what each belongs to."""

    fake: FakeVllm
    trouble: str = ""
    delay_s: float = 0.0
    port: int = 0
    spans: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        if self.trouble == "hang":
            self.over.wait()
        if self.trouble:
            return None
        if self.delay_s:
            self.over.wait(self.delay_s)
        with self.one_at_a_time:
            return self.fake.answer(method, path, body)


@contextmanager
def serving(fake: FakeVllm) -> Iterator[ServedFake]:
    """Serves on a free port of 127.0.0.1 until the block ends."""
    served = ServedFake(fake)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            served.spans.append(self.headers.get("traceparent", ""))
            self._answer(self.rfile.read(int(self.headers.get("content-length") or 0)))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            answer = served.answer(self.command, self.path, body)
            if answer is None:
                self.close_connection = True
                return
            status, content = answer
            self.send_response(status)
            self.send_header("content-type", "text/plain" if self.path == "/metrics" else "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
