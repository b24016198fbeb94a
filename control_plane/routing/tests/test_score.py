"""Figures of a test: when a case passes, what each route gets, who is taken for whom, what is printed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from control_plane.problems import Place
from control_plane.routing.calls import spoken
from control_plane.routing.cases import Case
from control_plane.routing.choices import Choices
from control_plane.routing.plain import plain
from control_plane.routing.score import NO_ANSWER, Outcome, score
from control_plane.routing.tests.test_cases import CHAT, CREW, LLM
from control_plane.routing.text import score_lines


def outcome(
    expected: tuple[str, ...], chosen: tuple[str, ...], *, on: Choices = LLM, answered: bool = True, line: int = 1
) -> Outcome:
    case = Case(Place("cases.yaml", line, 3), on, spoken("a  text", CHAT), "a  text", expected)
    return Outcome(case, chosen, answered, "preference", 0.9)


@pytest.mark.parametrize(
    ("expected", "chosen", "ordered", "passes"),
    [
        (("weather",), ("weather",), True, True),
        ((), (), True, True),
        (("weather",), (), True, False),
        ((), ("weather",), True, False),
        (("weather", "flights"), ("weather", "flights"), True, True),
        (("weather", "flights"), ("flights", "weather"), True, False),
        (("weather", "flights"), ("flights", "weather"), False, True),
        (("weather", "flights"), ("weather",), False, False),
    ],
)
def test_a_case_passes(expected: tuple[str, ...], chosen: tuple[str, ...], ordered: bool, passes: bool) -> None:
    assert outcome(expected, chosen, on=replace(CREW, ordered=ordered)).passed is passes


def test_a_router_without_an_answer_is_never_right() -> None:
    assert not outcome((), (), answered=False).passed
    assert dict(score([outcome((), (), answered=False)]).confusion) == {("none", NO_ANSWER): 1}


SOME = score(
    [
        outcome(("code",), ("code",)),
        outcome(("code",), ("code",), line=2),
        outcome(("code",), ("travel",), line=3),
        outcome((), ("travel",), line=4),
        outcome((), (), line=5),
    ]
)


def test_figures_of_each_route() -> None:
    code, travel, none = SOME.routes
    assert (code.name, code.precision, code.recall, code.f1) == ("code", 1.0, 2 / 3, 0.8)
    assert (travel.precision, travel.recall, travel.f1) == (0.0, None, 0.0)
    assert (none.precision, none.recall) == (1.0, 0.5)
    assert SOME.accuracy == pytest.approx(0.6)


@pytest.mark.parametrize(("bar", "enough"), [(0.6, True), (0.61, False), (1.0, False), (0.0, True)])
def test_the_bar(bar: float, enough: bool) -> None:
    assert SOME.reaches(bar) is enough


def test_nine_of_ten_are_nine_tenths() -> None:
    found = score([*[outcome(("code",), ("code",))] * 9, outcome(("code",), ())])
    assert found.reaches(0.9)


def test_routes_of_several_listeners_are_told_apart() -> None:
    found = score([outcome(("code",), ("code",)), outcome(("weather",), ("weather",), on=CREW)])
    assert [route.name for route in found.routes] == [
        "llm/code",
        "llm/travel",
        "crew/weather",
        "crew/flights",
        "none",
    ]


def test_what_is_printed() -> None:
    lines = score_lines(SOME, 0.9, "plano-embedded-1", lambda text, _: text)
    assert "cases.yaml:3:3: failed: a text" in lines
    assert "    expected code; chosen travel (preference, confidence 0.90)" in lines
    assert "    expected none; chosen travel (preference, confidence 0.90)" in lines
    assert "expected \\ chosen  code  none  travel" in lines
    assert "code                  2     .       1" in lines
    assert lines[-1] == "failed: 3 of 5 as expected (60.0 %, at least 90 %), asked plano-embedded-1"


def test_as_json() -> None:
    found = plain(SOME, 0.5, "r")
    assert (found["ok"], found["total"], found["passed"]) == (True, 5, 3)
    assert found["failures"][0] == {
        "file": "cases.yaml",
        "line": 3,
        "text": "a  text",
        "expected": ["code"],
        "chosen": ["travel"],
        "answered": True,
        "why": "preference",
        "confidence": 0.9,
    }
