"""Choices of the shipped weights: what a user of agents and of models would notice first."""

from __future__ import annotations

import asyncio

import pytest

from router_model.choice import Option, Question, Turn
from router_model.embedded import EmbeddedRouter
from router_model.evaluate.datasets import read_clinc
from router_model.evaluate.episodes import draw_joined, draw_single, read_agents

TRAVEL = read_agents()["travel"].cases[0].question.options
CODING = (
    Option("code understanding", "understand and explain existing code snippets, functions, or libraries"),
    Option(
        "code generation",
        "generating new code snippets, functions, or boilerplate based on user prompts or requirements",
    ),
)
REASONING = (
    Option("complex_reasoning", "deep analysis, mathematical problem solving, and logical reasoning"),
    Option("code_generation", "write code, implement functions, create scripts and boilerplate"),
)


@pytest.fixture(scope="module")
def router():
    router = EmbeddedRouter()
    router.load()
    yield router
    router.close()


def choose(router, options, *said, several=True):
    turns = tuple(Turn("assistant" if place % 2 else "user", text) for place, text in enumerate(said))
    return asyncio.run(router.choose(Question(turns, options, several), 30))


def names(choice):
    return [score.name for score in choice.chosen]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (["What's the weather in Paris?"], ["weather_agent"]),
        (["Is flight AF123 on time?"], ["flight_agent"]),
        (["What's the weather in Paris and are there flights from London?"], ["weather_agent", "flight_agent"]),
        (["Are there flights from London to Rome, and will it rain there?"], ["flight_agent", "weather_agent"]),
        (["Tell me a joke"], []),
        (["What is the capital of France?"], []),
        (["hello"], []),
        (["What's the weather in Paris?", "Sunny, 21 degrees.", "and tomorrow?"], ["weather_agent"]),
        (["Do flights go from Seattle to Boston?", "Yes, five a day.", "what about Denver?"], ["flight_agent"]),
        (["Which gate does BA 284 leave from?"], ["flight_agent"]),
        (["Is there a flight to Oslo?", "Yes, at nine.", "How cold is it there?"], ["weather_agent"]),
    ],
)
def test_travel(router, said, wanted):
    assert names(choose(router, TRAVEL, *said)) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("write a function that reverses a linked list", ["code generation"]),
        ("explain what this does: def f(x): return x ** 2", ["code understanding"]),
        ("Create a REST API boilerplate in FastAPI", ["code generation"]),
        ("Can you help me understand how the asyncio library works?", ["code understanding"]),
        ("who won the world cup in 2018", []),
    ],
)
def test_coding(router, said, wanted):
    assert names(choose(router, CODING, said, several=False)) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Prove that the square root of 2 is irrational", ["complex_reasoning"]),
        ("Implement quicksort in Rust", ["code_generation"]),
    ],
)
def test_reasoning_is_not_coding(router, said, wanted):
    assert names(choose(router, REASONING, said, several=False)) == wanted


def test_equal_questions_get_equal_scores_from_a_fresh_router(router):
    first = choose(router, TRAVEL, "Will it snow in Oslo?")
    fresh = EmbeddedRouter()
    second = choose(fresh, TRAVEL, "Will it snow in Oslo?")
    fresh.close()
    assert first.scores == second.scores


def test_the_order_of_options_changes_no_score(router):
    forward = choose(router, TRAVEL, "Is my plane late?")
    backward = choose(router, TRAVEL[::-1], "Is my plane late?")
    assert forward.scores[0].name == backward.scores[0].name
    assert forward.scores[0].probability == pytest.approx(backward.scores[0].probability)


def test_the_request_is_found_behind_pasted_text(router):
    pasted = "\n".join(f"{number}: lorem ipsum dolor sit amet" for number in range(3000))
    choice = choose(router, CODING, f"{pasted}\nExplain what this code does.", several=False)
    assert names(choice) == ["code understanding"]


@pytest.mark.parametrize("text", ["天気はどうですか", "🙂🙂🙂", "\u202eabc", "a" * 5000, "\x00\x01 binary"])
def test_odd_text_is_answered(router, text):
    assert len(choose(router, TRAVEL, text).scores) == len(TRAVEL)


def test_an_option_may_have_no_description(router):
    options = (Option("weather", ""), Option("billing", ""))
    assert choose(router, options, "will it rain tomorrow", several=False).scores[0].name == "weather"


def test_examples_teach_what_a_description_does_not_say(router):
    examples = ("reboot the flux matrix", "the flux matrix is down", "check the flux matrix", "flux matrix status")
    options = (Option("team_a", "questions for team a", examples), Option("team_b", "questions for team b"))
    assert names(choose(router, options, "please restart the flux matrix", several=False)) == ["team_a"]


def test_quality_does_not_fall_below_a_floor(router):
    clinc = read_clinc()
    few = {intent: texts[:3] for intent, texts in clinc.validation.items()}
    episodes = draw_single(clinc, 10, seed=1, utterances=few, outside=clinc.validation_outside, repeats=2)
    cases = [case for episode in episodes for case in episode.cases]
    decide = router.load().decide
    right = [
        tuple(case.question.options[at].name for at in decide(case.question).picked) == case.wanted for case in cases
    ]
    assert sum(right) / len(right) >= 0.88


def test_two_joined_requests_are_told_apart(router):
    clinc = read_clinc()
    episodes = draw_joined(clinc, 10, seed=1, cases=15, repeats=2, utterances=clinc.validation)
    cases = [case for episode in episodes for case in episode.cases]
    decide = router.load().decide
    right = [
        {case.question.options[at].name for at in decide(case.question).picked} == set(case.wanted) for case in cases
    ]
    assert sum(right) / len(right) >= 0.7
