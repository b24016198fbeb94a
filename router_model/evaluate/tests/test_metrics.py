"""Metrics on answers small enough to count by hand."""

from __future__ import annotations

import pytest

from router_model.evaluate import metrics
from router_model.evaluate.metrics import Answer, mark


def answer(wanted, chosen, best="a", score=0.5, confidence=0.5):
    return Answer(tuple(wanted), tuple(chosen), best, score, confidence)


def test_guesses_count_only_where_a_route_is_wanted():
    marks = mark([answer("a", "a"), answer("a", "", best="b"), answer("", "a")])
    assert metrics.guess_accuracy(marks) == 0.5
    assert metrics.joint_accuracy(marks) == pytest.approx(1 / 3)


def test_the_best_threshold_may_be_to_reject_everything():
    marks = mark([answer("a", "", best="b", score=0.9), answer("", "", score=0.8), answer("", "", score=0.7)])
    assert metrics.best_joint_accuracy(marks) == pytest.approx(2 / 3)


def test_the_best_threshold_lies_between():
    marks = mark([answer("a", "a", score=0.9), answer("", "", score=0.5), answer("a", "a", score=0.8)])
    assert metrics.best_joint_accuracy(marks) == 1.0


def test_auroc_counts_ties_half():
    marks = mark([answer("a", "a", score=0.9), answer("a", "a", score=0.5), answer("", "", score=0.5)])
    assert metrics.auroc(marks) == 0.75
    assert metrics.fpr95(marks) == 0.0


def test_sets_and_their_f1():
    marks = mark([answer("ab", "ba"), answer("ab", "a")])
    assert metrics.exact_set(marks) == 0.5
    assert metrics.joint_accuracy(marks) == 0.0
    assert metrics.set_f1(marks) == pytest.approx(2 * 3 / 7)


def test_calibration_error_is_the_gap_between_confidence_and_truth():
    marks = mark([answer("a", "a", confidence=0.95), answer("a", "b", confidence=0.95)])
    assert metrics.calibration_error(marks) == pytest.approx(0.45)


def test_an_interval_holds_its_value_and_is_the_same_for_the_same_seed():
    marks = mark([answer("a", "a" if number % 3 else "b") for number in range(60)])
    first = metrics.with_interval(metrics.joint_accuracy, marks, seed=1, rounds=50)
    assert first.low < first.value < first.high
    assert first == metrics.with_interval(metrics.joint_accuracy, marks, seed=1, rounds=50)
