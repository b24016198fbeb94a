"""A score as JSON writes it, for scripts. The names of its members are an interface."""

from __future__ import annotations

from typing import Any

from control_plane.routing.score import Score


def plain(found: Score, bar: float, router: str) -> dict[str, Any]:
    return {
        "ok": found.reaches(bar),
        "total": len(found.outcomes),
        "passed": len(found.outcomes) - len(found.failing),
        "accuracy": found.accuracy,
        "min_accuracy": bar,
        "router": router,
        "routes": [
            {
                "name": one.name,
                "expected": one.expected,
                "chosen": one.chosen,
                "right": one.right,
                "precision": one.precision,
                "recall": one.recall,
                "f1": one.f1,
            }
            for one in found.routes
        ],
        "confusion": [
            {"expected": expected, "chosen": chosen, "cases": count} for (expected, chosen), count in found.confusion
        ],
        "failures": [
            {
                "file": one.case.place.file,
                "line": one.case.place.line,
                "text": one.case.said,
                "expected": list(one.case.expected),
                "chosen": list(one.chosen),
                "answered": one.answered,
                "why": one.why,
                "confidence": one.confidence,
            }
            for one in found.failing
        ],
    }
