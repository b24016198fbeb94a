"""python -m e2e.bench [--quick] [--no-litellm] [--deciding] [--output DIR]

Runs the benchmark; writes benchmarks.md and benchmarks.json, and their figures into ARCHITECTURE.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from e2e.bench import compiling, exchange, gateways, measure, report, report_architecture
from e2e.bench.process import LOAD_CPUS

FULL = measure.Effort(rounds=5, alone=600, loaded=10000, streams=100)
QUICK = measure.Effort(rounds=3, alone=200, loaded=3000, streams=25)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m e2e.bench")
    parser.add_argument("--quick", action="store_true", help="a minute instead of several; too noisy to publish")
    parser.add_argument("--no-litellm", action="store_true", help="leave LiteLLM out (it needs the package index once)")
    parser.add_argument("--deciding", action="store_true", help="only the figures about decisions; the others stay")
    parser.add_argument("--output", type=Path, default=Path("docs"), help="directory of the two files (default: docs)")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    if options.deciding:
        written = json.loads((options.output / "benchmarks.json").read_text())
        found = report.with_deciding(written, decided(effort))
    else:
        found = run(effort, litellm=not options.no_litellm)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "benchmarks.json").write_text(json.dumps(report.as_json(found), indent=1) + "\n")
    (options.output / "benchmarks.md").write_text(report.as_markdown(found))
    if options.output == Path("docs"):
        report_architecture.write()
    print(report.as_markdown(found))
    return 0


def run(effort: measure.Effort, *, litellm: bool) -> report.Report:
    with tempfile.TemporaryDirectory(prefix="plano-bench-") as name:
        directory = Path(name)
        print("compiling", file=sys.stderr)
        compile_s, help_s = compiling.compile_s(directory, runs=3), compiling.help_s()
        with gateways.rows(directory, litellm=litellm) as rows:
            os.sched_setaffinity(0, LOAD_CPUS)
            results = measure.measure(rows, effort)
    deciding = decided(effort)
    return report.Report(
        machine=report.machine(),
        versions=report.versions(),
        effort=effort,
        rows=results,
        deciding=deciding,
        compile_s=compile_s,
        help_s=help_s,
        targets=report.targets(results, help_s, deciding),
    )


def decided(effort: measure.Effort) -> exchange.Deciding:
    with tempfile.TemporaryDirectory(prefix="plano-bench-") as name:
        os.sched_setaffinity(0, LOAD_CPUS)
        return exchange.measure(Path(name), exchange.QUICK if effort is QUICK else exchange.FULL)


if __name__ == "__main__":
    sys.exit(main())
