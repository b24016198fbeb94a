"""A provider that streams: python -m e2e.bench.provider PORT.

Answers every request with a short server-sent-events completion, the first event at once, the rest spaced like tokens.
Whole answers come from an Envoy instead (see `envoys.py`): it is quicker than any gateway under measurement.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from typing import cast

TOKENS = 5
GAP_S = 0.002
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _event(text: str | None) -> bytes:
    """One chunk of a streamed chat completion, framed for chunked transfer; None is the end marker."""
    value = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}],
    }
    data = b"data: " + (b"[DONE]" if text is None else json.dumps(value).encode()) + b"\n\n"
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


class Streaming(asyncio.Protocol):
    """One connection: reads a request by its content-length, streams, waits for the next."""

    def __init__(self) -> None:
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head_end = self.received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.received[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n")[0]) if at >= 0 else 0
        if len(self.received) >= head_end + 4 + length:
            self.received = b""
            self.transport.write(_HEAD + _event("token 0"))
            self._later(1)

    def _later(self, number: int) -> None:
        asyncio.get_running_loop().call_later(GAP_S, self._write, number)

    def _write(self, number: int) -> None:
        if self.transport.is_closing():
            return
        if number < TOKENS:
            self.transport.write(_event(f"token {number}"))
            self._later(number + 1)
        else:
            self.transport.write(_event(None) + b"0\r\n\r\n")


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Streaming, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
