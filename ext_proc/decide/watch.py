"""Where the time of one decision goes. In: a clock. Out: milliseconds by step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ext_proc.ports import Clock


class Watch:
    """Started when made. A step measured twice counts both times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock()
        self.steps_ms: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        finally:
            self.steps_ms[name] = self.steps_ms.get(name, 0.0) + (self._clock() - began) * 1000

    @property
    def total_ms(self) -> float:
        return (self._clock() - self._started) * 1000
