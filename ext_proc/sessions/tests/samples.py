"""Bindings, a clock and a log to test with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ext_proc.sessions.binding import MAX_HISTORY, Binding, Visit

NAMES = st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable())
COUNTS = st.integers(0, 2**40)
SUMS = st.floats(0, 1e6)
VISITS = st.builds(Visit, model=NAMES, last_used_s=COUNTS, cached_tokens=COUNTS)
BINDINGS = st.builds(
    Binding,
    anchor_model=NAMES,
    default_model=NAMES,
    requested_model=NAMES,
    route_name=st.none() | NAMES,
    prefix_hash=st.none() | st.integers(0, 2**64 - 1),
    last_used_s=COUNTS,
    cached_tokens=COUNTS,
    baseline_usd=SUMS,
    switch_spend_usd=SUMS,
    switches=st.integers(0, 1000),
    history=st.lists(VISITS, max_size=MAX_HISTORY, unique_by=lambda visit: visit.model).map(
        lambda visits: tuple(sorted(visits, key=lambda visit: visit.last_used_s))
    ),
    session_cost_usd=SUMS,
)


def binding(anchor: str = "openai/gpt-4o", **fields) -> Binding:
    known: dict[str, Any] = {
        "default_model": anchor,
        "requested_model": "openai/gpt-4o-mini",
        "route_name": "code",
        "prefix_hash": 7,
        "last_used_s": 1000,
        "cached_tokens": 0,
    }
    return Binding(anchor_model=anchor, **(known | fields))


class Time:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def nothing(event, fields) -> None:
    """A log nobody reads."""
