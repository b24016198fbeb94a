"""The page of fates says what the tables say."""

from __future__ import annotations

from ext_proc.chat.vocabulary import WORDS
from ext_proc.translate import matrix


def test_the_page_is_current() -> None:
    assert matrix.PAGE.read_text("utf-8") == matrix.page()


def test_every_word_has_a_row() -> None:
    rows = [line for line in matrix.page().splitlines() if line.startswith("| `")]
    assert {f"| `{word}` " for word in WORDS} <= {row[: row.index("|", 2)] for row in rows}
