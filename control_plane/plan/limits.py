"""How long to wait and how often to try again: settings written in several places made one, each with where it came
from.

In: a listener, the alias that was asked for (if any) and the providers an attempt may reach. Out: timeouts and
retries with every default filled. The alias speaks before the listener, the listener before the providers, these
before the defaults; where several providers differ the most patient one decides, because Envoy has one setting a
route.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from control_plane import config, gateway
from control_plane.problems import Place

T = TypeVar("T")

CONNECT_S = 5.0
FIRST_BYTE_S = 300.0
IDLE_S = 300.0
RETRY_ON = ("connect-failure", "refused-stream", "reset", "5xx", "retriable-status-codes")
STATUS_CODES = (429,)
FAILOVER_BACKOFF_S = (0.025, 0.25)
SAME_PLACE_BACKOFF_S = (0.5, 5.0)


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """A setting and what decided it: the place in the configuration, or None for a default."""

    value: T
    at: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The timeouts of a route; `total` None = no limit."""

    first_byte: Choice[float]
    idle: Choice[float]
    total: Choice[float | None]

    def plan(self) -> gateway.Timeouts:
        return gateway.Timeouts(first_byte_s=self.first_byte.value, idle_s=self.idle.value, total_s=self.total.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """The retries of a route, in Envoy's words."""

    attempts: Choice[int]
    on: Choice[tuple[str, ...]]
    status_codes: Choice[tuple[int, ...]]
    backoff_base: Choice[float]
    backoff_max: Choice[float]

    def plan(self) -> gateway.Retry:
        return gateway.Retry(
            attempts=self.attempts.value,
            on=self.on.value if self.attempts.value else (),
            status_codes=self.status_codes.value if self.attempts.value else (),
            backoff_base_s=self.backoff_base.value,
            backoff_max_s=self.backoff_max.value,
        )


def waiting(
    listener: config.Listener, alias: config.ModelAlias | None, providers: Sequence[config.ModelProvider]
) -> Waiting:
    """What a request to these providers may take."""
    above = [*_present(alias.timeouts if alias else None), *_present(listener.timeouts)]
    below = _present(*(provider.timeouts for provider in providers))
    first_byte, idle = _stages(
        _wait(lambda t: t.first_byte, above, below), _wait(lambda t: t.idle, above, below), Choice(FIRST_BYTE_S, None)
    )
    return Waiting(first_byte=first_byte, idle=idle, total=_total(listener, above, below))


def _stages(
    first_byte: Choice[float] | None, idle: Choice[float] | None, usual: Choice[float]
) -> tuple[Choice[float], Choice[float]]:
    """Silence before the first byte is silence too: the default of one gives way to what is written of the other."""
    if first_byte is None and idle is None:
        return usual, Choice(max(IDLE_S, usual.value), usual.at if usual.value > IDLE_S else None)
    if first_byte is None:
        assert idle is not None
        return (usual if usual.value <= idle.value else idle), idle
    longer = first_byte if first_byte.value > IDLE_S else Choice(IDLE_S, None)
    return first_byte, idle or longer


def agent_waiting(listener: config.Listener) -> Waiting:
    """For an agent, whose whole answer may take long, the listener's `timeout` limits the wait for the first byte."""
    written = _present(listener.timeouts)
    usual = Choice(listener.timeout, listener.at) if listener.timeout else Choice(FIRST_BYTE_S, None)
    first_byte, idle = _stages(_wait(lambda t: t.first_byte, written, []), _wait(lambda t: t.idle, written, []), usual)
    return Waiting(first_byte=first_byte, idle=idle, total=_limit(_wait(lambda t: t.total, written, [])))


def listener_total_s(listener: config.Listener) -> float | None:
    """What the listener itself says about the whole exchange; None = no limit of its own."""
    return _total(listener, _present(listener.timeouts), []).value


def _total(
    listener: config.Listener, above: Sequence[config.Timeouts], below: Sequence[config.Timeouts]
) -> Choice[float | None]:
    found = _wait(lambda t: t.total, above, [])
    if found is None and listener.timeout is not None:
        found = Choice(listener.timeout, listener.at)
    return _limit(found or _wait(lambda t: t.total, [], below))


def _limit(written: Choice[float] | None) -> Choice[float | None]:
    """A limit of 0 is none."""
    return Choice(written.value or None, written.at) if written else Choice(None, None)


def retrying(
    listener: config.Listener,
    alias: config.ModelAlias | None,
    providers: Sequence[config.ModelProvider],
    *,
    at_least: int,
    clusters: int,
) -> Retrying:
    """How to try again. `at_least`: retries needed to reach every target once; `clusters`: how many clusters they
    are."""
    above = [*_present(alias.retry if alias else None), *_present(listener.retry)]
    below = _present(*(provider.retry for provider in providers))
    base, longest = FAILOVER_BACKOFF_S if clusters > 1 else SAME_PLACE_BACKOFF_S
    backoff_base = _first(lambda r: r.backoff_base, [*above, *below]) or Choice(base, None)
    backoff_max = _first(lambda r: r.backoff_max, [*above, *below]) or Choice(
        max(longest, backoff_base.value), backoff_base.at
    )
    return Retrying(
        attempts=_attempts(listener, above, below, at_least),
        on=_first(lambda r: r.on, [*above, *below]) or Choice(RETRY_ON, None),
        status_codes=_first(lambda r: r.status_codes, [*above, *below]) or Choice(STATUS_CODES, None),
        backoff_base=backoff_base,
        backoff_max=backoff_max,
    )


def _attempts(
    listener: config.Listener, above: Sequence[config.Retry], below: Sequence[config.Retry], at_least: int
) -> Choice[int]:
    found = _first(lambda r: r.attempts, above)
    if found is None and listener.max_retries is not None:
        found = Choice(listener.max_retries, listener.at)
    if found is None:
        counts = [Choice(r.attempts, r.at) for r in below if r.attempts is not None]
        found = max(counts, key=lambda c: c.value, default=None)
    return found if found and found.value >= at_least else Choice(at_least, None)


def _present(*settings: T | None) -> list[T]:
    return [setting for setting in settings if setting is not None]


def _first(read: Callable[[config.Retry], T | None], settings: Sequence[config.Retry]) -> Choice[T] | None:
    for setting in settings:
        value = read(setting)
        if value is not None:
            return Choice(value, setting.at)
    return None


def _wait(
    read: Callable[[config.Timeouts], float | None],
    above: Sequence[config.Timeouts],
    below: Sequence[config.Timeouts],
) -> Choice[float] | None:
    """The first written of `above`, else the longest of `below`."""
    for setting in above:
        value = read(setting)
        if value is not None:
            return Choice(value, setting.at)
    waits = [(value, setting.at) for setting in below if (value := read(setting)) is not None]
    return Choice(*max(waits, key=lambda w: w[0])) if waits else None
