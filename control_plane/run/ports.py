"""Can we listen there? In: address and port. Out: nothing, or what stands in the way, with the process as far as known.

Binding is tried without SO_REUSEPORT: Envoy sets that option, so two gateways of one user would silently share a port.
"""

from __future__ import annotations

import errno
import socket
from pathlib import Path

LISTEN = "0A"
"""The state of a listening socket in /proc/net/tcp."""


def obstacle(address: str, port: int) -> str | None:
    """Why nobody can listen on `address`:`port` now, in words; None when it is free."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except OSError as error:
            return _explain(error, address, port)
    return None


def _explain(error: OSError, address: str, port: int) -> str:
    where = f"port {port} on {address}"
    if error.errno == errno.EADDRINUSE:
        owner = user_of(port)
        return f"{where} is in use by {owner}" if owner else f"{where} is in use"
    if error.errno == errno.EACCES:
        return f"{where} needs more rights than this user has"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is not an address of this machine"
    return f"{where} cannot be used: {error.strerror or error}"


def user_of(port: int) -> str | None:
    """ "pid N (name)" of the process that listens on `port`; None when /proc does not tell."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & _sockets_of(process):
            return f"pid {process.name} ({_name_of(process)})"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        rows = [line.split() for line in lines]
        inodes |= {row[9] for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port}
    return inodes


def _sockets_of(process: Path) -> set[str]:
    found = set()
    try:
        for link in (process / "fd").iterdir():
            target = str(link.readlink())
            if target.startswith("socket:["):
                found.add(target[len("socket:[") : -1])
    except OSError:
        return found
    return found


def _name_of(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "unknown"
