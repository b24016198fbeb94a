"""Is a listener up? In: its door. Out: yes or no, after really asking it. Never leaves this machine."""

from __future__ import annotations

import http.client
import socket
import ssl

from control_plane.run.state import Door

ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Addresses that mean every interface, and the one to ask."""


def reachable_host(address: str) -> str:
    """The address a local client uses for a listener bound to `address`."""
    return ANY.get(address, address)


def is_up(door: Door, timeout_s: float = 1.0) -> bool:
    """Whether GET /healthz answers 200 (probe tcp: whether a connection is accepted)."""
    host = reachable_host(door.address)
    if door.probe == "tcp":
        return accepts(door, timeout_s)
    connection = _connection(door, host, timeout_s)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def accepts(door: Door, timeout_s: float = 1.0) -> bool:
    """Whether the listener accepts new connections."""
    try:
        socket.create_connection((reachable_host(door.address), door.port), timeout_s).close()
    except OSError:
        return False
    return True


def _connection(door: Door, host: str, timeout_s: float) -> http.client.HTTPConnection:
    if door.probe == "http":
        return http.client.HTTPConnection(host, door.port, timeout=timeout_s)
    # The certificate is our own listener's and names the outside world's host, not the loopback address.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, door.port, timeout=timeout_s, context=context)
