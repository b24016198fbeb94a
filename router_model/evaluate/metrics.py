"""Numbers about answers: accuracy, rejection, calibration, and how far chance could move them. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to a case. `best` is the first guess even where it abstained; `score` ranks its certainty."""

    wanted: tuple[str, ...]
    chosen: tuple[str, ...]
    best: str
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the 95 % bootstrap interval around it, as fractions."""

    value: float
    low: float
    high: float


Metric = Callable[[Sequence[Answer]], float]


def guess_accuracy(answers: Sequence[Answer]) -> float:
    """Of the requests that belong to a route: how often the first guess is right, abstaining aside."""
    return _mean([answer.best == answer.wanted[0] for answer in answers if answer.wanted])


def joint_accuracy(answers: Sequence[Answer]) -> float:
    """Right route for what belongs to one and none for what does not, by the contender's own abstention."""
    return _mean([answer.chosen == answer.wanted for answer in answers])


def best_joint_accuracy(answers: Sequence[Answer]) -> float:
    """The joint accuracy with the single threshold on `score` that is best for these very answers."""
    order = sorted(answers, key=lambda answer: -answer.score)
    gained = np.cumsum([(answer.wanted[:1] == (answer.best,)) - (not answer.wanted) for answer in order])
    none = sum(not answer.wanted for answer in answers)
    return float(none + max(0.0, float(gained.max()))) / len(answers)


def auroc(answers: Sequence[Answer]) -> float:
    """The chance that a request of some route has a higher score than one of none."""
    inside, outside = _scores(answers)
    ranked = np.concatenate([inside, outside])
    _, place, count = np.unique(ranked, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place][: len(inside)]
    return float((rank.sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside)))


def fpr95(answers: Sequence[Answer]) -> float:
    """How many requests of no route pass the threshold that 95 % of the others pass."""
    inside, outside = _scores(answers)
    return float((outside >= np.quantile(inside, 0.05)).mean())


def exact_set(answers: Sequence[Answer]) -> float:
    """All wanted routes and no other."""
    return _mean([set(answer.chosen) == set(answer.wanted) for answer in answers])


def exact_order(answers: Sequence[Answer]) -> float:
    """All wanted routes, no other, in the order they were asked for."""
    return joint_accuracy(answers)


def set_f1(answers: Sequence[Answer]) -> float:
    """Micro F1 over routes."""
    hits = sum(len(set(answer.chosen) & set(answer.wanted)) for answer in answers)
    return 2 * hits / max(1, sum(len(answer.chosen) + len(answer.wanted) for answer in answers))


def calibration_error(answers: Sequence[Answer], bins: int = 10) -> float:
    """Expected calibration error of `confidence` over equal bins, choosing and abstaining alike."""
    confidence = np.array([answer.confidence for answer in answers])
    right = np.array([answer.chosen == answer.wanted for answer in answers], dtype=np.float64)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (place == number).mean() * abs(confidence[place == number].mean() - right[place == number].mean())
        for number in range(bins)
        if (place == number).any()
    ]
    return float(sum(gaps))


def with_interval(metric: Metric, answers: Sequence[Answer], *, seed: int, rounds: int = 200) -> Interval:
    """The metric and its bootstrap interval."""
    random = np.random.default_rng(seed)
    drawn = [metric([answers[i] for i in random.integers(0, len(answers), len(answers))]) for _ in range(rounds)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(metric(answers), float(low), float(high))


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _scores(answers: Sequence[Answer]) -> tuple[Numbers, Numbers]:
    inside = np.array([answer.score for answer in answers if answer.wanted])
    outside = np.array([answer.score for answer in answers if not answer.wanted])
    return inside, outside
