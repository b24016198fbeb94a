"""What is wrong with a configuration, where, and what to do about it.

A problem is data: every step appends to one `Problems` and goes on, so that the user sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["error", "warning"]

# A file with more errors is no configuration; telling all of them would only take time.
MOST_ERRORS = 100
_LONGEST = 500
UNSET = "unset-variable"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A spot in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `what` is wrong, what to `do`, and the stable id of the `rule` that found it."""

    place: Place
    level: Level
    rule: str
    what: str
    do: str

    def __str__(self) -> str:
        return f"{self.place}: {self.level}: {self.what}; {self.do}"


@dataclass(slots=True)
class Problems:
    """Collects problems in any order, gives them back sorted by place; the same problem twice is kept once.

    More than `MOST_ERRORS` errors raise ConfigError.
    """

    found: list[Problem] = field(default_factory=list)
    _seen: set[Problem] = field(default_factory=set, repr=False, compare=False)
    _errors: int = field(default=0, repr=False, compare=False)
    _unset: set[Place] = field(default_factory=set, repr=False, compare=False)

    def error(self, place: Place, rule: str, what: str, do: str) -> None:
        self._add(Problem(place, "error", rule, _line(what), _line(do)))

    def warn(self, place: Place, rule: str, what: str, do: str) -> None:
        self._add(Problem(place, "warning", rule, _line(what), _line(do)))

    def unset(self, place: Place, what: str, do: str) -> None:
        """A value nobody knows yet: what else would be said against it only follows from that, and is not told."""
        self._add(Problem(place, "error", UNSET, _line(what), _line(do)))
        self._unset.add(place)

    def _add(self, problem: Problem) -> None:
        if problem in self._seen or (problem.place in self._unset and problem.rule != UNSET):
            return
        self._seen.add(problem)
        self._errors += problem.level == "error"
        if self._errors > MOST_ERRORS:
            self.found.append(
                Problem(problem.place, "error", "too-many", "there are more errors", "correct these first")
            )
            raise ConfigError(self)
        self.found.append(problem)

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self.found, key=lambda p: (p.place, p.level, p.rule, p.what)))

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self if p.level == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [p for p in self if p.level == "warning"]


def _line(text: str) -> str:
    """One line of bounded length, whatever names of the user's are quoted in it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


class ConfigError(Exception):
    """Raised where going on makes no sense; carries every problem found so far."""

    def __init__(self, problems: Problems) -> None:
        super().__init__("\n".join(str(p) for p in problems.errors))
        self.problems = problems
