"""From similarities to probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from router_model.embedded.encoder import WEIGHTS
from router_model.embedded.judgement import FEATURES, MOST, read_judgement

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


def test_options_beyond_those_learned_with_make_nothing_less_likely():
    few, most, more = (judge(0.6, *[0.1] * (count - 1)).sum() for count in (5, MOST, 2 * MOST))
    assert more == pytest.approx(most)
    assert most < few


def test_like_options_share_a_request_and_it_fits_all_the_same():
    alike = judge(0.9, 0.9, 0.0)
    assert alike.max() < JUDGEMENT.threshold
    assert JUDGEMENT.fits(alike)
    assert not JUDGEMENT.fits(judge(0.05, 0.05, 0.0))


def test_a_threshold_that_was_asked_for_holds():
    strict = replace(JUDGEMENT, asked=1.0)
    assert (strict.limit, JUDGEMENT.limit) == (1.0, JUDGEMENT.threshold)
    assert not strict.fits(judge(0.9, 0.1))
