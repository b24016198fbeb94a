"""A client that shows bytes: what was sent is exactly what is written here, what came back is not touched."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
RESPONSES = "/v1/responses"
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `headers` has lower-case names; `whole` is False when the body ended before its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error object of an answer in either dialect."""
        found = self.json["error"]
        assert isinstance(found, dict)
        return found


def call(
    port: int,
    path: str = CHAT,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    context: ssl.SSLContext | None = None,
    timeout_s: float = 20.0,
    host: str = "127.0.0.1",
) -> Reply:
    """One request on a connection of its own. A body that is not bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"content-type": "application/json", **(headers or {})} if raw is not None else dict(headers or {})
    connection: http.client.HTTPConnection
    if context:
        connection = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request(method, path, raw, sent)
        return _read(connection.getresponse())
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    try:
        return Reply(response.status, headers, response.read(), True)
    except http.client.IncompleteRead as cut:
        return Reply(response.status, headers, cut.partial, False)
    except ConnectionResetError:
        return Reply(response.status, headers, b"", False)


def chat(model: str | None = "gpt-4o", **more: Any) -> dict[str, Any]:
    """A chat or messages request; `model=None` leaves the model out."""
    named = {} if model is None else {"model": model}
    return {**named, "max_tokens": 64, "messages": [{"role": "user", "content": "hello"}], **more}


class RawConnection:
    """A socket with a request on it, for what well-behaved clients do not do: leaving in the middle."""

    def __init__(self, port: int, body: Any, path: str = CHAT, headers: Mapping[str, str] | None = None) -> None:
        raw = json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", "host: localhost", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines += [f"content-length: {len(raw)}", "", ""]
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall("\r\n".join(lines).encode() + raw)

    def read_some(self) -> bytes:
        return self.socket.recv(65_536)

    def leave(self, *, reset: bool) -> None:
        """Close the connection, by RST or by FIN."""
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.socket.close()


def raw_exchange(port: int, request: bytes, timeout_s: float = 5.0) -> bytes:
    """Write bytes, read until the other side closes or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        connection.sendall(request)
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
                if b"\r\n\r\n" in received:
                    connection.settimeout(0.3)
        except (TimeoutError, ConnectionResetError):
            pass
        return received
