"""The one door to the served model, and what its statuses mean. No prompt and no answer ever gets into an error."""

from __future__ import annotations

from typing import Protocol

from router_model.choice import RouterConfused, RouterLate, RouterUnreachable


class Transport(Protocol):
    """Carries a request to the server. Who implements it owns connections, credentials, retries and spans."""

    async def post(self, path: str, body: bytes, deadline_s: float) -> tuple[int, bytes]:
        """Sends JSON; gives the status and the whole body of the answer, whatever the status.

        Raises TimeoutError when `deadline_s` seconds pass, OSError where there is no connection; a RouterError passes.
        """
        ...


class TooLong(RouterConfused):
    """The server counted more tokens than its context has: the estimate of the history's length was too low."""


def check(status: int, body: bytes) -> None:
    """Raises the RouterError that a status stands for; none for 200."""
    if status == 200:
        return
    if status in (408, 504):
        raise RouterLate(f"the router model's server answered {status}")
    if status == 429 or status >= 500:
        raise RouterUnreachable(f"the router model's server answered {status}")
    if status == 400 and (b"context length" in body or b"context_length" in body or b"max_model_len" in body):
        raise TooLong("the prompt is longer than the context of the router model")
    raise RouterConfused(f"the router model's server refused the request with {status}")
