"""A real Envoy over a plan, and providers that echo what reached them; loopback only."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from control_plane.deployment import Deployment
from control_plane.gateway import Gateway
from control_plane.xds.bootstrap import bootstrap
from control_plane.xds.render import to_plain, to_text

_beside = Path(sys.executable).parent / "envoy"
ENVOY = str(_beside) if _beside.exists() else shutil.which("envoy")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def render(plan: Gateway, **deployment: Any) -> dict[str, Any]:
    return to_plain(bootstrap(plan, Deployment(**deployment)))


def validate(text: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Envoy's complaint about a bootstrap, warnings included, or an empty string."""
    assert ENVOY
    file = folder / "bootstrap.json"
    file.write_text(text)
    command = [ENVOY, "--mode", "validate", "-c", str(file), "-l", "warn"]
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, timeout=120
    )
    said = ended.stdout + ended.stderr
    return said if ended.returncode or "warning" in said else ""


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Behaviour = Callable[["Provider", http.server.BaseHTTPRequestHandler, bytes], None]


def echo(provider: Provider, handler: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, 200, b'{"ok":true}')


def status(code: int) -> Behaviour:
    return lambda provider, handler, body: send(handler, code, b'{"error":{"message":"no"}}')


def send(handler: http.server.BaseHTTPRequestHandler, code: int, body: bytes, kind: str = "application/json") -> None:
    handler.send_response(code)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """A fake provider; `seen` holds every request that reached it."""

    behaviour: Behaviour = echo
    seen: list[Seen] = field(default_factory=list)
    port: int = 0

    def start(self) -> http.server.ThreadingHTTPServer:
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = _read(self)
                headers = {name.lower(): value for name, value in self.headers.items()}
                provider.seen.append(Seen(self.command, self.path, headers, body))
                provider.behaviour(provider, self, body)

            def log_message(self, *_: object) -> None:
                return

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


def _read(handler: http.server.BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("content-length", 0)))
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


@dataclass
class Running:
    port: int
    folder: Path
    pid: int

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = dict(headers or {})
        if data is not None and not any(name.lower() == "content-type" for name in sent):
            sent["content-type"] = "application/json"
        connection.request(method, path, data, {name: value for name, value in sent.items() if value})
        answer = connection.getresponse()
        reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return reply

    def chat(self, body: Any, path: str = "/v1/chat/completions", **headers: str) -> Reply:
        return self.call("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def log(self) -> list[dict[str, Any]]:
        time.sleep(0.3)
        return [json.loads(line) for line in (self.folder / "access.log").read_text().splitlines()]


@contextmanager
def providers(*several: Provider) -> Iterator[tuple[Provider, ...]]:
    servers = [provider.start() for provider in several]
    try:
        yield several
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


@contextmanager
def running(plan: Gateway, environ: Mapping[str, str] | None = None, **deployment: Any) -> Iterator[Running]:
    """Envoy serving `plan` on free ports; the port of `Running` is the first listener's."""
    assert ENVOY
    plan = replace(plan, listeners=tuple(replace(each, port=free_port()) for each in plan.listeners))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {"admin_socket": str(folder / "admin.sock"), "access_log_path": str(folder / "access.log")}
        text = to_text(render(plan, **{**paths, **deployment}))
        (folder / "bootstrap.json").write_text(text)
        log = (folder / "envoy.log").open("w")
        command = [
            ENVOY,
            "-c",
            str(folder / "bootstrap.json"),
            "--disable-hot-restart",
            "--concurrency",
            "1",
            "-l",
            "warn",
        ]
        command += ["--file-flush-interval-msec", "50"]
        process = subprocess.Popen(command, env={**os.environ, **(environ or {})}, stdout=log, stderr=log)
        try:
            _wait(process, plan.listeners[0].port, folder / "envoy.log")
            yield Running(plan.listeners[0].port, folder, process.pid)
        finally:
            process.terminate()
            process.wait(10)
            log.close()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise AssertionError(f"Envoy ended:\n{log.read_text()}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.025)
    raise AssertionError(f"Envoy is not ready:\n{log.read_text()}")
