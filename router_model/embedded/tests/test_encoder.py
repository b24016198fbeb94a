"""What a broken installation is told."""

from __future__ import annotations

import shutil

import pytest

from router_model.embedded.encoder import WEIGHTS, OnnxEncoder


def test_files_that_are_not_there_are_named(tmp_path):
    with pytest.raises(OSError, match=r"tokenizer\.json: .* install the package anew"):
        OnnxEncoder(tmp_path)
    shutil.copy(WEIGHTS / "tokenizer.json", tmp_path)
    with pytest.raises(OSError, match=r"encoder\.onnx: .* install the package anew"):
        OnnxEncoder(tmp_path)


def test_a_broken_file_is_named(tmp_path):
    shutil.copy(WEIGHTS / "tokenizer.json", tmp_path)
    (tmp_path / "encoder.onnx").write_bytes(b"not a graph")
    with pytest.raises(OSError, match=r"encoder\.onnx: "):
        OnnxEncoder(tmp_path)
