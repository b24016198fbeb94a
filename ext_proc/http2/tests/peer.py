"""The other side of a connection: a client made with a library that many use, so that both must mean the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived
from h2.settings import SettingCodes

from ext_proc.http2.connection import Connection, Event

ASKED = [(":method", "POST"), (":scheme", "http"), (":path", "/s/m"), (":authority", "a"), ("plano-listener", "llm")]


class Peer:
    """`got`: what the client received on each stream; `window_bytes`: what it lets the server send at a time."""

    def __init__(self, server: Connection, window_bytes: int = 65535, *, generous: bool = True) -> None:
        self.server = server
        self.generous = generous
        self.client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.client.initiate_connection()
        self.client.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: window_bytes})
        self.events: list[Event] = []
        self.heads: dict[int, list[tuple[str, str]]] = {}
        self.trailers: dict[int, list[tuple[str, str]]] = {}
        self.data: dict[int, bytes] = {}
        self.ended: set[int] = set()
        self.resets: dict[int, int] = {}

    def ask(self, data: bytes = b"", *, end: bool = True, headers: list[tuple[str, str]] = ASKED) -> int:
        stream = self.client.get_next_available_stream_id()
        self.client.send_headers(stream, headers, end_stream=end and not data)
        for at in range(0, len(data), 16384):
            piece = data[at : at + 16384]
            self.client.send_data(stream, piece, end_stream=end and at + len(piece) == len(data))
        return stream

    def exchange(self, sizes: tuple[int, ...] = (1 << 20,)) -> None:
        """Carry bytes both ways, in pieces of these sizes, until neither side has more to say."""
        while True:
            there, back = self.client.data_to_send(), self.server.take()
            if not there and not back:
                return
            for piece in cut(there, sizes):
                self.events += self.server.receive(piece)
            if back:
                self._received(back)

    def _received(self, data: bytes) -> None:
        for event in self.client.receive_data(data):
            if isinstance(event, ResponseReceived):
                self.heads[event.stream_id] = _texts(event.headers)
            elif isinstance(event, TrailersReceived):
                self.trailers[event.stream_id] = _texts(event.headers)
            elif isinstance(event, DataReceived):
                self.data[event.stream_id] = self.data.get(event.stream_id, b"") + event.data
                if self.generous:
                    self.client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                self.ended.add(event.stream_id)
            elif isinstance(event, StreamReset):
                self.resets[event.stream_id] = int(event.error_code)


def _texts(pairs: Iterable[Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs]


def cut(data: bytes, sizes: tuple[int, ...]) -> list[bytes]:
    """The data in pieces of these sizes, over and over."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = max(1, sizes[turn % len(sizes)])
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces
