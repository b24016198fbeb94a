"""Rounds of measurements over rows, interleaved so that the machine's moods fall on all rows alike.

Goes out: one `Result` a row. Figures are medians over rounds with the lowest and highest round beside them; ratios are
taken inside a round, between neighbours in time, before the median.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from e2e.bench import load
from e2e.bench.gateways import Row
from e2e.bench.process import cpu_s, rss_mib


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much to measure. `requests` are for a round and row; the slow row (LiteLLM) gets a twentieth under load."""

    rounds: int
    alone: int
    loaded: int
    streams: int
    connections: int = 16


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over the rounds."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Times in milliseconds, memory in MiB, CPU in seconds. `against_bare_*` are ratios to the bare hop's figure."""

    name: str
    p50_ms: Spread
    p99_ms: Spread
    added_p50_ms: Spread
    added_p99_ms: Spread
    against_bare_p50: Spread
    requests_per_cpu_s: Spread
    against_bare_requests_per_cpu_s: Spread
    requests_per_s: Spread
    first_token_ms: Spread
    added_first_token_ms: Spread
    idle_mib: float
    loaded_mib: float


Rounds = list[dict[str, float]]
"""A figure for every row's name, round by round."""
CHUNK = 25


def measure(rows: Sequence[Row], effort: Effort) -> list[Result]:
    """`rows` begin with the provider itself and the bare hop: the two every other row is compared with."""
    _alone(rows, load.Connection.ask, stream=False, asks=CHUNK * 4)
    idle = {row.name: rss_mib(row.pid) for row in rows}
    alone: list[dict[str, list[float]]] = []
    streams: list[dict[str, list[float]]] = []
    cpu: Rounds = []
    speed: Rounds = []
    for number in range(effort.rounds):
        print(f"round {number + 1} of {effort.rounds}", file=sys.stderr)
        alone.append(_alone(rows, load.Connection.ask, stream=False, asks=effort.alone))
        streams.append(_alone(rows, load.Connection.first_token, stream=True, asks=effort.streams))
        per_cpu_s, per_s = _loaded(rows, effort)
        cpu.append(per_cpu_s)
        speed.append(per_s)
    memory = {row.name: (idle[row.name], rss_mib(row.pid)) for row in rows}
    names = [row.name for row in rows]
    return _results(names, alone, streams, cpu, speed, memory)


def _alone(
    rows: Sequence[Row], ask: Callable[[load.Connection, bytes], float], *, stream: bool, asks: int
) -> dict[str, list[float]]:
    """Seconds of `asks` requests one after the other on each row, a few on one row, a few on the next."""
    ways = []
    for row in rows:
        connection = load.Connection(row.stream_port if stream else row.port)
        ways.append((row.name, connection, load.request(row.stream_model if stream else row.model, stream=stream)))
    took: dict[str, list[float]] = {row.name: [] for row in rows}
    while min(len(seconds) for seconds in took.values()) < asks:
        for name, connection, payload in ways:
            ask(connection, payload)
            took[name] += [ask(connection, payload) for _ in range(CHUNK)]
    for _, connection, _ in ways:
        connection.close()
    return took


def _loaded(rows: Sequence[Row], effort: Effort) -> tuple[dict[str, float], dict[str, float]]:
    """Requests per CPU-second of the gateway and requests per second, with many connections busy."""
    per_cpu_s, per_s = {}, {}
    for row in rows:
        requests = effort.loaded // 20 if "LiteLLM" in row.name else effort.loaded
        payload = load.request(row.model)
        before = cpu_s(row.pid)
        wall_s, took = load.saturate(row.port, payload, requests=requests, connections=effort.connections)
        per_cpu_s[row.name] = len(took) / (cpu_s(row.pid) - before)
        per_s[row.name] = len(took) / wall_s
    return per_cpu_s, per_s


def quantile(seconds: Sequence[float], share: float) -> float:
    """The value below which `share` of the samples lie, in milliseconds."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] * 1000


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def _results(
    names: Sequence[str],
    alone: list[dict[str, list[float]]],
    streams: list[dict[str, list[float]]],
    cpu: Rounds,
    speed: Rounds,
    memory: dict[str, tuple[float, float]],
) -> list[Result]:
    nothing, bare = names[0], names[1]
    p50 = [{name: quantile(taken[name], 0.5) for name in names} for taken in alone]
    p99 = [{name: quantile(taken[name], 0.99) for name in names} for taken in alone]
    first = [{name: quantile(taken[name], 0.5) for name in names} for taken in streams]
    return [
        Result(
            name=name,
            p50_ms=spread([values[name] for values in p50]),
            p99_ms=spread([values[name] for values in p99]),
            added_p50_ms=spread([values[name] - values[nothing] for values in p50]),
            added_p99_ms=spread([values[name] - values[nothing] for values in p99]),
            against_bare_p50=spread([values[name] / values[bare] for values in p50]),
            requests_per_cpu_s=spread([values[name] for values in cpu]),
            against_bare_requests_per_cpu_s=spread([values[name] / values[bare] for values in cpu]),
            requests_per_s=spread([values[name] for values in speed]),
            first_token_ms=spread([values[name] for values in first]),
            added_first_token_ms=spread([values[name] - values[nothing] for values in first]),
            idle_mib=memory[name][0],
            loaded_mib=memory[name][1],
        )
        for name in names
    ]
