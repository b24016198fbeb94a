"""Rows of numbers into one page for people and one file for programs. Pure text, no clocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from router_model.evaluate.datasets import DATA
from router_model.evaluate.metrics import Interval
from router_model.evaluate.runs import SEED, Row
from router_model.evaluate.timing import Timing


@dataclass(frozen=True, slots=True)
class Findings:
    """All a report says. `unseen` are rows of encoders trained on less, see `router_model.training.generalise`."""

    router: str
    rows: Sequence[Row]
    unseen: Sequence[Row]
    timing: Timing
    hashes: Mapping[str, str]


def write_page(findings: Findings) -> str:
    """Markdown."""
    method = (DATA / "method.md").read_text(encoding="utf-8").replace("SEED", str(SEED))
    parts = [method, f"## Results\n\nRouter: `{findings.router}`.\n", *_tables(findings.rows)]
    if findings.unseen:
        parts += [
            "## Routes never seen in training\n",
            "Encoders trained by the same recipe on less, asked about what was left out; see the task's name. Their "
            "judgement is the shipped one, fitted on validation utterances of those very intents.\n",
            *_tables(findings.unseen),
        ]
    return "\n".join([*parts, _timing(findings.timing), _hashes(findings.hashes)])


def write_numbers(findings: Findings) -> str:
    """JSON: the same content."""
    return json.dumps(asdict(findings), indent=1) + "\n"


def _tables(rows: Sequence[Row]) -> Iterable[str]:
    """One table for each run of tasks with equal metrics."""
    kinds = dict.fromkeys(tuple(row.values) for row in rows)
    for labels in kinds:
        head = ["task", "router", "requests", *labels]
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += [_line(row, labels) for row in rows if tuple(row.values) == labels]
        yield "\n".join(lines) + "\n"


def _line(row: Row, labels: Sequence[str]) -> str:
    return "| " + " | ".join([row.task, row.contender, str(row.cases), *(_value(row.values[x]) for x in labels)]) + " |"


def _value(found: Interval) -> str:
    return f"{found.value * 100:.1f} [{found.low * 100:.1f}, {found.high * 100:.1f}]"


def _timing(timing: Timing) -> str:
    return (
        "## Cost\n\n"
        "A decision about a message of 30 tokens among 10 options whose vectors are known, one thread, "
        f"{timing.runs} runs on the machine of this report: p50 {timing.p50_ms:.1f} ms, p99 {timing.p99_ms:.1f} ms by "
        f"the clock, and {timing.cpu_p50_ms:.1f} ms of CPU time (p50). Loading the router and deciding adds "
        f"{timing.memory_mb:.0f} MB to the process.\n"
    )


def _hashes(hashes: Mapping[str, str]) -> str:
    lines = [f"| `{name}` | `{digest}` |" for name, digest in hashes.items()]
    return "\n".join(["## Data (SHA-256, uncompressed)\n", "| file | hash |", "|---|---|", *lines]) + "\n"
