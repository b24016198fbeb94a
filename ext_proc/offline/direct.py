"""The way to the served router where no Envoy runs: straight to its server.

In: an address and the headers it wants. Out: an `Upstream` that knows this one outbound. Never: a redirect followed, a
proxy of the environment used, a header or a body in an error.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import aiohttp
from yarl import URL

from ext_proc.ports import Answer, StreamedAnswer, UpstreamError, UpstreamLate, UpstreamUnreachable
from schemas.names import ROUTER_OUTBOUND


@dataclass(frozen=True, slots=True)
class Server:
    """`chat_url` answers chat completions, `root_url` is the server without a path. `headers` hold its key."""

    chat_url: str
    root_url: str
    headers: Mapping[str, str]
    ca_path: str | None = None

    def __repr__(self) -> str:
        return f"Server({self.root_url})"


class Nowhere:
    """Nothing can be called from here. Agents that would be asked before the last one are not, in a preview."""

    async def call(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> Answer:
        raise UpstreamUnreachable("nothing is called without a gateway")

    def stream(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> AbstractAsyncContextManager[StreamedAnswer]:
        return _nothing()


@asynccontextmanager
async def _nothing() -> AsyncIterator[StreamedAnswer]:
    raise UpstreamUnreachable("nothing is called without a gateway")
    yield  # makes this a generator


class DirectUpstream(Nowhere):
    """Calls of the served router. Enter it where the event loop runs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> DirectUpstream:
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> Answer:
        """`path` is the one of OpenAI's API; the server may have another."""
        if outbound != ROUTER_OUTBOUND:
            raise UpstreamUnreachable("only the router model is called without a gateway")
        return await self._send(method, self._server.chat_url, {**headers, **self._server.headers}, body, deadline_s)

    async def look(self, path: str, deadline_s: float) -> Answer:
        """A page of the server itself, such as /metrics."""
        return await self._send("GET", self._server.root_url + path, self._server.headers, b"", deadline_s)

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline_s: float) -> Answer:
        assert self._session is not None, "entered before it is used"
        try:
            async with (
                asyncio.timeout(deadline_s),
                self._session.request(
                    method,
                    URL(url, encoded=True),
                    headers=headers,
                    data=body or None,
                    allow_redirects=False,
                    ssl=self._tls(),
                ) as answer,
            ):
                return Answer(answer.status, {}, await answer.read())
        except TimeoutError as error:
            raise UpstreamLate("no whole answer before the deadline") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamUnreachable("no connection to the router model's server") from error
        except ValueError:
            # Its text may quote a header.
            raise UpstreamError(
                "the router model's server cannot be asked: a header or the address is malformed"
            ) from None

    def _tls(self) -> ssl.SSLContext | bool:
        path = self._server.ca_path
        return ssl.create_default_context(cafile=path) if path and Path(path).is_file() else True
