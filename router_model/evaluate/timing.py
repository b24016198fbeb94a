"""How long a decision takes on one core, and how much memory the router adds. The only file with a clock here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from router_model.choice import Option, Question, Turn
from router_model.embedded.choosing import Chooser
from router_model.embedded.router import EmbeddedRouter
from router_model.evaluate.datasets import read_clinc

MESSAGE = (
    "hi, I would like to know whether there is a way to find out how many miles per gallon my car "
    "gets when I drive in the city during winter"
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of a decision about a message of 30 tokens among ten options whose vectors are known."""

    p50_ms: float
    p99_ms: float
    cpu_p50_ms: float
    runs: int
    memory_mb: float
    """What loading and the first decisions added to the process."""


def time_decisions(runs: int = 300) -> Timing:
    """Loads a router of its own, so that the memory it takes is seen."""
    before = resident_mb()
    chooser = EmbeddedRouter().load()
    clinc = read_clinc()
    options = tuple(Option(name, clinc.descriptions[name]) for name in clinc.intents[::15])
    question = Question((Turn("user", MESSAGE),), options)
    chooser.decide(question)
    taken = [_milliseconds(chooser, question) for _ in range(runs)]
    wall, cpu = np.array(taken).T
    return Timing(
        p50_ms=float(np.median(wall)),
        p99_ms=float(np.quantile(wall, 0.99)),
        cpu_p50_ms=float(np.median(cpu)),
        runs=runs,
        memory_mb=resident_mb() - before,
    )


def resident_mb() -> float:
    """Memory of this process that is in RAM, in MB. Reads Linux's /proc."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def _milliseconds(chooser: Chooser, question: Question) -> tuple[float, float]:
    """By the clock, and of the CPU: on a busy machine they differ."""
    wall, cpu = time.perf_counter(), time.thread_time()
    chooser.decide(question)
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000
