"""A checkpoint into the files that ship: `python -m router_model.training.pack PRETRAINED_FOLDER CHECKPOINT OUT`.

The shipped weights lie between the pretrained and the fine-tuned ones. The mean of both keeps most of what training
brought for routes like the trained ones and does better than either on routes neither has seen.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer

from router_model.embedded.encoder import MAX_TOKENS, Vector
from router_model.training.bert import Bert, read_pretrained, write_int8

SHARE = 0.6
"""How much of the way from the pretrained to the fine-tuned weights is gone."""


class TorchEncoder:
    """The encoder before it is made int8; remembers what it has encoded."""

    size = 384

    def __init__(self, pretrained: Path, model: Bert) -> None:
        self._model = model.eval()
        self._tokenizer = Tokenizer.from_file(str(pretrained / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._known: dict[str, Vector] = {}

    @torch.no_grad()
    def encode(self, text: str) -> Vector:
        if text not in self._known:
            ids = torch.tensor([self._tokenizer.encode(text).ids])
            self._known[text] = self._model.embed(ids, torch.ones_like(ids))[0].numpy()
        return self._known[text]


def read_blended(pretrained: Path, checkpoint: Path, share: float) -> Bert:
    """`share` of the fine-tuned weights, the rest of the pretrained ones."""
    model = read_pretrained(pretrained / "model.safetensors")
    before, after = model.state_dict(), torch.load(checkpoint)
    model.load_state_dict({name: (1 - share) * tensor + share * after[name] for name, tensor in before.items()})
    return model


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the weights of the embedded router.")
    parser.add_argument("pretrained", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=SHARE)
    options = parser.parse_args(arguments)
    write_int8(read_blended(options.pretrained, options.checkpoint, options.share), options.out / "encoder.onnx")
    shutil.copy(options.pretrained / "tokenizer.json", options.out / "tokenizer.json")


if __name__ == "__main__":
    main()
