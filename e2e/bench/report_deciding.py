"""The tables about decisions, for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Sequence

from e2e.bench.exchange import KB, PRODUCT, Cost, Deciding
from e2e.bench.measure import Spread
from e2e.bench.report_table import Target, spread_text, table

_HEAD = ["way", "body", "p50", "added p50", "added p99", "decisions per CPU-second of the sidecar", "of Envoy"]


def targets(found: Deciding) -> list[Target]:
    """The goals of a decision that asks no router, with a body of 1 KB."""
    small = next(cost for cost in found.product if cost.name == PRODUCT and cost.body_bytes == KB)
    p50, p99 = small.added_p50_ms.median, small.added_p99_ms.median
    assert small.per_sidecar_cpu_s is not None
    speed = small.per_sidecar_cpu_s.median
    plain, model, choice = found.worker_mib, found.worker_with_model_mib, found.embedded_p50_ms
    return [
        Target("a decision without a router, p50 added to the native path, ms", "at most 0.8", p50, p50 <= 0.8),
        Target("the same, p99 added", "at most 2", p99, p99 <= 2),
        Target("decisions per CPU-second of the sidecar", "at least 1500", speed, speed >= 1500),
        Target("memory of a worker without the embedded model, MiB", "under 120", plain, plain < 120),
        Target("memory of a worker with the embedded model, MiB", "under 250", model, model < 250),
        Target("a choice of the embedded router, p50, ms", "at most 10", choice, choice <= 10),
    ]


def tables(found: Deciding) -> list[str]:
    averages = ", ".join(f"{average:.1f}" for average in found.load)
    return [
        f"{found.date}; load averages of the machine before: {averages}. Cores are shared; trust the ratios.\n",
        "A request that names a model against one whose model the sidecar decides. *Added* is the difference to the",
        "native path in the same round.\n",
        *_costs(found.product),
        "\nThe exchange alone: ways of bringing the body to a sidecar that decides nothing.\n",
        *_costs(found.exchanges),
        "\nMemory and the embedded router.\n",
        *table(
            ["what", "measured"],
            [
                ["a worker without the embedded model, MiB", f"{found.worker_mib:.0f}"],
                ["a worker with it, MiB", f"{found.worker_with_model_mib:.0f}"],
                ["one choice among ten options by a message of 30 tokens, p50, ms", f"{found.embedded_p50_ms:.2f}"],
                ["the same, p99, ms", f"{found.embedded_p99_ms:.2f}"],
            ],
        ),
    ]


def method() -> str:
    return """\
- Decisions: Envoy runs on the first core; the sidecar, one worker, shares the others with load and provider, which wait
  while it works where one request is asked at a time. Both write their logs. The decided path is a listener with two
  routing preferences and a conversation that one of them was chosen for before: the body is read, the conversation
  looked up and written, attempts ranked, a line logged; no router is asked. Rounds interleave all ways; the run fails
  where a request was not decided. The exchanges differ in nothing but how the body travels and who speaks gRPC; their
  sidecar answers a fixed key. `python -m e2e.bench --deciding` measures decisions only."""


def _costs(found: Sequence[Cost]) -> list[str]:
    body = [
        [
            cost.name,
            f"{cost.body_bytes // KB} KB",
            spread_text(cost.p50_ms, 3),
            spread_text(cost.added_p50_ms, 3),
            spread_text(cost.added_p99_ms, 3),
            _or_none(cost.per_sidecar_cpu_s),
            spread_text(cost.per_envoy_cpu_s, 0),
        ]
        for cost in found
    ]
    return table(_HEAD, body)


def _or_none(spread: Spread | None) -> str:
    return "-" if spread is None else spread_text(spread, 0)
