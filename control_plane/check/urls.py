"""What is wrong with a written address, in a few words. Pure functions over text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from urllib.parse import unquote, urlsplit

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?", re.ASCII)
HOST_AND_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/\s@\[\]]+)(:(?P<port>\d{1,5}))?", re.ASCII)

# What gateways on the way resolve differently, so that the request would end somewhere else.
_ODD_PATH = re.compile(r"//|/\.{1,2}(/|$)")
_CHAT = "/chat/completions"


def url_fault(url: str, schemes: tuple[str, ...] = ("http", "https"), *, path: bool = True) -> str | None:
    """None when it is a URL with one of these schemes and a host, without credentials, query or fragment."""
    if any(ch.isspace() or not ch.isprintable() or ch in "\"'<>\\^`{|}" for ch in url) or not url.isascii():
        return "holds characters that do not belong in an address"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "has a port or host that cannot be"
    if parts.scheme.lower() not in schemes:
        return f"does not start with {' or '.join(f'{s}://' for s in schemes)}"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password"
    if not _is_host(parts.hostname or "") or port == 0:
        return "has no valid host and port"
    if "?" in url or "#" in url:
        return "holds a query or a fragment"
    if _ODD_PATH.search(unquote(parts.path)):
        return "has '//' or a dot segment in its path"
    return None if path or parts.path in ("", "/") else "has a path"


def without_endpoint(url: str, endpoints: Iterable[str]) -> str | None:
    """The URL before the endpoint it ends with, its version kept; None when it ends with none of them.

    `endpoints` are paths such as /v1/messages. Chat completions are known under any version.
    """
    bare = url.rstrip("/")
    if bare.endswith(_CHAT):
        return bare.removesuffix(_CHAT)
    found = next((endpoint for endpoint in endpoints if bare.endswith(endpoint)), None)
    return bare.removesuffix(found[found.index("/", 1) :]) if found else None


def host_fault(written: str) -> str | None:
    """The same for `host` or `host:port`."""
    match = HOST_AND_PORT.fullmatch(written)
    if match is None or not _is_host(match["host"].strip("[]")):
        return "is not a host or host:port"
    return None if match["port"] is None or 1 <= int(match["port"]) <= 65535 else "has a port that cannot be"


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            IPv6Address(host)
        except ValueError:
            return False
        return True
    return _HOST.fullmatch(host) is not None and ".." not in host
