"""Where bindings are kept: what a store promises, and which one the configuration asks for.

In: the `sessions` of the runtime file and the environment. Out: a `Store`. Never: an exception towards a request; a
store that cannot answer costs a conversation its memory, not its answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ext_proc.ports import Clock
from ext_proc.sessions.binding import Binding
from schemas.runtime import Sessions

Log = Callable[[str, Mapping[str, object]], None]
"""An event word and its fields."""


class Outcome(StrEnum):
    """What a look-up or a write came to: the labels of the metric."""

    HIT = "hit"
    MISS = "miss"
    STORE = "store"
    ERROR = "error"
    STORE_ERROR = "store_error"


class Trouble(StrEnum):
    """Why a store could not answer."""

    LATE = "late"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    GARBLED = "garbled"
    RESTING = "resting"


@dataclass(frozen=True, slots=True)
class Found:
    """`binding` None: none is known, because of `trouble` or because there is none."""

    binding: Binding | None
    trouble: Trouble | None = None


class Store(Protocol):
    """`deadline_s` counts from now; no call takes longer. Nothing is raised: `counts` and `troubles` tell."""

    counts: Counter[Outcome]
    troubles: Counter[Trouble]

    async def read(self, key: str, deadline_s: float) -> Found: ...

    async def write(self, key: str, binding: Binding, deadline_s: float) -> Trouble | None: ...

    async def close(self) -> None: ...


def open_store(
    sessions: Sessions, environ: Mapping[str, str], clock: Clock, log: Log, shared: Path | None = None
) -> Store:
    """The configured store; Redis connects when first used. `shared`: a file that all workers of the machine share,
    without one memory is this process's own. Raises address.AddressError for a Redis address that is none, OSError or
    sqlite3.Error for a file that cannot be made."""
    from ext_proc.sessions.store_memory import MemoryStore

    if sessions.store != "redis":
        if shared is None:
            return MemoryStore(sessions.max_entries, sessions.ttl_s, clock)
        from ext_proc.sessions.store_shared import SharedStore

        return SharedStore(shared, sessions.max_entries, sessions.ttl_s, clock)
    # Lazily: the client takes 100 ms to import, and most gateways need none.
    from ext_proc.sessions.address import resolve
    from ext_proc.sessions.store_redis import RedisStore

    return RedisStore(resolve(sessions.url or "", environ), sessions.ttl_s, clock, log)
