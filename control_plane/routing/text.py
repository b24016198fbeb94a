"""Decisions and scores for a person to read. In: what the sidecar's code answered. Out: lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from control_plane.routing.score import Score
from schemas.decisions import MAX_ATTEMPTS

Paint = Callable[[str, str], str]
"""Colours a text; leaves it alone where nobody looks."""
SHOWN_CHARACTERS = 100


def decision_lines(found: dict[str, Any], notes: Sequence[str], paint: Paint) -> list[str]:
    """One decision."""
    rows = [("listener", f"{found['listener']} ({found['kind']})"), ("why", _why(found, paint))]
    if found["problem"]:
        rows.append(("problem", str(found["problem"])))
    if found["route"]:
        rows.append(("preference", paint(str(found["route"]), "green")))
    rows += _numbered("agents" if found["kind"] == "agent" else "models", list(found["chosen"]))
    rows += _labelled("attempts", [f"{each['cluster']}: {each['model']}" for each in found["attempts"]])
    rows += _labelled("untried", [f"{name} (a request goes to {MAX_ATTEMPTS} places)" for name in found["untried"]])
    rows += _labelled("scores", [_scored(score, found, paint) for score in _scores(found)])
    if found["confidence"] is not None:
        rows.append(("confidence", f"{found['confidence']:.2f}"))
    if found["threshold"] is not None:
        rows.append(("threshold", f"{found['threshold']:.2f} (what the scores have to reach together)"))
    if found["router"]:
        prompt = f", prompt {found['prompt']}" if found["prompt"] else ""
        rows.append(("router", f"{found['router']}{prompt}, {found['router_ms']:.1f} ms"))
    return [*(f"{name:<11} {text}" for name, text in rows), *(f"note: {note}" for note in notes)]


def _why(found: dict[str, Any], paint: Paint) -> str:
    if found["error"]:
        return paint(f"{found['why']}: {found['meaning']} ({found['error']})", "red")
    return f"{found['why']}: {found['meaning']}"


def _numbered(name: str, texts: list[str]) -> list[tuple[str, str]]:
    if len(texts) < 2:
        return _labelled(name, texts or ["-"])
    return _labelled(name, [f"{number}. {text}" for number, text in enumerate(texts, 1)])


def _labelled(name: str, texts: list[str]) -> list[tuple[str, str]]:
    return [(name if number == 0 else "", text) for number, text in enumerate(texts)]


def _scores(found: dict[str, Any]) -> list[dict[str, Any]]:
    scores: list[dict[str, Any]] = found["scores"]
    return scores


def _scored(score: dict[str, Any], found: dict[str, Any], paint: Paint) -> str:
    text = f"{score['probability']:.2f}  {score['name']}"
    return paint(text, "green") if score["name"] in found["matched"] else text


def score_lines(found: Score, bar: float, router: str, paint: Paint) -> list[str]:
    """A whole test: failing cases, figures by route, who is taken for whom, the total."""
    return [*_failing(found, paint), *_routes(found), "", *_confusion(found), "", _total(found, bar, router, paint)]


def _failing(found: Score, paint: Paint) -> list[str]:
    lines: list[str] = []
    for outcome in found.failing:
        said = " ".join(outcome.case.said.split())
        shown = said if len(said) <= SHOWN_CHARACTERS else said[: SHOWN_CHARACTERS - 3] + "..."
        wanted, chosen = _names(outcome.case.expected), _names(outcome.chosen) if outcome.answered else "no answer"
        sure = f", confidence {outcome.confidence:.2f}" if outcome.confidence is not None else ""
        lines.append(f"{outcome.case.place}: {paint('failed', 'red')}: {shown}")
        lines.append(f"    expected {wanted}; chosen {chosen} ({outcome.why}{sure})")
    return [*lines, ""] if lines else []


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def _routes(found: Score) -> list[str]:
    rows = [("", "precision", "recall", "F1", "expected", "chosen")]
    rows += [
        (one.name, _part(one.precision), _part(one.recall), _part(one.f1), str(one.expected), str(one.chosen))
        for one in found.routes
    ]
    return table(rows)


def _part(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _confusion(found: Score) -> list[str]:
    """Rows: what was expected; columns: what was chosen."""
    expected = list(dict.fromkeys(pair[0] for pair, _ in found.confusion))
    chosen = list(dict.fromkeys(sorted(pair[1] for pair, _ in found.confusion)))
    counts = dict(found.confusion)
    head = ("expected \\ chosen", *chosen)
    rows = [(row, *(str(counts.get((row, column), ".")) for column in chosen)) for row in expected]
    return table([head, *rows])


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            [f"{row[0]:<{widths[0]}}", *(f"{text:>{width}}" for text, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in rows
    ]


def _total(found: Score, bar: float, router: str, paint: Paint) -> str:
    total, passed = len(found.outcomes), len(found.outcomes) - len(found.failing)
    good = found.reaches(bar)
    verdict = paint("passed" if good else "failed", "green" if good else "red")
    asked = f", asked {router}" if router else ""
    return f"{verdict}: {passed} of {total} as expected ({found.accuracy * 100:.1f} %, at least {bar * 100:g} %){asked}"
