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
BACKGROUND = 0.1
"""How near an unrelated option is to a text: the second one where there is only one."""
FEATURES = ("best", "margin", "lead", "many", "examples", "words", "bias")
MOST = 75
"""The constants were learned among at most so many options; more count as these, since nothing is known beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`weights` has a number for each of FEATURES; `temperature` sharpens similarities into shares.

    `threshold` is the probability that any option fits from which on one is chosen; `phrase_share` and `example_share`
    say how much the best phrase of a long description and the examples count beside the whole description. `asked`: the
    threshold somebody wants instead.
    """

    weights: tuple[float, ...]
    temperature: float
    threshold: float
    phrase_share: float
    example_share: float
    asked: float | None = None

    @property
    def limit(self) -> float:
        """The probability that something fits from which on the likeliest option is chosen."""
        return self.threshold if self.asked is None else self.asked

    def fits(self, probabilities: Numbers) -> bool:
        """Whether any option is asked for: like options share a request between them, and it fits all the same."""
        return min(1.0, float(probabilities.sum())) >= self.limit

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

    def _wanted(self, values: Numbers) -> float:
        """The probability that any of the options is asked for."""
        return float(1 / (1 + np.exp(-np.dot(values, self.weights))))

    def probabilities(self, similarities: Numbers, *, examples: float, words: int) -> Numbers:
        """For each option the probability that it is the one asked for; what is missing to 1 is "none". `examples`: the
        share of options that have some."""
        return self.probabilities_of(similarities, features(similarities, examples=examples, words=words))

    def probabilities_of(self, similarities: Numbers, values: Numbers) -> Numbers:
        """The same where the FEATURES are known already."""
        spread = np.exp((similarities - similarities.max()) / self.temperature)
        shares: Numbers = spread / spread.sum()
        return shares * self._wanted(values)


def features(similarities: Numbers, *, examples: float, words: int) -> Numbers:
    """A number for each of FEATURES: the best, how far the second and the mean lie behind, how many there are."""
    best, *others = sorted(similarities.tolist(), reverse=True)
    rest = others or [BACKGROUND]
    second, mean = rest[0], float(np.mean(rest))
    many = float(np.log(min(1 + len(rest), MOST)))
    return np.array([best, best - second, best - mean, many, examples, min(words, 40) / 20, 1.0])


def read_judgement(path: Path) -> Judgement:
    """The constants as `router_model.training` writes them."""
    constants = json.loads(path.read_text(encoding="utf-8"))
    return Judgement(**{**constants, "weights": tuple(constants["weights"])})
