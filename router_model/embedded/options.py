"""An option into the vectors it is compared by. They depend on its words alone, so they are kept, by content."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np

from router_model.choice import Option
from router_model.embedded.encoder import Encoder, Vector
from router_model.embedded.texts import clip, quoted_requests, readable_name, split_description, squeeze

EXAMPLES = 32
CACHED_OPTIONS = 4096


@dataclass(frozen=True, slots=True)
class OptionVectors:
    """`whole` stands for all an option says; `phrases` and `examples` have a row for each, possibly none."""

    whole: Vector
    phrases: Vector
    examples: Vector


class OptionCache:
    """The vectors of the options seen last. Safe for several threads; computing twice is harmless."""

    def __init__(self, encoder: Encoder, limit: int = CACHED_OPTIONS) -> None:
        self._encoder = encoder
        self._limit = limit
        self._kept: OrderedDict[Option, OptionVectors] = OrderedDict()
        self._lock = Lock()

    def vectors(self, option: Option) -> OptionVectors:
        with self._lock:
            if (kept := self._kept.get(option)) is not None:
                self._kept.move_to_end(option)
                return kept
        computed = build_vectors(self._encoder, option)
        with self._lock:
            self._kept[option] = computed
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return computed


def build_vectors(encoder: Encoder, option: Option) -> OptionVectors:
    """Encoder runs: two for a short description, one more for every sentence or bullet point of a long one."""
    name, phrases = readable_name(option.name), split_description(option.description)
    text = squeeze("; ".join(phrases) if len(phrases) > 1 else clip(option.description))
    whole = [f"{name}: {text}", text] if text else [name]
    views = (*phrases, *quoted_requests(option.description)) if len(phrases) > 1 else ()
    return OptionVectors(
        whole=mean_vector(encode_all(encoder, whole)),
        phrases=encode_all(encoder, views),
        examples=encode_all(encoder, [squeeze(clip(example)) for example in option.examples[:EXAMPLES]]),
    )


def encode_all(encoder: Encoder, texts: list[str] | tuple[str, ...]) -> Vector:
    """A row for each text."""
    if not texts:
        return np.zeros((0, encoder.size), dtype=np.float32)
    return np.stack([encoder.encode(text) for text in texts])


def mean_vector(rows: Vector) -> Vector:
    """The direction in the middle of the rows, length one."""
    mean = rows.mean(axis=0)
    vector: Vector = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return vector
