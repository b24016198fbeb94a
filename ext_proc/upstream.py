"""Calls through Envoy's internal listener: the one place of the sidecar that sends requests.

In: the name of an outbound and a request. Out: an answer of any status, or an `UpstreamError`. Never: a redirect
followed, a cookie kept, a proxy of the environment used, a body decoded, a connection or a task left behind. Pools,
TLS, credentials, retries and spans are Envoy's.
"""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from ext_proc.ports import Answer, StreamedAnswer, UpstreamCut, UpstreamError, UpstreamLate, UpstreamUnreachable
from schemas.names import INTERNAL_PREFIX, KEY_HEADER, OUTBOUND_HEADER, TRACE_HEADER

SPAN: ContextVar[str] = ContextVar("span", default="")
"""What the calls of this task belong to, as TRACE_HEADER says it; "" where nothing is traced."""
MAX_ANSWER_BYTES = 64 << 20
_MAX_HEADER_BYTES = 64 << 10
# Envoy closes a connection that idles for an hour; one that is never that old cannot be closed under a new call.
_KEEP_ALIVE_S = 30.0
# What follows a protocol's own end marker is the end of the body; waiting for it keeps the connection.
LEAVE_S = 0.05
# How soon to try again where more calls begin at once than Envoy's listener has room for.
_FULL_S = 0.005
_NO_AUTOMATIC_HEADERS = ("accept", "accept-encoding", "content-type", "user-agent")


class EnvoyUpstream:
    """`ext_proc.ports.Upstream` over a unix socket. One for a process; enter it where the event loop runs.

    `leave_s`: how long a stream that was left before its end may take to end by itself.
    """

    def __init__(self, socket_path: str, max_answer_bytes: int = MAX_ANSWER_BYTES, leave_s: float = LEAVE_S) -> None:
        self._socket_path = socket_path
        self._max_answer_bytes = max_answer_bytes
        self._leave_s = leave_s
        self._open_session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> EnvoyUpstream:
        self._open_session = aiohttp.ClientSession(
            connector=_Connector(self._socket_path, limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NO_AUTOMATIC_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open_session is not None:
            await self._open_session.close()
            self._open_session = None

    async def call(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> Answer:
        """The whole answer. Raises UpstreamError, also where the answer is larger than allowed."""
        received = bytearray()
        async with self.stream(outbound, method, path, headers=headers, body=body, deadline_s=deadline_s) as answer:
            async for chunk in answer.chunks:
                received += chunk
                if len(received) > self._max_answer_bytes:
                    raise UpstreamError("the answer is larger than allowed")
        return Answer(answer.status, answer.headers, bytes(received))

    @asynccontextmanager
    async def stream(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> AsyncIterator[StreamedAnswer]:
        """The answer as it comes; leaving the context ends the call."""
        end_s = asyncio.get_running_loop().time() + deadline_s
        async with _bounded(end_s):
            response = await self._session.request(
                method,
                URL(f"http://envoy{path}", encoded=True),
                headers=_sent(headers, outbound),
                data=io.BytesIO(body) if body else None,
                allow_redirects=False,
            )
        try:
            yield StreamedAnswer(response.status, _received(response), _Chunks(response, end_s))
        except BaseException:
            response.close()
            raise
        await _leave(response, self._leave_s)

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._open_session is None:
            raise UpstreamUnreachable("the client for Envoy's internal listener is not open")
        return self._open_session


class _Connector(aiohttp.UnixConnector):
    """Waits where the listener's queue is full: asyncio takes the kernel's answer then for a connection."""

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        try:
            connected = await _connected(self._path)
            _, protocol = await self._loop.create_unix_connection(self._factory, sock=connected)
        except OSError as error:
            raise UpstreamUnreachable("no connection to Envoy's internal listener") from error
        return protocol


class _Chunks:
    """The body as it comes. A loop that leaves early leaves nothing to clean up, unlike a generator."""

    def __init__(self, response: aiohttp.ClientResponse, end_s: float) -> None:
        self._content = response.content
        self._end_s = end_s

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> bytes:
        async with _bounded(self._end_s):
            chunk = await self._content.readany()
        if not chunk:
            raise StopAsyncIteration
        return chunk


async def _connected(path: str) -> socket.socket:
    while True:
        unconnected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            unconnected.setblocking(False)
            unconnected.connect(path)
            return unconnected
        except BlockingIOError:
            unconnected.close()
        except BaseException:
            unconnected.close()
            raise
        await asyncio.sleep(_FULL_S)


@asynccontextmanager
async def _bounded(end_s: float) -> AsyncIterator[None]:
    """Ends what takes longer, and says in our words what went wrong."""
    try:
        async with asyncio.timeout_at(end_s):
            yield
    except TimeoutError as error:
        raise UpstreamLate("no whole answer before the deadline") from error
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError) as error:
        raise UpstreamCut("the connection ended before the answer did") from error
    except (aiohttp.ClientError, ValueError) as error:
        # The text of these may quote a header.
        raise UpstreamError(f"no HTTP exchange was possible: {type(error).__name__}") from None


async def _leave(response: aiohttp.ClientResponse, patience_s: float) -> None:
    """Gives the connection back, or closes it where the answer goes on."""
    with suppress(UpstreamError):
        if not response.content.at_eof():
            async with _bounded(asyncio.get_running_loop().time() + patience_s):
                await response.content.readany()
    response.release()


def _sent(headers: Mapping[str, str], outbound: str) -> dict[str, str]:
    """Of our own headers only the caller's key goes along; Envoy takes all of them off what clients send."""
    kept = {name: value for name, value in headers.items() if not name.lower().startswith(INTERNAL_PREFIX)}
    if key := headers.get(KEY_HEADER):
        kept[KEY_HEADER] = key
    span = SPAN.get()
    traced = {TRACE_HEADER: span} if span else {}
    return {"accept-encoding": "identity", **traced, **kept, OUTBOUND_HEADER: outbound}


def _received(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Names in lower case; the values of a header that came several times, joined."""
    joined: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined
