"""Stops taking requests and waits for the running ones. In: the admin socket and a time limit. Out: how many are left.

Ending Envoy cuts every stream at once, so this comes first. Never raises: an Envoy that does not answer has nothing
left to wait for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from control_plane.run import admin, readiness
from control_plane.run.state import Door

LISTENER_CLOSE_S = 1
"""Seconds between the first `connection: close` and the closing of the listeners (Envoy's --drain-time-s)."""
POLL_S = 0.1


async def drain(
    socket: Path, doors: tuple[Door, ...], limit_s: float, hurry: asyncio.Event, say: Callable[[int], None]
) -> int:
    """Refuse new connections, then wait until no request runs, `limit_s` is over, or `hurry` is set.

    `say` gets the number of running requests whenever it changes. Returns the number still running.
    """
    end = time.monotonic() + limit_s
    try:
        await asyncio.to_thread(admin.stop_listening, socket)
        return await _until_idle(socket, doors, end, hurry, say)
    except admin.AdminUnreachable:
        return 0


async def _until_idle(
    socket: Path, doors: tuple[Door, ...], end: float, hurry: asyncio.Event, say: Callable[[int], None]
) -> int:
    told = -1
    while True:
        # Listeners first: a request that came in before they closed must be seen by the count after it.
        closed = not any(await asyncio.gather(*(asyncio.to_thread(readiness.accepts, door) for door in doors)))
        active = await asyncio.to_thread(admin.active_requests, socket)
        if active != told:
            say(active)
            told = active
        if (closed and active == 0) or hurry.is_set() or time.monotonic() >= end:
            return active
        await _pause(hurry)


async def _pause(hurry: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(hurry.wait(), POLL_S)
    except TimeoutError:
        return
