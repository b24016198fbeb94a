"""A BERT encoder in torch, and its way to an int8 ONNX file. Reads the published weights of all-MiniLM-L6-v2."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

HEADS = 12


class Layer(nn.Module):
    """One transformer layer, normalised after each half as in BERT."""

    def __init__(self, size: int, inner: int) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(size, size) for _ in range(4))
        self.norm_attention, self.norm = (nn.LayerNorm(size, eps=1e-12) for _ in range(2))
        self.widen, self.narrow = nn.Linear(size, inner), nn.Linear(inner, size)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        rows, length, size = x.shape
        q, k, v = (
            part(x).view(rows, length, HEADS, size // HEADS).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        weights = (q @ k.transpose(-1, -2) / math.sqrt(size // HEADS) + bias).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(rows, length, size)
        x = self.norm_attention(x + self.out(mixed))
        normed: Tensor = self.norm(x + self.narrow(F.gelu(self.widen(x))))
        return normed


class Bert(nn.Module):
    """Token numbers in, token vectors out."""

    def __init__(self, layers: int = 6, size: int = 384, inner: int = 1536, words: int = 30522) -> None:
        super().__init__()
        self.words, self.places, self.kinds = (nn.Embedding(n, size) for n in (words, 512, 2))
        self.norm = nn.LayerNorm(size, eps=1e-12)
        self.layers = nn.ModuleList(Layer(size, inner) for _ in range(layers))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.norm(self.words(input_ids) + self.places(places) + self.kinds.weight[0])
        bias = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def embed(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Vectors of length one: the mean over the real tokens."""
        mask = attention_mask[:, :, None].to(torch.float32)
        return F.normalize((self(input_ids, attention_mask) * mask).sum(1) / mask.sum(1), dim=-1)


_PLACES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "out",
    "attention.output.LayerNorm": "norm_attention",
    "intermediate.dense": "widen",
    "output.dense": "narrow",
    "output.LayerNorm": "norm",
}


def read_pretrained(path: Path) -> Bert:
    """The model of a safetensors file with Hugging Face's names."""
    tensors = load_file(str(path))
    state = {
        "words.weight": tensors["embeddings.word_embeddings.weight"],
        "places.weight": tensors["embeddings.position_embeddings.weight"],
        "kinds.weight": tensors["embeddings.token_type_embeddings.weight"],
        "norm.weight": tensors["embeddings.LayerNorm.weight"],
        "norm.bias": tensors["embeddings.LayerNorm.bias"],
    }
    for name, tensor in tensors.items():
        if name.startswith("encoder.layer."):
            number, _, rest = name.removeprefix("encoder.layer.").partition(".")
            place, _, kind = rest.rpartition(".")
            state[f"layers.{number}.{_PLACES[place]}.{kind}"] = tensor
    model = Bert()
    model.load_state_dict(state)
    return model


def write_int8(model: Bert, path: Path) -> None:
    """The model as an ONNX graph whose weights are eight bits and whose activations are scaled as they come.

    Unsigned weights: with signed ones AVX2 adds products in 16 bits and saturates.
    """
    model.eval()
    plain = path.with_suffix(".fp32.onnx")
    ids = torch.ones(1, 8, dtype=torch.int64)
    torch.onnx.export(
        model,
        (ids, ids),
        str(plain),
        input_names=["input_ids", "attention_mask"],
        output_names=["hidden"],
        dynamic_axes={name: {0: "rows", 1: "tokens"} for name in ("input_ids", "attention_mask", "hidden")},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(str(plain), str(path), weight_type=QuantType.QUInt8, per_channel=True)
    plain.unlink()
