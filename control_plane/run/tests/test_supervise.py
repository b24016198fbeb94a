"""The supervisor with a real Envoy: restarts, gives up, drains, and never leaves an Envoy behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import time
from pathlib import Path

import pytest

from control_plane.run import readiness
from control_plane.run.tests.conftest import Gateway, until

pytestmark = pytest.mark.envoy


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes or the chunked body ends; what a cut leaves is returned as it is."""
    content = b""
    while not content.endswith(b"\r\n0\r\n\r\n"):
        try:
            part = connection.recv(65536)
        except OSError:
            break
        if not part:
            break
        content += part
    return content


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_runs_and_stops(gateway: Gateway):
    gateway.start_and_wait()
    pid = gateway.envoy_pid
    assert readiness.is_up(gateway.door)
    gateway.signal()
    assert gateway.wait() == 0
    assert gateway.state.phase == "stopped"
    assert not alive(pid)
    assert not gateway.directory.pid_file.exists()


def test_a_killed_envoy_is_restarted_and_it_is_said(gateway: Gateway):
    gateway.start_and_wait()
    old = gateway.envoy_pid
    os.kill(old, signal.SIGKILL)
    until(lambda: gateway.envoy_pid not in (old, None), "another Envoy")
    until(lambda: readiness.is_up(gateway.door), "the listener")
    until(lambda: "restarted" in gateway.log, "the message")
    assert f"envoy (pid {old}) was killed by SIGKILL; restarted in 0.1 s (pid {gateway.envoy_pid})" in gateway.log
    assert gateway.state.processes[0].restarts == 1


def test_an_envoy_that_cannot_start_is_given_up_with_its_last_words(gateway: Gateway):
    gateway.start(broken=True)
    assert gateway.wait() == 1
    assert gateway.state.phase == "failed"
    assert "ended with exit code 1; it died 5 times in a row" in gateway.state.message
    assert "no_such_field" in gateway.state.message


def test_draining_refuses_new_connections_and_finishes_a_running_stream(gateway: Gateway):
    gateway.start_and_wait()
    stream = gateway.open_stream(events=15)
    gateway.signal()
    until(lambda: not readiness.accepts(gateway.door), "the listener to close")
    assert gateway.state.phase == "draining"
    assert gateway.child.poll() is None, "Envoy must outlive the stream"
    content = read_all(stream)
    assert [b"data: %d\n" % n in content for n in range(15)] == [True] * 15
    assert content.endswith(b"\r\n0\r\n\r\n")
    assert gateway.wait() == 0
    assert gateway.state.message == "stopped"


def test_a_request_on_an_old_connection_is_told_to_close(gateway: Gateway):
    gateway.start_and_wait()
    idle = socket.create_connection(("127.0.0.1", gateway.port), 5)
    idle.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"connection: close" not in idle.recv(65536)
    stream = gateway.open_stream(events=10)
    gateway.signal()
    until(lambda: not readiness.accepts(gateway.door), "the listener to close")
    idle.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
    answer = idle.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer
    assert read_all(stream).endswith(b"\r\n0\r\n\r\n")
    assert gateway.wait() == 0


def test_a_stream_longer_than_the_drain_time_is_cut_and_it_is_said(gateway: Gateway):
    gateway.start_and_wait(drain_time_s=1.5)
    stream = gateway.open_stream(events=100)
    gateway.signal()
    assert gateway.wait() == 0
    assert not read_all(stream).endswith(b"\r\n0\r\n\r\n")
    assert gateway.state.message == "stopped; 1 running request cut"


def test_a_second_signal_stops_at_once(gateway: Gateway):
    gateway.start_and_wait(drain_time_s=600)
    stream = gateway.open_stream(events=1000)
    gateway.signal(signal.SIGINT)
    until(lambda: gateway.state.message == "1 request running", "the drain to see the stream")
    gateway.signal(signal.SIGINT)
    assert gateway.wait() == 0
    assert not read_all(stream).endswith(b"\r\n0\r\n\r\n")
    assert gateway.state.message == "stopped; 1 running request cut"


@pytest.mark.skipif(sys.platform != "linux", reason="children are tied to their parent on Linux only")
def test_a_killed_supervisor_takes_envoy_with_it(gateway: Gateway):
    gateway.start_and_wait()
    pid = gateway.envoy_pid
    gateway.signal(signal.SIGKILL)
    gateway.wait()
    until(lambda: not alive(pid), "Envoy to end")


def test_only_the_owner_can_read_the_run_directory(gateway: Gateway):
    gateway.start_and_wait()
    time.sleep(0.1)
    root = gateway.directory.path
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    written = [gateway.directory.state, gateway.directory.pid_file, gateway.directory.lock, *root.glob("logs/*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
