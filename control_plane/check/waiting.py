"""Timeouts and retries that contradict each other, wherever they are written."""

from __future__ import annotations

from control_plane.check.places import Places
from control_plane.config import Config, Listener, ModelAlias, ModelProvider, Retry, Timeouts
from control_plane.problems import Place, Problems

# Nothing a request waits for takes longer; a larger number is a slip of the unit.
LONGEST_S = 24 * 3600.0


def check(config: Config, places: Places, problems: Problems) -> None:
    owners: list[Listener | ModelProvider | ModelAlias] = [
        *config.listeners,
        *config.model_providers,
        *config.model_aliases,
    ]
    for owner in owners:
        if owner.timeouts:
            _check_timeouts(owner.timeouts, places, problems)
            if isinstance(owner, ModelAlias):
                _check_connect(owner.timeouts, places, problems)
        if owner.retry:
            _check_retry(owner.retry, places, problems)
    for listener in config.listeners:
        _check_long(listener.timeout, "timeout", places, listener.at, problems)
        if listener.timeout is not None and listener.timeouts and listener.timeouts.total is not None:
            _warn_overruled("timeout", "timeouts.total", places, listener.at, problems)
        if listener.max_retries is not None and listener.retry and listener.retry.attempts is not None:
            _warn_overruled("max_retries", "retry.attempts", places, listener.at, problems)
    if config.overrides:
        key = "upstream_connect_timeout"
        _check_positive(config.overrides.upstream_connect_timeout, key, places, config.overrides.at, problems)
        _check_long(config.overrides.upstream_connect_timeout, key, places, config.overrides.at, problems)


def _warn_overruled(key: str, by: str, places: Places, at: Place, problems: Problems) -> None:
    problems.warn(places.of(at, key), "overruled", f"'{key}' has no effect beside {by}", "remove one of the two")


def _check_connect(timeouts: Timeouts, places: Places, problems: Problems) -> None:
    """Connections are shared by every request of a listener to a provider, whichever alias it came by."""
    if timeouts.connect is not None:
        do = "write it in the listener's or the provider's timeouts, or as overrides.upstream_connect_timeout"
        problems.warn(places.of(timeouts.at, "connect"), "no-effect", "'connect' has no effect here", do)


def _check_positive(value: float | None, key: str, places: Places, at: Place, problems: Problems) -> None:
    if value == 0:
        do = "write a time above zero, or remove it to have the default"
        problems.error(places.of(at, key), "out-of-range", f"'{key}' is zero, so every request would fail", do)


def _check_long(value: float | None, key: str, places: Places, at: Place, problems: Problems) -> None:
    if value is not None and value > LONGEST_S:
        problems.error(places.of(at, key), "out-of-range", f"'{key}' is longer than a day", "check the unit")


def _check_timeouts(timeouts: Timeouts, places: Places, problems: Problems) -> None:
    for key in ("connect", "first_byte", "idle"):
        _check_positive(getattr(timeouts, key), key, places, timeouts.at, problems)
    for key in ("connect", "first_byte", "idle", "total"):
        _check_long(getattr(timeouts, key), key, places, timeouts.at, problems)
    first, idle, total = timeouts.first_byte, timeouts.idle, timeouts.total
    if first and idle and idle < first:
        what = "'idle' is shorter than 'first_byte', so the wait for the first byte would end early"
        problems.error(places.of(timeouts.at, "idle"), "timeout-conflict", what, "make idle at least first_byte")
    if first and total and total < first:
        what = "'total' is shorter than 'first_byte', which then never decides"
        problems.warn(places.of(timeouts.at, "total"), "timeout-conflict", what, "make total the longest")


def _check_retry(retry: Retry, places: Places, problems: Problems) -> None:
    if retry.backoff_base is not None and retry.backoff_max is not None and retry.backoff_max < retry.backoff_base:
        what = "'backoff_max' is shorter than 'backoff_base'"
        problems.error(places.of(retry.at, "backoff_max"), "backoff-conflict", what, "make backoff_max the longer one")
    for key in ("backoff_base", "backoff_max"):
        _check_positive(getattr(retry, key), key, places, retry.at, problems)
        _check_long(getattr(retry, key), key, places, retry.at, problems)
    if retry.status_codes and retry.on is not None and "retriable-status-codes" not in retry.on:
        what = "'status_codes' has no effect: 'on' does not hold retriable-status-codes"
        problems.warn(places.of(retry.at, "status_codes"), "no-effect", what, "add retriable-status-codes to 'on'")
