"""The load: raw HTTP/1.1 over kept-open connections with TCP_NODELAY, as thin as Python allows.

Comes in: a port and a request; goes out: seconds. A status other than 200 ends the run: a fast error is no result.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_ENDS_CHUNKED = b"\r\n0\r\n\r\n"


def request(model: str, *, stream: bool = False) -> bytes:
    """A chat completion request as an agent sends it in its third turn: about 2 KB of JSON."""
    passage = "The night train leaves at ten past eleven and crosses the border before dawn. " * 5
    body = json.dumps(
        {
            "model": model,
            "messages": [
                {"role": "system", "content": "You are a travel assistant. Answer briefly and cite the timetable."},
                {"role": "user", "content": passage},
                {"role": "assistant", "content": passage},
                {"role": "user", "content": passage},
                {
                    "role": "assistant",
                    "content": "There is one at 23:10 and another at 06:40, both with sleeping cars.",
                },
                {"role": "user", "content": "Which of the two is cheaper for a family of four?"},
            ],
            "temperature": 0.2,
            "max_tokens": 512,
            "stream": stream,
            "user": "bench",
        }
    ).encode()
    return _post(body, {})


def sized_request(size_bytes: int, headers: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """A chat completion request with a body of that many bytes (at least 300), one message of a user."""
    body = {
        "model": "openai/gpt-4.1",
        "messages": [{"role": "system", "content": "You are a travel assistant."}, {"role": "user", "content": ""}],
        "temperature": 0.2,
    }
    text = "Write a function that reads a timetable and finds the night trains. "
    room = size_bytes - len(json.dumps(body))
    body["messages"][1]["content"] = (text * (room // len(text) + 1))[:room]  # type: ignore[index]
    return _post(json.dumps(body).encode(), headers)


def _post(body: bytes, headers: Mapping[str, str]) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer not-a-key\r\nuser-agent: bench\r\n{more}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One kept-open connection that asks one thing at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(60)

    def ask(self, payload: bytes) -> float:
        """Seconds from the first byte out to the last byte in."""
        begin = time.perf_counter()
        self.socket.sendall(payload)
        answer = self.socket.recv(65536)
        while not _complete(answer):
            answer += self._more(answer)
        return time.perf_counter() - begin

    def first_token(self, payload: bytes) -> float:
        """Seconds from the first byte out to the first `data:` of a stream; reads the stream to its end."""
        begin = time.perf_counter()
        self.socket.sendall(payload)
        answer = self.socket.recv(65536)
        while b"\ndata:" not in answer:
            answer += self._more(answer)
        first = time.perf_counter() - begin
        while not answer.endswith(_ENDS_CHUNKED):
            answer += self._more(answer)
        _complete(answer)
        return first

    def _more(self, answer: bytes) -> bytes:
        received = self.socket.recv(65536)
        if not received:
            raise RuntimeError(f"connection closed after {answer[:400]!r}")
        return received

    def close(self) -> None:
        self.socket.close()


def _complete(answer: bytes) -> bool:
    """Whether a whole answer is there. Raises RuntimeError for any status but 200."""
    if not answer:
        raise RuntimeError("connection closed without an answer")
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        return False
    if answer[9:12] != b"200":
        raise RuntimeError(f"not a 200: {answer[:600]!r}")
    at = answer.find(b"content-length: ", 0, head_end)
    if at < 0:
        return answer.endswith(_ENDS_CHUNKED)
    return len(answer) >= head_end + 4 + int(answer[at + 16 : answer.index(b"\r", at)])


@dataclass(slots=True)
class _Lane:
    connection: Connection
    answer: bytes = b""
    begun: float = 0.0
    took: list[float] = field(default_factory=list)


def saturate(port: int, payload: bytes, *, requests: int, connections: int) -> tuple[float, list[float]]:
    """Keep `connections` requests in flight until `requests` are answered.

    Gives the wall seconds of the whole and the seconds of each request.
    """
    lanes = [_Lane(Connection(port)) for _ in range(connections)]
    begin = time.perf_counter()
    with selectors.EpollSelector() as selector:
        for lane in lanes:
            selector.register(lane.connection.socket, selectors.EVENT_READ, lane)
            _send(lane, payload)
        _drive(selector, payload, asked=connections, requests=requests)
    wall = time.perf_counter() - begin
    for lane in lanes:
        lane.connection.close()
    return wall, [seconds for lane in lanes for seconds in lane.took]


def _drive(selector: selectors.BaseSelector, payload: bytes, *, asked: int, requests: int) -> None:
    answered = 0
    while answered < requests:
        for key, _ in selector.select(60):
            lane: _Lane = key.data
            lane.answer += lane.connection.socket.recv(65536)
            if not _complete(lane.answer):
                continue
            lane.took.append(time.perf_counter() - lane.begun)
            answered += 1
            if asked < requests:
                _send(lane, payload)
                asked += 1


def _send(lane: _Lane, payload: bytes) -> None:
    lane.answer, lane.begun = b"", time.perf_counter()
    lane.connection.socket.sendall(payload)
