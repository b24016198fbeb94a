"""A port that is taken is said with who took it."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from control_plane.run.ports import obstacle
from control_plane.run.tests.conftest import free_port


def test_a_free_port_is_no_obstacle():
    assert obstacle("127.0.0.1", free_port()) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_names_the_process(address: str):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        reason = obstacle(address, port)
    assert reason is not None
    assert reason.startswith(f"port {port} on {address} is in use")
    if sys.platform == "linux":
        assert f"by pid {os.getpid()} (" in reason


def test_a_port_in_time_wait_is_free():
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()
            client.recv(1)
    assert obstacle("127.0.0.1", port) is None


def test_an_address_of_another_machine():
    assert obstacle("192.0.2.1", free_port()) == "192.0.2.1 is not an address of this machine"
