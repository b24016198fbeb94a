"""Asks encoders about routes that their training left out: `python -m router_model.training.generalise FOLDER`.

`FOLDER` has weights as `pack` writes them, of an encoder trained with `--groups first-half`. The rows go, one JSON
object a line, to `data/generalisation.txt`, which the report of `router_model.evaluate` takes up.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from router_model.embedded.choosing import Chooser
from router_model.embedded.encoder import OnnxEncoder
from router_model.embedded.judgement import read_judgement
from router_model.embedded.options import OptionCache
from router_model.evaluate.__main__ import UNSEEN, find_baseline
from router_model.evaluate.contenders import Contender, PlainCosine, Remembering, Shipped
from router_model.evaluate.datasets import read_clinc
from router_model.evaluate.episodes import draw_joined, draw_single, read_agents
from router_model.evaluate.runs import OUTSIDE, SEED, SEVERAL, Task, run
from router_model.training.corpus import half_of_clinc

LABEL = "75 intents of CLINC150 left out of training"


def unseen_tasks() -> list[Task]:
    """Test utterances of the intents the first half lacks, and the conversations with agents."""
    clinc, half = read_clinc(), half_of_clinc(1)
    found = [
        Task(f"{LABEL}, K={size}", tuple(draw_single(clinc, size, seed=SEED, intents=half)), OUTSIDE)
        for size in (10, 20, 75)
    ]
    examples = tuple(draw_single(clinc, 75, seed=SEED, intents=half, examples=5))
    found.append(Task(f"{LABEL}, K=75, five examples a route", examples, OUTSIDE))
    joined = tuple(draw_joined(clinc, 10, seed=SEED, intents=half))
    found.append(Task(f"{LABEL}, K=10, two requests joined", joined, SEVERAL))
    found.append(Task("agents.txt, no authored set in training", tuple(read_agents().values()), SEVERAL))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure an encoder on routes it has not been trained on.")
    parser.add_argument("weights", type=Path)
    options = parser.parse_args()
    encoder = Remembering(OnnxEncoder(options.weights))
    judgement = read_judgement(options.weights / "judgement.json")
    asked: dict[str, Contender] = {
        "embedded, trained on less": Shipped(Chooser(encoder, OptionCache(encoder), judgement))
    }
    if graph := find_baseline():
        asked["pretrained, plain cosine"] = PlainCosine(Remembering(OnnxEncoder(graph=graph)))
    rows = run(asked, unseen_tasks())
    UNSEEN.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
