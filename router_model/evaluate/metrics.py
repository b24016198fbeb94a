"""Numbers about answers: accuracy, rejection, calibration, and how far chance could move them. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

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
class Marks:
    """Answers as columns, one row each: what every metric needs to know of them, 0 or 1 where it is a yes or no."""

    inside: Numbers
    guessed: Numbers
    """The first guess is right (inside only)."""
    exact: Numbers
    """The wanted options in their order, or rightly none."""
    same_set: Numbers
    hits: Numbers
    named: Numbers
    """Options chosen and options wanted, added."""
    score: Numbers
    confidence: Numbers

    def __len__(self) -> int:
        return len(self.inside)

    def take(self, rows: NDArray[np.int64]) -> Marks:
        """Some of the rows, repeated where they are named twice."""
        return Marks(*(getattr(self, field.name)[rows] for field in fields(self)))


def mark(answers: Sequence[Answer]) -> Marks:
    """The columns of the answers."""
    rows = [
        (
            bool(a.wanted),
            a.wanted[:1] == (a.best,),
            a.chosen == a.wanted,
            set(a.chosen) == set(a.wanted),
            len(set(a.chosen) & set(a.wanted)),
            len(a.chosen) + len(a.wanted),
            a.score,
            a.confidence,
        )
        for a in answers
    ]
    return Marks(*np.array(rows, dtype=np.float64).T)


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the 95 % bootstrap interval around it, as fractions."""

    value: float
    low: float
    high: float


Metric = Callable[[Marks], float]


def guess_accuracy(marks: Marks) -> float:
    """Of the requests that belong to a route: how often the first guess is right, abstaining aside."""
    return float(marks.guessed.sum() / marks.inside.sum())


def joint_accuracy(marks: Marks) -> float:
    """Right route for what belongs to one and none for what does not, by the contender's own abstention."""
    return float(marks.exact.mean())


def best_joint_accuracy(marks: Marks) -> float:
    """The joint accuracy with the single threshold on `score` that is best for these very answers."""
    order = np.argsort(-marks.score, kind="stable")
    gained = np.cumsum(marks.guessed[order] - (1 - marks.inside[order]))
    return float((1 - marks.inside).sum() + max(0.0, gained.max())) / len(marks)


def auroc(marks: Marks) -> float:
    """The chance that a request of some route has a higher score than one of none."""
    inside, outside = _scores(marks)
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, "left") + np.searchsorted(ordered, inside, "right")
    return float(below.sum() / (2 * len(inside) * len(outside)))


def fpr95(marks: Marks) -> float:
    """How many requests of no route pass the threshold that 95 % of the others pass."""
    inside, outside = _scores(marks)
    return float((outside >= np.quantile(inside, 0.05)).mean())


def exact_set(marks: Marks) -> float:
    """All wanted routes and no other."""
    return float(marks.same_set.mean())


def set_f1(marks: Marks) -> float:
    """Micro F1 over routes."""
    return float(2 * marks.hits.sum() / max(1.0, marks.named.sum()))


def calibration_error(marks: Marks, bins: int = 10) -> float:
    """Expected calibration error of `confidence` over equal bins, choosing and abstaining alike."""
    place = np.minimum((marks.confidence * bins).astype(int), bins - 1)
    gap = np.bincount(place, marks.confidence, bins) - np.bincount(place, marks.exact, bins)
    return float(np.abs(gap).sum() / len(marks))


def with_interval(metric: Metric, marks: Marks, *, seed: int, rounds: int = 200) -> Interval:
    """The metric and its bootstrap interval over requests."""
    random = np.random.default_rng(seed)
    drawn = [metric(marks.take(random.integers(0, len(marks), len(marks)))) for _ in range(rounds)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(metric(marks), float(low), float(high))


def _scores(marks: Marks) -> tuple[Numbers, Numbers]:
    return marks.score[marks.inside > 0], marks.score[marks.inside < 1]
