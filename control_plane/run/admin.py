"""Asks a running Envoy over its admin unix socket. In: the socket's path. Out: answers, or AdminUnreachable.

Never over TCP, never with a proxy in between. Every question has a short time limit.
"""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from schemas import names


class AdminUnreachable(Exception):
    """Nobody answers on the admin socket, or not in time, or not with 200."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("admin", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, question: str, *, method: str = "GET", timeout_s: float = 3.0) -> tuple[int, str]:
    """Status and body of one admin request, for example `ask(socket, "/ready")`."""
    connection = _UnixConnection(path, timeout_s)
    try:
        connection.request(method, question)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise AdminUnreachable(f"{path}: {error}") from None
    finally:
        connection.close()


def _expect(path: Path, question: str, method: str = "GET") -> str:
    status, body = ask(path, question, method=method)
    if status != 200:
        raise AdminUnreachable(f"{path}: {question} answered {status}")
    return body


def is_ready(path: Path) -> bool:
    """Whether Envoy has started completely (its /ready says LIVE)."""
    try:
        return ask(path, "/ready", timeout_s=1.0)[0] == 200
    except AdminUnreachable:
        return False


def stop_listening(path: Path) -> None:
    """Begin a graceful drain: answers say `connection: close`; listeners close after Envoy's --drain-time-s."""
    _expect(path, "/drain_listeners?graceful", "POST")


def counters(path: Path, pattern: str) -> dict[str, int]:
    """Counters and gauges whose name matches `pattern` (a regular expression)."""
    from urllib.parse import quote

    found: dict[str, int] = {}
    for line in _expect(path, f"/stats?filter={quote(pattern, safe='')}").splitlines():
        name, _, value = line.rpartition(": ")
        if name and value.isdigit():
            found[name] = int(value)
    return found


def active_requests(path: Path) -> int:
    """Requests being answered now, on every listener; Envoy's own admin requests do not count."""
    return sum(
        n for name, n in counters(path, r"^http\..*downstream_rq_active$").items() if not name.startswith("http.admin.")
    )


def clusters(path: Path) -> list[dict[str, Any]]:
    """The clusters with their hosts as Envoy's /clusters?format=json has them."""
    answer: dict[str, Any] = json.loads(_expect(path, "/clusters?format=json"))
    statuses: list[dict[str, Any]] = answer.get("cluster_statuses", [])
    return statuses


def has_sidecar(path: Path) -> bool:
    """Whether every worker of the sidecar passed Envoy's health check."""
    try:
        found = {cluster["name"]: cluster for cluster in clusters(path)}
    except AdminUnreachable:
        return False
    hosts = found.get(names.SIDECAR_CLUSTER, {}).get("host_statuses", [])
    return bool(hosts) and not any(host.get("health_status", {}).get("failed_active_health_check") for host in hosts)
