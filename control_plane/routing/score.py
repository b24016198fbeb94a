"""How well the choices were those that were expected. In: cases with what was chosen. Out: figures; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from control_plane.routing.cases import NONE, Case

NO_ANSWER = "(no answer)"
"""The router failed or was late: that is never what was expected, not even for none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`chosen` empty: none fits. `answered` False: the router gave no answer."""

    case: Case
    chosen: tuple[str, ...]
    answered: bool
    why: str
    confidence: float | None

    @property
    def passed(self) -> bool:
        if not self.answered:
            return False
        if self.case.listener.ordered:
            return self.chosen == self.case.expected
        return set(self.chosen) == set(self.case.expected)


@dataclass(frozen=True, slots=True)
class RouteScore:
    """One name, or none. `expected` and `chosen` count cases, `right` those with both; a part of nothing is None."""

    name: str
    expected: int
    chosen: int
    right: int

    @property
    def precision(self) -> float | None:
        return self.right / self.chosen if self.chosen else None

    @property
    def recall(self) -> float | None:
        return self.right / self.expected if self.expected else None

    @property
    def f1(self) -> float | None:
        both = self.expected + self.chosen
        return 2 * self.right / both if both else None


@dataclass(frozen=True, slots=True)
class Score:
    """`confusion`: (expected, chosen) -> cases, lists of names as one label."""

    outcomes: tuple[Outcome, ...]
    routes: tuple[RouteScore, ...]
    confusion: tuple[tuple[tuple[str, str], int], ...]

    @property
    def failing(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def accuracy(self) -> float:
        return 1 - len(self.failing) / len(self.outcomes)

    def reaches(self, bar: float) -> bool:
        """Whole cases are compared: no fraction gets in the way of 0.9 of ten."""
        return len(self.outcomes) - len(self.failing) >= bar * len(self.outcomes) - 1e-9


def score(outcomes: Sequence[Outcome]) -> Score:
    """The figures of at least one case; names of several listeners are told apart by the listener's."""
    assert outcomes, "a file of cases has cases"
    several = len({outcome.case.listener.listener for outcome in outcomes}) > 1
    expected = [_labels(outcome.case, outcome.case.expected, several) for outcome in outcomes]
    chosen = [
        _labels(outcome.case, outcome.chosen, several) if outcome.answered else (NO_ANSWER,) for outcome in outcomes
    ]
    confusion = Counter(zip(map(", ".join, expected), map(", ".join, chosen), strict=True))
    return Score(
        tuple(outcomes),
        tuple(_route(name, expected, chosen) for name in _names(outcomes, several)),
        tuple(sorted(confusion.items())),
    )


def _labels(case: Case, names: tuple[str, ...], several: bool) -> tuple[str, ...]:
    if not names:
        return (NONE,)
    return tuple(f"{case.listener.listener}/{name}" if several else name for name in names)


def _names(outcomes: Sequence[Outcome], several: bool) -> list[str]:
    """Every name that could be chosen, in the order of the configuration, then none."""
    found = (name for one in outcomes for name in _labels(one.case, one.case.listener.names, several))
    return list(dict.fromkeys([*(name for name in found if name != NONE), NONE]))


def _route(name: str, expected: Sequence[tuple[str, ...]], chosen: Sequence[tuple[str, ...]]) -> RouteScore:
    return RouteScore(
        name=name,
        expected=sum(name in labels for labels in expected),
        chosen=sum(name in labels for labels in chosen),
        right=sum(name in one and name in other for one, other in zip(expected, chosen, strict=True)),
    )
