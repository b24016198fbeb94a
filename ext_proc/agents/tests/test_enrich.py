from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.agents.enrich import with_answer
from ext_proc.conversation import ConversationError, Dialect, turns
from ext_proc.conversation.tests.conversations import HOSTILE_BODIES, PATHS, SAME
from router_model.choice import Turn

CHAT, MESSAGES, RESPONSES = PATHS
RESULT: dict[str, Any] = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "4"}]}
RESULT_AND_TEXT = [*RESULT["content"], {"type": "text", "text": "q2"}]
CALL = {"type": "tool_use", "id": "c", "name": "look_up", "input": {}}


def anthropic(*messages: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in messages]}


def conversation(body: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(message["role"], message["content"]) for message in body["messages"]]


@pytest.mark.parametrize("path", PATHS)
def test_answers_stand_in_order_before_the_last_thing_the_user_said(path):
    body = with_answer(path, with_answer(path, SAME[path], "flight_agent", "No flights."), "hotel_agent", "One hotel.")
    texts = [turn.text for turn in turns(path, body)]
    assert "\n".join(texts[1:]) == "Cold.\nNo flights.\nOne hotel.\nAnd tomorrow?"


@pytest.mark.parametrize("path", PATHS)
def test_everything_else_stays_as_it_was(path):
    before = copy.deepcopy(SAME[path])
    body: dict[str, Any] = with_answer(path, SAME[path], "flight_agent", "No flights.")
    assert SAME[path] == before
    place = "input" if path == RESPONSES else "messages"
    assert {**body, place: None} == {**before, place: None}
    assert list(body) == list(before)
    kept = body[place] if path != MESSAGES else [*body[place][:3], before[place][3], *body[place][4:]]
    assert [message for message in kept if message in before[place]] == before[place]


def test_chat_names_the_agent_as_openai_allows():
    body: dict[str, Any] = with_answer(CHAT, SAME[CHAT], "flight agent/eu", "No flights.")
    assert body["messages"][-2] == {"role": "assistant", "name": "flight_agent_eu", "content": "No flights."}


def test_an_input_of_text_becomes_items():
    assert with_answer(RESPONSES, {"input": "Hi"}, "a", "Hello.")["input"] == [
        {"type": "message", "role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Hi"},
    ]


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_without_text_adds_nothing(path):
    assert with_answer(path, SAME[path], "a", " \n") == SAME[path]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            anthropic(("user", "q1"), ("assistant", "a1"), ("user", "q2")),
            [("user", "q1"), ("assistant", [{"type": "text", "text": t} for t in ("a1", "new")]), ("user", "q2")],
        ),
        (
            anthropic(("user", "q1"), ("user", "q2")),
            [("user", "q1"), ("assistant", "new"), ("user", "q2")],
        ),
        (
            anthropic(("user", "q1"), ("assistant", [CALL]), ("user", RESULT_AND_TEXT)),
            [
                ("user", "q1"),
                ("assistant", [{"type": "text", "text": "new"}, CALL]),
                ("user", RESULT_AND_TEXT),
            ],
        ),
    ],
    ids=["after an assistant", "between users", "results with text"],
)
def test_anthropic_roles_take_turns_and_results_follow_their_calls(body, expected):
    assert conversation(with_answer(MESSAGES, body, "a", "new")) == expected


def test_an_anthropic_conversation_still_begins_with_a_user():
    first, added, asked = conversation(with_answer(MESSAGES, anthropic(("user", "q1")), "a", "new"))
    assert (first[0], added, asked) == ("user", ("assistant", "new"), ("user", "q1"))
    assert first[1]


def test_a_result_of_a_tool_is_not_what_the_user_said():
    body = anthropic(("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", [CALL]))
    body["messages"].append(RESULT)
    enriched = conversation(with_answer(MESSAGES, body, "a", "new"))
    assert [role for role, _ in enriched] == ["user", "assistant", "user", "assistant", "user"]
    assert enriched[1][1][-1] == {"type": "text", "text": "new"}


@pytest.mark.parametrize("body", [{}, {"messages": "Hi"}, {"messages": []}])
def test_nothing_can_be_added_to_no_conversation(body):
    with pytest.raises(ConversationError):
        with_answer(CHAT, body, "a", "new")


@given(path=st.sampled_from(PATHS), body=HOSTILE_BODIES)
def test_any_conversation_gets_one_more_answer_or_is_refused(path, body):
    try:
        enriched = with_answer(path, body, "a", "A new answer.")
    except ConversationError:
        return
    before = [turn for turn in turns(path, body) if turn.role == "user"]
    after = turns(path, enriched)
    assert any(turn.role == "assistant" and "A new answer." in turn.text for turn in after)
    assert [turn for turn in after if turn.role == "user"][-len(before) :] == before or not before


CONTENTS = st.sampled_from(["x", [CALL], RESULT["content"], [{"type": "text", "text": "y"}, CALL]])


@given(st.lists(CONTENTS, min_size=1, max_size=8))
def test_inserting_never_makes_anthropic_roles_repeat(contents):
    asked = anthropic(*zip(itertools.cycle(["user", "assistant"]), contents, strict=False))
    roles = [role for role, _ in conversation(with_answer(MESSAGES, asked, "a", "new"))]
    assert roles[0] == "user"
    assert all(one != other for one, other in itertools.pairwise(roles))


def test_the_router_sees_who_is_left_to_speak():
    body = with_answer(Dialect.CHAT, {"messages": [{"role": "user", "content": "q"}]}, "a", "new")
    assert turns(CHAT, body) == (Turn("assistant", "new"), Turn("user", "q"))
