"""From similarities to probabilities: which option a text asks for, and whether it asks for any.

The constants were learned on training and validation data (see `router_model.training`); they are read from a file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from router_model.embedded.encoder import Vector
from router_model.embedded.options import OptionVectors

Numbers = NDArray[np.float64]
MANY = 20
BACKGROUND = 0.1
"""How near an unrelated option is to a text: the second one where there is only one."""
FEATURES = ("best", "margin", "lead", "many", "examples", "words", "bias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`weights` has a number for each of FEATURES; `temperature` sharpens similarities into shares.

    `threshold` is the probability an option must reach to be chosen among few; `phrase_share` and `example_share` say
    how much the best phrase of a long description and the examples count beside the whole description. `asked`: the
    threshold somebody wants instead, whatever the number of options.
    """

    weights: tuple[float, ...]
    temperature: float
    threshold: float
    phrase_share: float
    example_share: float
    asked: float | None = None

    def threshold_for(self, options: int) -> float:
        """What an option must reach among so many: above MANY similar ones share what one alone would get."""
        if self.asked is not None:
            return self.asked
        return round(self.threshold - 0.1 * max(0.0, float(np.log(max(options, 1) / MANY))), 3)

    def similarities(self, text: Vector, options: Sequence[OptionVectors]) -> Numbers:
        """How near the text is to each option, about -1..1."""
        near: Numbers = (np.stack([option.whole for option in options]) @ text).astype(np.float64)
        for position, option in enumerate(options):
            if len(option.phrases):
                near[position] += self.phrase_share * (float((option.phrases @ text).max()) - near[position])
            if len(option.examples):
                rows = option.examples @ text
                middle = float(rows.sum()) / float(np.linalg.norm(option.examples.sum(axis=0)))
                near[position] += self.example_share * ((middle + float(rows.max())) / 2 - near[position])
        return near

    def wanted(self, similarities: Numbers, *, examples: float, words: int) -> float:
        """The probability that any of the options is asked for. `examples`: the share of options that have some."""
        values = features(similarities, examples=examples, words=words)
        return float(1 / (1 + np.exp(-np.dot(values, self.weights))))

    def probabilities(self, similarities: Numbers, *, examples: float, words: int) -> Numbers:
        """For each option the probability that it is the one asked for; what is missing to 1 is "none"."""
        spread = np.exp((similarities - similarities.max()) / self.temperature)
        shares: Numbers = spread / spread.sum()
        return shares * self.wanted(similarities, examples=examples, words=words)


def features(similarities: Numbers, *, examples: float, words: int) -> Numbers:
    """A number for each of FEATURES: the best, how far the second and the mean lie behind, how many there are."""
    best, *others = sorted(similarities.tolist(), reverse=True)
    rest = others or [BACKGROUND]
    second, mean = rest[0], float(np.mean(rest))
    many = float(np.log(1 + len(rest)))
    return np.array([best, best - second, best - mean, many, examples, min(words, 40) / 20, 1.0])


def read_judgement(path: Path) -> Judgement:
    """The constants as `router_model.training` writes them."""
    constants = json.loads(path.read_text(encoding="utf-8"))
    return Judgement(**{**constants, "weights": tuple(constants["weights"])})
