"""Where the time of one decision goes. In: a clock. Out: milliseconds by step."""

from __future__ import annotations

from ext_proc.ports import Clock


class Watch:
    """Started when made. A step measured twice counts both times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock()
        self.steps_ms: dict[str, float] = {}

    def step(self, name: str) -> Step:
        return Step(self, name)

    def took(self, name: str, began: float) -> None:
        self.steps_ms[name] = self.steps_ms.get(name, 0.0) + (self.now() - began) * 1000

    def now(self) -> float:
        return self._clock()

    @property
    def total_ms(self) -> float:
        return (self._clock() - self._started) * 1000


class Step:
    """A context that is measured, with what went wrong in it."""

    __slots__ = ("_began", "_name", "_watch")

    def __init__(self, watch: Watch, name: str) -> None:
        self._watch, self._name = watch, name
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = self._watch.now()

    def __exit__(self, *_: object) -> None:
        self._watch.took(self._name, self._began)
