"""Plain HTTP requests as the sidecar's server hands them on, and how they are answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from ext_proc.http2.headers import Headers


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A whole request. `headers` with the pseudo headers among them."""

    headers: Headers
    body: bytes


class Answering(Protocol):
    """Begin once, write any number of times, end once. A handler that raises after `begin` cuts the answer off."""

    def begin(self, status: int, pairs: Iterable[tuple[str, str]]) -> None: ...

    async def write(self, data: bytes) -> None:
        """Returns when there is room for more."""
        ...

    def end(self, pairs: Iterable[tuple[str, str]]) -> None:
        """`pairs`: trailers, at least one."""
        ...


HttpHandler = Callable[[HttpCall, Answering], Awaitable[None]]
