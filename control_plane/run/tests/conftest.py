"""A provider that streams slowly, a small hand-written Envoy configuration, run directories that clean up."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from control_plane.run import launch
from control_plane.run.envoy_binary import find
from control_plane.run.state import Door, Lock, RunDirectory, RunPlan, State, holder, read_state

HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
WAIT_S = 15.0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "envoy: starts a real Envoy, takes seconds")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, f"waited {WAIT_S:g} s for {what}"
        time.sleep(0.02)


class _Streams(BaseHTTPRequestHandler):
    """Answers /stream/N with N server-sent events, one every 0.2 s."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.do_GET()

    def do_GET(self) -> None:
        tail = self.path.rpartition("/")[2]
        count = int(tail) if tail.isdigit() else 1
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(OSError):
            for number in range(count):
                event = f"data: {number}\n\n".encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                time.sleep(0.2)
            self.wfile.write(b"0\r\n\r\n")


@pytest.fixture(scope="session")
def upstream() -> Iterator[int]:
    """The port of a provider that streams."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Streams)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def bootstrap(directory: RunDirectory, port: int, upstream_port: int) -> dict[str, object]:
    """One listener, one upstream, the admin interface on the run directory's socket."""
    manager = {
        "@type": HCM,
        "stat_prefix": "llm",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        {"match": {"path": "/healthz"}, "direct_response": {"status": 200}},
                        {"match": {"prefix": "/"}, "route": {"cluster": "provider", "timeout": "0s"}},
                    ],
                }
            ]
        },
        "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
    }
    listener = {
        "name": "llm",
        "address": _address(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    endpoint = {"lb_endpoints": [{"endpoint": {"address": _address(upstream_port)}}]}
    cluster = {"name": "provider", "load_assignment": {"cluster_name": "provider", "endpoints": [endpoint]}}
    return {
        "admin": {"address": {"pipe": {"path": str(directory.admin_socket), "mode": 0o600}}},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


class Gateway:
    """A supervised Envoy in its own run directory."""

    def __init__(self, directory: RunDirectory, upstream_port: int) -> None:
        self.directory = directory
        self.port = free_port()
        self.door = Door(name="llm", kind="model", address="127.0.0.1", port=self.port)
        self.upstream_port = upstream_port
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, *, drain_time_s: float = 10, broken: bool = False) -> None:
        config = bootstrap(self.directory, self.port, self.upstream_port)
        if broken:
            config["no_such_field"] = 1
        self.directory.bootstrap.write_text(json.dumps(config))
        spec = launch.envoy_spec(find(os.environ), self.directory, ("PATH",), "warning")
        plan = RunPlan(config="test", processes=(spec,), doors=(self.door,), drain_time_s=drain_time_s)
        self.directory.plan.write_text(plan.dump())
        lock = Lock.take(self.directory)
        assert lock is not None
        with contextlib.closing(lock):
            self.child = launch.start_background(self.directory, {"PATH": os.environ["PATH"]}, lock)

    def start_and_wait(self, **options: float) -> None:
        self.start(**options)  # type: ignore[arg-type]
        until(lambda: self.state and self.state.phase == "running", "the gateway to run")

    @property
    def state(self) -> State | None:
        return read_state(self.directory)

    @property
    def envoy_pid(self) -> int | None:
        state = self.state
        return state.processes[0].pid if state and state.processes else None

    @property
    def log(self) -> str:
        return self.directory.supervisor_log.read_text()

    def signal(self, number: int = signal.SIGTERM) -> None:
        assert self.child is not None
        os.kill(self.child.pid, number)

    def wait(self) -> int:
        assert self.child is not None
        return self.child.wait(WAIT_S)

    def open_stream(self, events: int) -> socket.socket:
        """A request for `events` events; its first bytes have arrived when this returns."""
        connection = socket.create_connection(("127.0.0.1", self.port), WAIT_S)
        connection.sendall(f"GET /stream/{events} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert connection.recv(1, socket.MSG_PEEK)
        return connection


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory whose path leaves room for a unix socket, wherever pytest keeps its own."""
    path = Path(tempfile.mkdtemp(prefix="plano", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def directory(short_path: Path) -> RunDirectory:
    found = RunDirectory(short_path / "default")
    found.prepare()
    return found


@pytest.fixture
def gateway(directory: RunDirectory, upstream: int) -> Iterator[Gateway]:
    made = Gateway(directory, upstream)
    yield made
    if made.child is not None and made.child.poll() is None:
        made.child.send_signal(signal.SIGKILL)
        made.child.wait()
    assert holder(directory) is None, "a supervisor outlived its test"
