"""The data sets are what was published, and the questions drawn from them are the same every time."""

from __future__ import annotations

from router_model.evaluate.datasets import data_hashes, read_banking, read_clinc
from router_model.evaluate.episodes import draw_joined, draw_single, read_agents


def test_the_data_sets_have_their_published_sizes():
    clinc, banking = read_clinc(), read_banking()
    assert (len(clinc.intents), len(banking.intents)) == (150, 77)
    assert sum(map(len, clinc.test.values())) == 4500
    assert len(clinc.outside) == 1000
    assert sum(map(len, banking.test.values())) == 3080
    assert sum(map(len, banking.train.values())) + sum(map(len, banking.validation.values())) == 10003


def test_the_splits_are_frozen():
    assert data_hashes()["clinc150.json.gz"] == "36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0"
    assert data_hashes()["descriptions.json.gz"] == "2a8706c7d3e7efe6db6e8a72633ef678bb39629c4a63ae99b6238b841fa7af23"


def test_equal_seeds_draw_equal_questions():
    banking = read_banking()
    assert list(draw_single(banking, 5, seed=1)) == list(draw_single(banking, 5, seed=1))
    assert list(draw_single(banking, 5, seed=1)) != list(draw_single(banking, 5, seed=2))


def test_examples_come_from_training_and_requests_from_the_test_split():
    clinc = read_clinc()
    (episode,) = draw_single(clinc, 10, seed=1, examples=5, repeats=1)
    options = episode.cases[0].question.options
    assert all(set(option.examples) <= set(clinc.train[option.name]) for option in options)
    assert all(len(option.examples) == 5 for option in options)
    inside = [case for case in episode.cases if case.wanted]
    assert all(case.question.conversation[-1].text in clinc.test[case.wanted[0]] for case in inside)
    assert len(inside) == 300
    assert len(episode.cases) == 600


def test_near_misses_belong_to_no_route_of_their_episode():
    banking = read_banking()
    (episode,) = draw_single(banking, 10, seed=1, repeats=1, near_misses=True)
    names = {option.name for option in episode.cases[0].question.options}
    mine = {text for name in names for text in banking.test[name]}
    strangers = [case.question.conversation[-1].text for case in episode.cases if not case.wanted]
    assert strangers
    assert not mine & set(strangers)


def test_joined_requests_want_two_different_routes():
    for episode in draw_joined(read_clinc(), 5, seed=1, cases=20, repeats=1):
        assert all(len(set(case.wanted)) == 2 and case.question.several for case in episode.cases)


def test_every_case_of_the_agents_wants_options_that_exist():
    for episode in read_agents().values():
        for case in episode.cases:
            assert set(case.wanted) <= {option.name for option in case.question.options}
            assert len(case.question.conversation) % 2 == 1
