"""Which part of a conversation a router model reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_model.choice import Turn
from router_model.trim import ELLIPSIS, cut_middle, estimated_tokens, recent, utf8_bytes

UNTIMED = settings(deadline=None)
TEXT = st.text(st.characters(codec="utf-8"), max_size=400)
TURNS = st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), TEXT), max_size=30)


def user(text: str) -> Turn:
    return Turn("user", text)


def test_everything_is_kept_where_it_fits():
    turns = (user("one"), Turn("assistant", "two"), user("three"))
    assert recent(turns, 100) == turns


def test_only_the_last_sixteen_turns_count():
    assert recent([user(str(number)) for number in range(20)], 10_000)[0] == user("4")


def test_the_first_user_turn_that_overflows_is_cut_in_its_middle_and_ends_the_walk():
    turns = (user("oldest"), user("a" * 400 + "b" * 400), user("c" * 40))
    middle, last = recent(turns, 30)
    assert last == turns[-1]
    assert middle.text == "a" * 46 + ELLIPSIS + "b" * 31


def test_an_assistant_turn_that_overflows_is_dropped_whole():
    assert recent((user("first"), Turn("assistant", "x" * 400), user("last")), 20) == (user("last"),)


@pytest.mark.parametrize("budget", [-50, 0])
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_the_last_turn_stays_even_without_any_room(budget, role):
    (kept,) = recent((user("before"), Turn(role, "x" * 100)), budget)
    assert kept == Turn(role, ELLIPSIS)


def test_what_frames_a_turn_is_counted():
    assert len(recent([user("abcd")] * 8, 20, turn_tokens=4)) == 4


def test_sixty_percent_of_the_beginning_and_forty_of_the_end():
    assert cut_middle("0123456789" * 10, 53) == "012345678901234567890123456789" + ELLIPSIS + "01234567890123456789"


@UNTIMED
@given(TURNS, st.integers(-10, 400), st.integers(0, 20))
def test_a_tail_comes_out_within_the_budget_and_only_the_oldest_is_shortened(turns, budget, turn_tokens):
    kept = recent(turns, budget, turn_tokens=turn_tokens)
    assert bool(kept) == bool(turns)
    tail = turns[len(turns) - len(kept) :]
    assert list(kept[1:]) == tail[1:]
    assert [turn.role for turn in kept] == [turn.role for turn in tail]
    spent = sum(estimated_tokens(utf8_bytes(turn.text)) + turn_tokens for turn in kept)
    assert spent <= max(budget, 0) or [turn.text for turn in kept] == [ELLIPSIS]


@UNTIMED
@given(TEXT, st.integers(0, 500))
def test_a_cut_text_is_a_beginning_and_an_end_and_as_long_as_there_is_room(text, room):
    cut = cut_middle(text, room)
    if utf8_bytes(text) <= room:
        assert cut == text
        return
    assert utf8_bytes(cut) <= max(room, utf8_bytes(ELLIPSIS))
    assert any(
        text.startswith(cut[:at]) and text.endswith(cut[at + 1 :]) for at, char in enumerate(cut) if char == ELLIPSIS
    )
    if room >= utf8_bytes(ELLIPSIS):
        assert utf8_bytes(cut) > room - 8
