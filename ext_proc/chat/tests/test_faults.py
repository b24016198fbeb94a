from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat import fault_page
from ext_proc.chat.errors import Fault
from ext_proc.chat.fault_rows import PHRASES, STATUSES, STRONG_WORDS, WEAK_WORDS, Phrase, Word
from ext_proc.chat.faults import classify
from ext_proc.translate.failing import FAIL_OVER


@pytest.mark.parametrize("word", STRONG_WORDS, ids=lambda word: word.text)
@pytest.mark.parametrize("status", [400, 429, 500])
def test_a_strong_word_decides_alone(word: Word, status: int) -> None:
    assert classify(status, ("", word.text.upper()), "rate limit reached, input is too long") is word.fault


@pytest.mark.parametrize("row", PHRASES, ids=lambda row: row.example)
@pytest.mark.parametrize("status", [400, 429, 500])
def test_a_message_decides_before_the_status(row: Phrase, status: int) -> None:
    assert classify(status, ("invalid_request_error", "whatever"), row.example) is row.fault


@pytest.mark.parametrize("word", WEAK_WORDS, ids=lambda word: word.text)
def test_a_weak_word_says_only_whose_fault_it_is(word: Word) -> None:
    assert classify(400, (word.text,), "no") is word.fault
    assert classify(500, (word.text,), "no") is word.fault
    assert classify(429, (word.text,), "no") is Fault.RATE_LIMIT
    assert classify(400, (word.text,), "Input is too long for requested model.") is Fault.CONTEXT_LENGTH


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_alone(status: int) -> None:
    assert classify(status, (), "") is STATUSES[status]


@pytest.mark.parametrize(
    ("status", "fault"), [(409, Fault.CALLER), (422, Fault.CALLER), (500, Fault.OUTAGE), (502, Fault.OUTAGE)]
)
def test_other_statuses(status: int, fault: Fault) -> None:
    assert classify(status, ("",), "") is fault


def test_the_more_telling_word_comes_first() -> None:
    assert classify(429, ("insufficient_quota", "rate_limit_error"), "") is Fault.QUOTA


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("Too many tokens, please wait before trying again.", Fault.RATE_LIMIT),
        ("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", Fault.CONTEXT_LENGTH),
        ("The model `gpt-9` does not exist or you do not have access to it.", Fault.NOT_FOUND),
        ("the request exceeds the available context size. try increasing it", Fault.CONTEXT_LENGTH),
        ("You have run out of credits or need a Grok subscription.", Fault.QUOTA),
        ("Invocation of model ID x with on-demand throughput isn't supported.", Fault.NOT_FOUND),
        ("x" * 2000 + "prompt is too long", Fault.RATE_LIMIT),
    ],
)
def test_messages_as_they_are_met(message: str, fault: Fault) -> None:
    assert classify(429, (), message) is fault


@given(st.integers(0, 999), st.lists(st.text(max_size=20), max_size=3), st.text())
def test_any_error_has_a_class(status: int, words: list[str], message: str) -> None:
    assert classify(status, tuple(words), message) in Fault


def test_no_row_stands_twice() -> None:
    words = [word.text for word in (*STRONG_WORDS, *WEAK_WORDS)]
    assert len(words) == len(set(words))
    assert all(word == word.lower() for word in words)


def test_the_page_is_what_the_table_says() -> None:
    assert fault_page.PAGE.read_text("utf-8") == fault_page.page()
    assert fault_page.main(["--check"]) == 0


def test_a_page_that_is_not_current_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fault_page, "PAGE", tmp_path / "page.md")
    (tmp_path / "page.md").write_text("old", "utf-8")
    assert fault_page.main(["--check"]) == 1
    assert "not current" in capsys.readouterr().out
    assert fault_page.main([]) == 0
    assert fault_page.main(["--check"]) == 0


def test_the_page_tells_every_class_and_what_follows() -> None:
    text = fault_page.page()
    for fault in Fault:
        line = next(line for line in text.splitlines() if line.startswith(f"| `{fault}` |"))
        assert line.endswith(f"| {'yes' if fault in FAIL_OVER else 'no'} |")
