"""Text in, a vector of length one out. The weights are files of this package; nothing here opens a connection.

Every text runs alone: the int8 graph picks its scales from the whole batch, so a batch would make a vector depend on
its neighbours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vector = NDArray[np.float32]
"""Shape (size,), or (rows, size) where the name is a plural."""

WEIGHTS = Path(__file__).parent / "weights"
MAX_TOKENS = 128


class Encoder(Protocol):
    """Anything that turns text into vectors of length one."""

    @property
    def size(self) -> int:
        """How many numbers a vector has."""
        ...

    def encode(self, text: str) -> Vector:
        """The vector of a text; what lies beyond the token limit has no influence."""
        ...


class OnnxEncoder:
    """A sentence encoder as an ONNX graph: tokens in, token vectors out, their mean is the text's vector.

    `folder` has `tokenizer.json` and, unless another `graph` is named, `encoder.onnx`. Raises OSError where they cannot
    be read.
    """

    def __init__(self, folder: Path = WEIGHTS, *, graph: Path | None = None) -> None:
        path = folder / "tokenizer.json"
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
            path = graph or folder / "encoder.onnx"
            self._session = onnxruntime.InferenceSession(str(path), _small_session())
        except Exception as error:  # both libraries raise all kinds, and none names the file
            raise OSError(
                f"{path}: the embedded router's model cannot be read; install the package anew ({error})"
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._inputs = {node.name for node in self._session.get_inputs()}
        self.size = int(self._session.get_outputs()[0].shape[-1])

    def encode(self, text: str) -> Vector:
        tokens = self._tokenizer.encode(text).ids
        ids = np.asarray([tokens], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self._session.run(None, {name: feed[name] for name in self._inputs})[:1]
        mean = hidden[0].mean(axis=0, dtype=np.float32)
        vector: Vector = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return vector


def _small_session() -> onnxruntime.SessionOptions:
    """One core, and memory for one copy of the weights: arenas and prepacked copies would double it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
