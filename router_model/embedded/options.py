"""An option into the vectors it is compared by. They depend on its words alone, so they are kept, by content.

Requests may bring options of their own: of those nothing but vectors is kept, and no more of these than a fixed number.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np

from router_model.choice import Option
from router_model.digests import digest
from router_model.embedded.encoder import Encoder, Vector
from router_model.embedded.texts import clip, quoted_requests, readable_name, split_description, squeeze

EXAMPLES = 50
CACHED_ROWS = 20_000
"""Of all options together; an option of a sentence has one, a long one 80. With 384 numbers each, 30 MB."""


@dataclass(frozen=True, slots=True)
class OptionVectors:
    """`whole` stands for all an option says; `phrases` and `examples` have a row for each, possibly none."""

    whole: Vector
    phrases: Vector
    examples: Vector

    @property
    def rows(self) -> int:
        return 1 + len(self.phrases) + len(self.examples)


def _go_on() -> None:
    pass


class OptionCache:
    """The vectors of the options seen last, and for good of those that were `pin`ned. Safe for several threads;
    computing twice is harmless."""

    def __init__(self, encoder: Encoder, limit_rows: int = CACHED_ROWS) -> None:
        self._encoder = encoder
        self._limit_rows = limit_rows
        self._kept: OrderedDict[bytes, OptionVectors] = OrderedDict()
        self._pinned: dict[bytes, OptionVectors] = {}
        self._rows = 0
        self._lock = Lock()

    @property
    def rows(self) -> int:
        """How many are kept."""
        return self._rows

    def pin(self, option: Option) -> None:
        """Keep the vectors of this option whatever others come by."""
        computed = self.vectors(option)
        with self._lock:
            self._pinned[_key(option)] = computed

    def knows(self, option: Option) -> bool:
        """Whether the vectors are at hand, so that no encoder runs for them."""
        key = _key(option)
        with self._lock:
            return key in self._pinned or key in self._kept

    def vectors(self, option: Option, keep_going: Callable[[], None] = _go_on) -> OptionVectors:
        """`keep_going` is asked before every encoder run and may raise to stop."""
        key = _key(option)
        with self._lock:
            if (pinned := self._pinned.get(key)) is not None:
                return pinned
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        computed = build_vectors(self._encoder, option, keep_going)
        with self._lock:
            self._keep(key, computed)
        return computed

    def _keep(self, key: bytes, computed: OptionVectors) -> None:
        if key not in self._kept:
            self._rows += computed.rows
        self._kept[key] = computed
        while self._rows > self._limit_rows:
            _, oldest = self._kept.popitem(last=False)
            self._rows -= oldest.rows


def _key(option: Option) -> bytes:
    """What the vectors depend on, as a digest: texts of a client are not kept."""
    return digest((option.name, option.description, option.examples[:EXAMPLES]))


def build_vectors(encoder: Encoder, option: Option, keep_going: Callable[[], None] = _go_on) -> OptionVectors:
    """Encoder runs: two for a short description, one more for every sentence or bullet point of a long one."""
    name, phrases = readable_name(option.name), split_description(option.description)
    text = squeeze("; ".join(phrases) if len(phrases) > 1 else clip(option.description))
    whole = [f"{name}: {text}", text] if text else [name]
    views = (*phrases, *quoted_requests(option.description)) if len(phrases) > 1 else ()
    return OptionVectors(
        whole=mean_vector(encode_all(encoder, whole, keep_going)),
        phrases=encode_all(encoder, views, keep_going),
        examples=encode_all(encoder, [squeeze(clip(each)) for each in option.examples[:EXAMPLES]], keep_going),
    )


def encode_all(encoder: Encoder, texts: list[str] | tuple[str, ...], keep_going: Callable[[], None] = _go_on) -> Vector:
    """A row for each text."""
    if not texts:
        return np.zeros((0, encoder.size), dtype=np.float32)
    rows = []
    for text in texts:
        keep_going()
        rows.append(encoder.encode(text))
    return np.stack(rows)


def mean_vector(rows: Vector) -> Vector:
    """The direction in the middle of the rows, length one."""
    mean = rows.mean(axis=0)
    vector: Vector = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return vector
