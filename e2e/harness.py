"""A real gateway for a test: YAML text in, a running Envoy and sidecar out, made by the real compiler, nothing mocked.

`Gateway` compiles and renders as `plano-cp` does, starts the Envoy binary with the keys in its environment, and where
something is to be decided the sidecar; waits until both are ready, and gives their files, log lines and admin answers
for assertions. It never leaves a process behind.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from control_plane.compile import Compiled, compile_text
from control_plane.deployment import Deployment
from control_plane.render import render
from control_plane.run import admin, envoy_binary
from control_plane.secrets import values

START_LIMIT_S = 20.0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        return int(s.getsockname()[1])


class Gateway:
    """A context manager around one Envoy. `environ` holds what the YAML's `$NAME`s mean; nothing else is inherited."""

    def __init__(
        self,
        yaml: str,
        environ: Mapping[str, str] | None = None,
        *,
        concurrency: int = 1,
        token_usage: bool = False,
        workers: int = 1,
        sidecar: bool = True,
    ) -> None:
        self.yaml = yaml
        self.environ = dict(environ or {})
        self.concurrency = concurrency
        self.token_usage = token_usage
        # Unix socket paths are short, pytest's directories are long.
        self.directory = Path(tempfile.mkdtemp(prefix="plano-e2e-"))
        self.process: subprocess.Popen[bytes] | None = None
        self.access_log_path = self.directory / "access.log"
        self.envoy_log_path = self.directory / "envoy.log"
        self.admin_socket = self.directory / "admin.sock"
        self.internal_socket = self.directory / "internal.sock"
        self.sidecar_sockets = tuple(self.directory / f"sidecar-{n}.sock" for n in range(1, workers + 1))
        self.sidecar_log_path = self.directory / "sidecar.log"
        self.wants_sidecar = sidecar
        self.workers: list[subprocess.Popen[bytes]] = []
        self.compiled: Compiled | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Compile, render, start everything, wait until it is ready. Raises AssertionError with the reason."""
        bootstrap = self._write()
        assert self.compiled and self.compiled.gateway
        decides = any(listener.decision for listener in self.compiled.gateway.listeners)
        if decides and self.wants_sidecar:
            self.workers = [self.start_worker(socket) for socket in self.sidecar_sockets]
        binary = envoy_binary.find(os.environ)
        options = ["-c", str(bootstrap), "--concurrency", str(self.concurrency), "--log-level", "warning"]
        options += ["--disable-hot-restart", "--file-flush-interval-msec", "10"]
        with self.envoy_log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [str(binary), *options],
                env=self.secrets() | {"PATH": os.defpath},
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
            )
        self._wait_ready()

    def start_worker(self, socket: Path) -> subprocess.Popen[bytes]:
        """One worker of the sidecar, listening there."""
        command = [sys.executable, "-m", "ext_proc", str(self.directory / "runtime.json"), "--drain-time", "1"]
        command += ["--socket", str(socket), "--upstream", str(self.internal_socket)]
        command += ["--sessions", str(self.directory / "sessions.db")]
        with self.sidecar_log_path.open("ab") as log:
            inherited = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
            return subprocess.Popen(command, env=inherited | self.environ, stdout=log, stderr=log)

    def _write(self) -> Path:
        self.compiled = compile_text(self.yaml.encode(), "gateway.yaml", self.directory, self.environ)
        assert not self.compiled.problems.errors, "\n".join(str(p) for p in self.compiled.problems)
        deployment = Deployment(
            admin_socket=str(self.admin_socket),
            internal_socket=str(self.internal_socket),
            sidecar_sockets=tuple(str(socket) for socket in self.sidecar_sockets),
            access_log_path=str(self.access_log_path),
            token_usage=self.token_usage,
        )
        rendered = render(self.compiled, deployment)
        (self.directory / "runtime.json").write_text(rendered.runtime)
        bootstrap = self.directory / "bootstrap.json"
        bootstrap.write_text(rendered.bootstrap)
        return bootstrap

    def secrets(self) -> dict[str, str]:
        """What Envoy's process gets: every key the plan wants, by its variable."""
        compiled = self.compiled
        assert compiled and compiled.config and compiled.gateway
        return values(compiled.config, compiled.gateway, compiled.environment)

    def _wait_ready(self) -> None:
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end:
            assert self.process and self.process.poll() is None, f"Envoy ended:\n{self.envoy_log()}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.admin("/ready").strip() == "LIVE" and (
                    not self.workers or admin.has_sidecar(self.admin_socket)
                ):
                    return
            for worker in self.workers:
                assert worker.poll() is None, f"a worker ended:\n{self.sidecar_log()}"
            time.sleep(0.02)
        raise AssertionError(f"not ready:\n{self.envoy_log()}\n{self.sidecar_log()}")

    def stop(self) -> None:
        """End the processes and remove their files."""
        for process in (*self.workers, *([self.process] if self.process else [])):
            process.kill()
            process.wait(10)
        self.workers, self.process = [], None
        shutil.rmtree(self.directory, ignore_errors=True)

    # What it says.

    def admin(self, path: str, method: str = "GET") -> str:
        """An answer of Envoy's admin interface."""
        connection = UnixConnection(str(self.admin_socket))
        try:
            connection.request(method, path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def envoy_log(self) -> str:
        return self.envoy_log_path.read_text(errors="replace") if self.envoy_log_path.exists() else ""

    def sidecar_log(self) -> str:
        return self.sidecar_log_path.read_text(errors="replace") if self.sidecar_log_path.exists() else ""

    def decisions(self) -> list[dict[str, Any]]:
        """The records of the decisions made so far."""
        lines = (json.loads(line) for line in self.sidecar_log().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == "decision"]

    def access_log(self) -> list[dict[str, Any]]:
        """The lines written so far."""
        text = self.access_log_path.read_text() if self.access_log_path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line]

    def logged(self, request_id: str, timeout_s: float = 5.0) -> dict[str, Any]:
        """The access-log line of one request; waits for Envoy to flush it."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            for line in self.access_log():
                if line.get("request_id") == request_id:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no access log line for {request_id} in {self.access_log()[-3:]}")


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
