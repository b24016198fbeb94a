"""What deciding costs: python -m e2e.bench.exchange [--quick]

The product's decided path, and ways of carrying a body to the sidecar with a decision that does nothing, each compared
with the native path in the same rounds. Writes nothing; `python -m e2e.bench` puts the tables into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2e.bench import deciding, embedded, envoys, load, trivial
from e2e.bench.deciding import Way
from e2e.bench.gateways import envoy
from e2e.bench.measure import CHUNK, Spread, quantile, spread
from e2e.bench.process import LOAD_CPUS, cpu_s, free_port, rss_mib

KB = 1000
SIZES = (1 * KB, 60 * KB, 1000 * KB)
PRODUCT = "decided: a conversation it knows"
WAYS = {
    "body in metadata, our server": trivial.OWN,
    "body in metadata, gRPC library": trivial.METADATA,
    "FULL_DUPLEX_STREAMED, gRPC library": trivial.DUPLEX,
    "BUFFERED, gRPC library": trivial.BUFFERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """`alone` and `loaded`: requests of the smallest body a round and way; larger bodies get fewer."""

    rounds: int
    alone: int
    loaded: int
    connections: int = 8


FULL = Effort(rounds=5, alone=400, loaded=2000)
QUICK = Effort(rounds=3, alone=100, loaded=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One way with bodies of one size. *Added* is the difference to the native path, in the same round; requests per
    CPU-second are those of the sidecar and of Envoy, each alone; None where there is no sidecar."""

    name: str
    body_bytes: int
    p50_ms: Spread
    p99_ms: Spread
    added_p50_ms: Spread
    added_p99_ms: Spread
    per_sidecar_cpu_s: Spread | None
    per_envoy_cpu_s: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """Everything about decisions. `load`: the machine's load averages before. Memory is resident memory of one worker;
    `embedded_*`: one choice of the embedded router."""

    date: str
    load: tuple[float, float, float]
    product: tuple[Cost, ...]
    exchanges: tuple[Cost, ...]
    worker_mib: float
    worker_with_model_mib: float
    embedded_p50_ms: float
    embedded_p99_ms: float


def measure(directory: Path, effort: Effort) -> Deciding:
    """Everything above, on a provider of its own. Files go to `directory`."""
    before = os.getloadavg()
    with _provider(directory) as port:
        with deciding.native(port) as native, deciding.decided(port, PRODUCT) as product:
            found = tuple(each for size in SIZES for each in costs([native, product], size, effort))
            worker_mib, with_model_mib = rss_mib(native.sidecar_pid), rss_mib(product.sidecar_pid)
        with contextlib.ExitStack() as stack:
            ways = [stack.enter_context(deciding.native(port))]
            ways += [stack.enter_context(deciding.decided(port, name, way=way)) for name, way in WAYS.items()]
            exchanges = tuple(each for size in SIZES for each in costs(ways, size, effort))
    embedded_p50_ms, embedded_p99_ms = embedded.choice_ms()
    return Deciding(
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        load=before,
        product=found,
        exchanges=exchanges,
        worker_mib=worker_mib,
        worker_with_model_mib=with_model_mib,
        embedded_p50_ms=embedded_p50_ms,
        embedded_p99_ms=embedded_p99_ms,
    )


@contextlib.contextmanager
def _provider(directory: Path) -> Iterator[int]:
    port = free_port()
    with envoy(directory, "deciding-provider", envoys.provider(port), port, LOAD_CPUS):
        yield port


def costs(ways: Sequence[Way], size: int, effort: Effort) -> list[Cost]:
    """The first way is what the others are compared with."""
    share = max(1, min(20, size // (20 * KB)))
    _warm_up(ways, size)
    alone, loaded = max(CHUNK, effort.alone // share), max(100, effort.loaded // share)
    rounds = []
    for number in range(effort.rounds):
        print(f"deciding, {size} bytes, round {number + 1} of {effort.rounds}", file=sys.stderr)
        rounds.append(_Round.take(ways, size, alone, loaded, effort.connections))
    return [_cost(way, ways[0], size, rounds) for way in ways]


def _warm_up(ways: Sequence[Way], size: int) -> None:
    for way in ways:
        connection = load.Connection(way.port)
        for _ in range(CHUNK * 2):
            connection.ask(way.payload(size))
        connection.close()


@dataclass(frozen=True, slots=True)
class _Round:
    """By a way's name: seconds of requests one at a time; CPU seconds of sidecar and Envoy for one request."""

    took: dict[str, list[float]]
    sidecar_cpu_s: dict[str, float]
    envoy_cpu_s: dict[str, float]

    @staticmethod
    def take(ways: Sequence[Way], size: int, alone: int, loaded: int, connections: int) -> _Round:
        took = _alone(ways, size, alone)
        sidecar: dict[str, float] = {}
        envoys_cpu: dict[str, float] = {}
        for way in ways:
            before = cpu_s(way.envoy_pid), cpu_s(way.sidecar_pid)
            load.saturate(way.port, way.payload(size), requests=loaded, connections=connections)
            envoys_cpu[way.name] = (cpu_s(way.envoy_pid) - before[0]) / loaded
            if way.asked:
                sidecar[way.name] = (cpu_s(way.sidecar_pid) - before[1]) / loaded
        return _Round(took, sidecar, envoys_cpu)


def _alone(ways: Sequence[Way], size: int, asks: int) -> dict[str, list[float]]:
    """A few on one way, a few on the next, so that a slow moment of the machine falls on all of them."""
    open_ways = [(way.name, load.Connection(way.port), way.payload(size)) for way in ways]
    took: dict[str, list[float]] = {way.name: [] for way in ways}
    while min(len(seconds) for seconds in took.values()) < asks:
        for name, connection, payload in open_ways:
            connection.ask(payload)
            took[name] += [connection.ask(payload) for _ in range(CHUNK)]
    for _, connection, _ in open_ways:
        connection.close()
    return took


def _cost(way: Way, native: Way, size: int, rounds: Sequence[_Round]) -> Cost:
    p50 = [(quantile(r.took[way.name], 0.5), quantile(r.took[native.name], 0.5)) for r in rounds]
    p99 = [(quantile(r.took[way.name], 0.99), quantile(r.took[native.name], 0.99)) for r in rounds]
    return Cost(
        name=way.name,
        body_bytes=size,
        p50_ms=spread([own for own, _ in p50]),
        p99_ms=spread([own for own, _ in p99]),
        added_p50_ms=spread([own - base for own, base in p50]),
        added_p99_ms=spread([own - base for own, base in p99]),
        per_sidecar_cpu_s=spread([1 / r.sidecar_cpu_s[way.name] for r in rounds]) if way.asked else None,
        per_envoy_cpu_s=spread([1 / r.envoy_cpu_s[way.name] for r in rounds]),
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m e2e.bench.exchange")
    parser.add_argument("--quick", action="store_true", help="fewer rounds; too noisy to publish")
    options = parser.parse_args()
    from e2e.bench.report_deciding import tables

    with tempfile.TemporaryDirectory(prefix="plano-bench-") as name:
        os.sched_setaffinity(0, LOAD_CPUS)
        print("\n".join(tables(measure(Path(name), QUICK if options.quick else FULL))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
