"""The rows of the report: which episodes are asked, and which numbers are taken of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from router_model.evaluate.contenders import Contender, answer_all
from router_model.evaluate.datasets import read_banking, read_clinc
from router_model.evaluate.episodes import Episode, draw_joined, draw_single, read_agents
from router_model.evaluate.metrics import (
    Interval,
    Metric,
    auroc,
    best_joint_accuracy,
    calibration_error,
    exact_set,
    fpr95,
    guess_accuracy,
    joint_accuracy,
    mark,
    set_f1,
    with_interval,
)

SEED = 20
INSIDE: Mapping[str, Metric] = {"in scope": guess_accuracy}
OUTSIDE: Mapping[str, Metric] = {
    "in scope": guess_accuracy,
    "joint, own abstention": joint_accuracy,
    "joint, best threshold": best_joint_accuracy,
    "AUROC": auroc,
    "FPR95": fpr95,
    "ECE": calibration_error,
}
SEVERAL: Mapping[str, Metric] = {"exact set": exact_set, "exact order": joint_accuracy, "F1": set_f1}


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of one contender for one kind of question."""

    task: str
    contender: str
    cases: int
    values: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Task:
    """Episodes and the metrics that suit them."""

    name: str
    episodes: tuple[Episode, ...]
    metrics: Mapping[str, Metric]


def tasks(sizes: Iterable[int] = (5, 10, 20, 50, 150)) -> list[Task]:
    """Every task of the report. A size above a data set's number of intents means all of them."""
    clinc, banking = read_clinc(), read_banking()
    found = [Task(f"CLINC150 K={size}", tuple(draw_single(clinc, size, seed=SEED)), OUTSIDE) for size in sizes]
    for size in sorted({min(size, len(banking.intents)) for size in sizes}):
        found.append(Task(f"BANKING77 K={size}", tuple(draw_single(banking, size, seed=SEED)), INSIDE))
        if size < len(banking.intents):
            near = tuple(draw_single(banking, size, seed=SEED, near_misses=True))
            found.append(Task(f"BANKING77 K={size}, its other intents as out of scope", near, OUTSIDE))
    for size in (10, 150):
        name = f"CLINC150 K={size}, five examples a route"
        found.append(Task(name, tuple(draw_single(clinc, size, seed=SEED, examples=5)), OUTSIDE))
    found.append(
        Task("BANKING77 K=77, five examples a route", tuple(draw_single(banking, 77, seed=SEED, examples=5)), INSIDE)
    )
    for size in (5, 10, 20):
        found.append(
            Task(f"CLINC150 K={size}, two requests joined", tuple(draw_joined(clinc, size, seed=SEED)), SEVERAL)
        )
    found.append(Task("BANKING77 K=10, two requests joined", tuple(draw_joined(banking, 10, seed=SEED)), SEVERAL))
    found.append(Task("agents.txt, all sets", tuple(read_agents().values()), {**SEVERAL, "ECE": calibration_error}))
    return found


def run(contenders: Mapping[str, Contender], asked: Iterable[Task]) -> list[Row]:
    """Every contender on every task."""
    rows = []
    for task in asked:
        for name, contender in contenders.items():
            answers = answer_all(contender, task.episodes)
            marks = mark(answers)
            values = {label: with_interval(metric, marks, seed=SEED) for label, metric in task.metrics.items()}
            rows.append(Row(task.name, name, len(answers), values))
    return rows
