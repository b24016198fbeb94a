"""Makes the weights that ship, from the pretrained ones: `python -m router_model.training PRETRAINED_FOLDER OUT`.

About 20 minutes on one CPU thread. The encoder that the judgement is learned with has seen half of CLINC150's routes
only; two more stages on everything make the encoder that ships.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from router_model.training import fit, pack, train

FIRST = ("--groups", "first-half", "--steps", "260")
SECOND = ("--groups", "all", "--steps", "90", "--rate", "8e-5", "--frozen-layers", "3", "--routes", "24")
THIRD = ("--groups", "all", "--steps", "50", "--rate", "1e-4", "--routes", "24", "--seed", "8")


def make(pretrained: Path, out: Path, work: Path) -> None:
    """Every stage, in order; checkpoints go to `work`."""
    first, second, third = (str(work / f"{name}.pt") for name in ("first", "second", "third"))
    source = str(pretrained)
    train.main([source, first, *FIRST])
    train.main([source, second, *SECOND, "--start", first])
    train.main([source, third, *THIRD, "--start", second])
    out.mkdir(parents=True, exist_ok=True)
    pack.main([source, third, str(out)])
    fit.main([source, first, str(out / "judgement.json")])


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the weights of the embedded router.")
    parser.add_argument("pretrained", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("out", type=Path, help="folder for encoder.onnx, tokenizer.json and judgement.json")
    parser.add_argument("--work", type=Path, help="keep the checkpoints here")
    options = parser.parse_args()
    with TemporaryDirectory() as passing:
        make(options.pretrained, options.out, options.work or Path(passing))


if __name__ == "__main__":
    main()
