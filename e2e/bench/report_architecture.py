"""What ARCHITECTURE.md says about the cost of decisions, written from docs/benchmarks.json, so that the two agree.

python -m e2e.bench.report_architecture writes it anew; `python -m e2e.bench` does so, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from e2e.bench.exchange import KB, PRODUCT, WAYS
from e2e.bench.report_table import table

BEGIN = "<!-- Figures of docs/benchmarks.json, by `python -m e2e.bench.report_architecture`. -->"
END = "<!-- End of the figures. -->"
FIGURES, PAGE = Path("docs/benchmarks.json"), Path("ARCHITECTURE.md")
_SIZES = (KB, 1000 * KB)


def rewritten(page: str, benchmarks: Mapping[str, Any]) -> str:
    """The page with these figures between the marks. Raises ValueError where the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the figures")
    return f"{before}{BEGIN}\n{_figures(benchmarks['deciding'])}\n{END}{after}"


def _figures(deciding: Mapping[str, Any]) -> str:
    by = {(each["name"], each["body_bytes"]): each for each in (*deciding["exchanges"], *deciding["product"])}
    rows = [[name, *_cells([by[way, size] for size in _SIZES])] for name, way in _ROWS.items()]
    head = ["exchange", "p50 added, ms: 1 KB", "1 MB", "exchanges per CPU-second of the sidecar: 1 KB", "1 MB"]
    load = ", ".join(f"{average:.1f}" for average in deciding["load"])
    where = f"{deciding['date']}, load averages {load} before; the first four decide nothing:"
    return "\n".join([where, "", *table(head, rows), ""])


_ROWS = {**{name: name for name in WAYS}, "a whole decision, our server": PRODUCT}


def _cells(costs: Sequence[Mapping[str, Any]]) -> list[str]:
    added = [f"{cost['added_p50_ms']['median']:.2f}" for cost in costs]
    return [*added, *(f"{cost['per_sidecar_cpu_s']['median']:,.0f}" for cost in costs)]


def write(folder: Path = Path()) -> None:
    page = folder / PAGE
    page.write_text(rewritten(page.read_text(), json.loads((folder / FIGURES).read_text())))


if __name__ == "__main__":
    write()
