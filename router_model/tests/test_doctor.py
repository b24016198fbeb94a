"""What the doctor measures and says, with routers that answer as told and a clock that moves as told."""

from __future__ import annotations

import asyncio

import pytest

from router_model import doctor
from router_model.choice import Option, Question, RouterLate, RouterUnreachable, Turn
from router_model.tests.carrying import Carrier
from router_model.tests.fake_vllm import FakeVllm
from router_model.tests.test_cascade import Scripted
from router_model.vllm import ServedRouter, Settings

OPTIONS = (Option("weather", "forecasts"), Option("sales", "sells"))
TEXTS = ("will it rain", "I want to buy", "thanks")
QUESTIONS = [Question((Turn("user", text),), OPTIONS) for text in TEXTS]
RULES = (("rain", "weather"), ("buy", "sales"))


def served(server: FakeVllm) -> ServedRouter:
    return ServedRouter(Settings(model="Plano-Orchestrator"), Carrier(server))


def examine(router, reference=None, questions=QUESTIONS, **more) -> doctor.Report:
    return asyncio.run(doctor.examine(router, reference, questions, **more))


def test_a_healthy_router_gets_no_advice():
    server = FakeVllm(rules=RULES)

    async def scrape():
        return server.metrics()

    report = examine(
        served(server), served(FakeVllm(rules=RULES)), scrape=scrape, expected=[("weather",), ("sales",), ()]
    )
    assert (report.asked, report.answered, report.errors) == (3, 3, ())
    assert report.right == report.agreement == 1
    assert report.hit_rate is not None and report.hit_rate > 0.5
    assert report.abstained == pytest.approx(1 / 3)
    assert report.prompt == "plano-orchestrator/1"
    assert report.advice == ()


def test_percentiles_are_times_that_were_measured():
    ticks = iter([0.0, 0.0, *(time for n in range(1, 101) for time in (0.0, n / 1000))])
    report = examine(Scripted("r"), questions=QUESTIONS[:1] * 100, clock=lambda: next(ticks))
    assert (report.p50_ms, report.p99_ms) == (50.0, 99.0)


def test_errors_are_counted_by_kind_and_each_has_a_remedy():
    report = examine(Scripted("r", error=RouterLate("x")))
    assert report.errors == (("late", 3),) and report.answered == 0 and report.p50_ms is None
    assert "deadline" in report.advice[0]
    assert "unreachable" not in doctor.render(report)
    assert "0 of 3 (3 late)" in doctor.render(report)
    assert "check its address" in examine(Scripted("r", error=RouterUnreachable("x"))).advice[0]


def test_agreement_counts_questions_that_both_answered():
    server = FakeVllm(rules=(("rain", "sales"), ("buy", "sales")))
    report = examine(served(server), served(FakeVllm(rules=RULES)))
    assert report.agreement == pytest.approx(2 / 3)
    assert any("disagree" in advice for advice in report.advice)
    assert examine(served(server), Scripted("r", error=RouterLate("x"))).agreement is None


def test_slow_answers_are_pointed_out():
    ticks = iter(range(100))
    report = examine(Scripted("r"), clock=lambda: next(ticks) * 0.9, deadline_s=1.0)
    assert any("deadline" in advice for advice in report.advice)


@pytest.mark.parametrize("failure", [OSError("no"), TimeoutError()])
def test_unreadable_metrics_leave_the_hit_rate_unknown(failure):
    async def scrape():
        raise failure

    report = examine(served(FakeVllm(rules=RULES)), scrape=scrape)
    assert report.hit_rate is None
    assert "could not be read" in doctor.render(report)


def test_without_a_prefix_cache_it_says_how_to_get_one():
    texts = iter(
        [f"{doctor.QUERIES}_total 100\n{doctor.HITS}_total 50", f"{doctor.QUERIES}_total 300\n{doctor.HITS}_total 60"]
    )

    async def scrape():
        return next(texts)

    report = examine(served(FakeVllm(rules=RULES)), scrape=scrape)
    assert report.hit_rate == pytest.approx(0.05)
    assert any("--enable-prefix-caching" in advice for advice in report.advice)


def test_counters_are_summed_over_engines_with_or_without_their_suffix():
    text = (
        "# HELP vllm:prefix_cache_hits_total hits\n"
        'vllm:prefix_cache_hits_total{engine="0",model_name="a b"} 3.0\n'
        'vllm:prefix_cache_hits_total{engine="1",model_name="a b"} 4.0\n'
        "vllm:prefix_cache_queries 1e2\n"
        "garbage\n"
        "vllm:broken_total x\n"
    )
    assert doctor.counters(text) == {doctor.HITS: 7.0, doctor.QUERIES: 100.0}


def test_a_report_holds_no_text_of_a_question():
    report = examine(served(FakeVllm(rules=RULES)))
    assert all(text not in f"{report}{doctor.render(report)}" for text in TEXTS)


def test_nothing_to_ask_is_said():
    assert "No question" in doctor.render(examine(Scripted("r"), questions=[]))
