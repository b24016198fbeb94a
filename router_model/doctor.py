"""What is to be known about a router before traffic depends on it: is it quick, does it answer, does it agree.

In: a router, questions, where there is one a reference router, and a way to read the server's metrics. Out: a report
of plain figures and what to do about them. No socket, no terminal; question texts never get into a report.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from router_model.cascade import word
from router_model.choice import Choice, Question, Router, RouterError

Scrape = Callable[[], Awaitable[str]]
"""Gives the server's /metrics as text; raises OSError or TimeoutError where it cannot."""

QUERIES, HITS = "vllm:prefix_cache_queries", "vllm:prefix_cache_hits"
"""Counters of tokens. Prometheus clients add `_total`."""
_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*?)(?:_total)?(?:\{.*\})? (?P<value>\S+)", re.MULTILINE)

AGREEMENT_LOW, HITS_LOW, SLOW = 0.7, 0.5, 0.5
"""What is worth a word: agreement and cache hits below, and the part of the deadline above which p99 is slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`answered` of `asked` questions gave a choice; `errors` counts the others by kind (late, unreachable, confused).

    Milliseconds are of answered questions, None without any. `hit_rate` 0..1 of prompt tokens found in the server's
    prefix cache during the examination, `agreement` 0..1 of answers equal to the reference's, `right` 0..1 of answers
    equal to what was expected; each None where nothing tells.
    """

    router: str
    prompt: str
    asked: int
    answered: int
    errors: tuple[tuple[str, int], ...]
    p50_ms: float | None
    p99_ms: float | None
    deadline_s: float
    hit_rate: float | None
    agreement: float | None
    right: float | None
    abstained: float | None
    confidence: float | None
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    choice: Choice | None
    error: str
    seconds: float


