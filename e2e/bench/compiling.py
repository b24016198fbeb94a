"""How long the control plane takes: `render` for 5, 50 and 500 providers, and `--help`, as whole programs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SIZES = (5, 50, 500)


def many_providers(count: int) -> str:
    """A configuration of `count` accounts at as many addresses, each with its own key."""
    lines = ["version: v0.4.0", "listeners:", "  - {type: model, name: bench, port: 12000}", "model_providers:"]
    for number in range(count):
        lines += [
            f"  - model: openai/model-{number}",
            f"    base_url: https://provider-{number}.example.com",
            f"    access_key: $BENCH_KEY_{number}",
        ]
    return "\n".join([*lines, "    default: true", ""])


def compile_s(directory: Path, runs: int) -> dict[int, float]:
    """Median wall seconds of `plano-cp render` (validation by Envoy included) for each size."""
    found = {}
    for count in SIZES:
        file = directory / f"providers-{count}.yaml"
        file.write_text(many_providers(count))
        keys = {f"BENCH_KEY_{number}": "sk-bench" for number in range(count)}
        found[count] = _wall_s(["render", str(file)], keys, runs)
    return found


def help_s(runs: int = 10) -> float:
    return _wall_s(["--help"], {}, runs)


def _wall_s(arguments: list[str], environ: dict[str, str], runs: int) -> float:
    """Median wall seconds of plano-cp with these arguments; the first run, which fills caches, does not count."""
    program = str(Path(sys.executable).with_name("plano-cp"))
    took = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        done = subprocess.run([program, *arguments], capture_output=True, env={**os.environ, **environ})
        took.append(time.perf_counter() - begin)
        if done.returncode:
            raise RuntimeError(f"plano-cp {' '.join(arguments)}: {done.stderr.decode(errors='replace')[-2000:]}")
    return statistics.median(took[1:])
