"""From similarities to probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from router_model.embedded.encoder import WEIGHTS
from router_model.embedded.judgement import FEATURES, read_judgement

JUDGEMENT = read_judgement(WEIGHTS / "judgement.json")


def judge(*near):
    return JUDGEMENT.probabilities(np.array(near), examples=0.0, words=8)


def test_the_constants_fit_the_features():
    assert len(JUDGEMENT.weights) == len(FEATURES)


def test_probabilities_leave_room_for_none():
    found = judge(0.7, 0.2, 0.1)
    assert 0.9 < found.sum() < 1
    assert found.argmax() == 0


def test_the_nearer_an_option_the_likelier_it_is_wanted():
    best = [judge(near, 0.1, 0.1).max() for near in (0.2, 0.4, 0.6, 0.8)]
    assert best == sorted(best)


def test_two_equal_options_share():
    first, second, _ = judge(0.6, 0.6, 0.1)
    assert first == pytest.approx(second)
    assert first < 0.5


def test_nothing_near_is_nothing_wanted():
    assert judge(0.05, 0.04, 0.0).sum() < 0.2


def test_one_option_can_be_judged():
    assert judge(0.8)[0] > 0.5 > judge(0.0)[0]


def test_among_many_similar_options_less_is_asked_of_one():
    few, many = JUDGEMENT.threshold_for(5), JUDGEMENT.threshold_for(150)
    assert 0.2 < many < few == JUDGEMENT.threshold