async def examine(
    router: Router,
    reference: Router | None,
    questions: Sequence[Question],
    *,
    expected: Sequence[tuple[str, ...]] | None = None,
    scrape: Scrape | None = None,
    deadline_s: float = 2.0,
    at_once: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Report:
    """Asks every question, `at_once` at a time, after one that warms up and is not counted.

    `expected` has the names for each question, in order. The reference is asked afterwards, so that it takes no time
    from the router.
    """
    if questions:
        await _ask(router, questions[0], deadline_s, clock)
    before = await _counters(scrape)
    results = await _ask_all(router, questions, deadline_s, at_once, clock)
    after = await _counters(scrape)
    others = await _ask_all(reference, questions, deadline_s, 1, clock) if reference else None
    return _report(router, results, others, expected, _hit_rate(before, after), deadline_s)


async def _ask_all(
    router: Router, questions: Sequence[Question], deadline_s: float, at_once: int, clock: Callable[[], float]
) -> list[_Result]:
    places = asyncio.Semaphore(at_once)

    async def ask(question: Question) -> _Result:
        async with places:
            return await _ask(router, question, deadline_s, clock)

    return list(await asyncio.gather(*(ask(question) for question in questions)))


async def _ask(router: Router, question: Question, deadline_s: float, clock: Callable[[], float]) -> _Result:
    began = clock()
    try:
        choice = await router.choose(question, deadline_s)
    except RouterError as failure:
        return _Result(None, word(failure), clock() - began)
    return _Result(choice, "", clock() - began)


async def _counters(scrape: Scrape | None) -> dict[str, float]:
    if scrape is None:
        return {}
    try:
        return counters(await scrape())
    except (OSError, TimeoutError, RouterError):
        return {}


def counters(metrics: str) -> dict[str, float]:
    """Prometheus text -> the sum of each name's samples, `_total` left off. Lines that are no samples are skipped."""
    sums: dict[str, float] = {}
    for sample in _SAMPLE.finditer(metrics):
        try:
            value = float(sample["value"])
        except ValueError:
            continue
        sums[sample["name"]] = sums.get(sample["name"], 0.0) + value
    return sums


def _hit_rate(before: dict[str, float], after: dict[str, float]) -> float | None:
    if QUERIES not in before or QUERIES not in after:
        return None
    queries = after[QUERIES] - before[QUERIES]
    return (after.get(HITS, 0.0) - before.get(HITS, 0.0)) / queries if queries > 0 else None


def _report(
    router: Router,
    results: Sequence[_Result],
    others: Sequence[_Result] | None,
    expected: Sequence[tuple[str, ...]] | None,
    hit_rate: float | None,
    deadline_s: float,
) -> Report:
    choices = [result.choice for result in results if result.choice is not None]
    times_ms = sorted(result.seconds * 1000 for result in results if result.choice is not None)
    told = [_names(result.choice) for result in results]
    report = Report(
        router=choices[0].router if choices else router.version,
        prompt=choices[0].prompt if choices else "",
        asked=len(results),
        answered=len(choices),
        errors=tuple(sorted(Counter(result.error for result in results if result.error).items())),
        p50_ms=_percentile(times_ms, 0.5),
        p99_ms=_percentile(times_ms, 0.99),
        deadline_s=deadline_s,
        hit_rate=hit_rate,
        agreement=_equal(told, [_names(other.choice) for other in others] if others is not None else None),
        right=_equal(told, expected),
        abstained=_mean([not choice.chosen for choice in choices]),
        confidence=_mean([choice.confidence for choice in choices]),
        advice=(),
    )
    return replace(report, advice=tuple(_advice(report)))


def _names(choice: Choice | None) -> tuple[str, ...] | None:
    return None if choice is None else tuple(score.name for score in choice.chosen)


def _equal(told: Sequence[tuple[str, ...] | None], wanted: Sequence[tuple[str, ...] | None] | None) -> float | None:
    """Of the questions that both answered."""
    if wanted is None:
        return None
    return _mean(
        [one == other for one, other in zip(told, wanted, strict=True) if one is not None and other is not None]
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _percentile(ordered: Sequence[float], part: float) -> float | None:
    """The nearest rank: a value that was measured."""
    return ordered[max(math.ceil(part * len(ordered)), 1) - 1] if ordered else None


def _advice(report: Report) -> list[str]:
    found = [_ADVICE[kind] for kind, _ in report.errors]
    if not report.asked:
        found.append("No question was asked: give examples to agents or preferences, or a file of questions.")
    if report.p99_ms is not None and report.p99_ms > SLOW * report.deadline_s * 1000:
        found.append(
            "The slowest answers come close to the deadline: keep the embedded router as the fallback (`cascade`), use "
            "a smaller or FP8 model, or give the router a longer deadline."
        )
    if report.hit_rate is not None and report.hit_rate < HITS_LOW:
        found.append(
            "Few prompt tokens come from the prefix cache: start the server with --enable-prefix-caching, and keep the "
            "order and the wording of the routes the same between requests."
        )
    if report.agreement is not None and report.agreement < AGREEMENT_LOW:
        found.append(
            "The two routers often disagree: read the descriptions of the options they differ in, add examples, and "
            "check that the prompt format is the one the model was trained on."
        )
    if report.abstained == 1.0 and report.answered > 1:
        found.append("Nothing ever fits: check the prompt format and the descriptions of the options.")
    return found


_ADVICE = {
    "late": "Answers miss the deadline: look at the server's load and --max-num-seqs, or give the router more time.",
    "unreachable": "The server cannot be reached or is overloaded: check its address, that it runs, and its log.",
    "confused": "The server refuses requests or answers something else: check the model's name, that the server is "
    "vLLM 0.12 or newer, and that `context_tokens` is not more than its --max-model-len.",
    "failed": "The router failed in a way it has no word for: look at the server's log.",
}


def render(report: Report) -> str:
    """The report for a terminal. Ends with a line break."""
    errors = ", ".join(f"{count} {kind}" for kind, count in report.errors)
    rows = [
        ("router", report.router + (f", prompt {report.prompt}" if report.prompt else "")),
        ("answered", f"{report.answered} of {report.asked}" + (f" ({errors})" if errors else "")),
        ("p50 / p99", f"{_ms(report.p50_ms)} / {_ms(report.p99_ms)}, deadline {report.deadline_s * 1000:.0f} ms"),
        ("prefix cache hits", _percent(report.hit_rate, "not known: the server's metrics could not be read")),
        ("same as reference", _percent(report.agreement, "no reference")),
        ("as expected", _percent(report.right, "no expectations")),
        ("none fits", _percent(report.abstained, "-")),
        ("mean confidence", "-" if report.confidence is None else f"{report.confidence:.2f}"),
    ]
    lines = [f"{name:<18} {text}" for name, text in rows]
    return "\n".join([*lines, *(f"! {advice}" for advice in report.advice)]) + "\n"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"


def _percent(value: float | None, missing: str) -> str:
    return missing if value is None else f"{value * 100:.0f} %"
