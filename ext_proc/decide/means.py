"""What decisions need from outside, gathered in one place and injected: routers, stores, figures, clocks, chance."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ext_proc.ports import Clock, Upstream
from ext_proc.preferences.rank import Figures
from ext_proc.rules import Pick
from ext_proc.sessions.stores import Store
from router_model.choice import Router
from schemas.runtime import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """`figures` are those of a listener, by its name. `background` runs what no request waits for. `now_s` is Unix
    time, `clock` only grows."""

    router: Router
    upstream: Upstream
    sessions: Sessions
    store: Store
    figures: Callable[[str], Figures]
    background: Callable[[Coroutine[Any, Any, object]], None]
    pick: Pick
    clock: Clock
    now_s: Callable[[], float]
