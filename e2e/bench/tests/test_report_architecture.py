"""The two pages that say what a decision costs say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from e2e.bench.report_architecture import BEGIN, END, FIGURES, PAGE, rewritten

ROOT = Path(__file__).parents[3]


def test_the_architecture_page_has_the_figures_of_the_benchmark() -> None:
    page = (ROOT / PAGE).read_text()
    assert rewritten(page, json.loads((ROOT / FIGURES).read_text())) == page


def test_figures_are_replaced_and_the_rest_of_the_page_stays() -> None:
    benchmarks = json.loads((ROOT / FIGURES).read_text())
    page = rewritten(f"before\n{BEGIN}\nold\n{END}\nafter", benchmarks)
    assert page.startswith(f"before\n{BEGIN}\n")
    assert page.endswith(f"{END}\nafter")
    assert "old" not in page
    assert rewritten(page, benchmarks) == page


def test_a_page_without_a_place_for_the_figures_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place"):
        rewritten("before", {})
