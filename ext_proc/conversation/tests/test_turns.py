from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.conversation import ConversationError, Opening, is_fresh_user_turn, opening, turns
from ext_proc.conversation.tests.conversations import HOSTILE_BODIES, PATHS, SAME
from ext_proc.conversation.text import said, says
from ext_proc.conversation.turns import MAX_TURNS
from router_model.choice import Turn

CHAT, MESSAGES, RESPONSES = PATHS
REMINDER = "<system-reminder>The list is empty.</system-reminder>"
HOOK = "<user-prompt-submit-hook>checked</user-prompt-submit-hook>"


def ending(path, message):
    return {"input" if path == RESPONSES else "messages": [{"role": "assistant", "content": "Hello."}, message]}


@pytest.mark.parametrize("path", PATHS)
def test_the_same_conversation_reads_the_same_in_every_dialect(path):
    assert turns(path, SAME[path]) == (
        Turn("user", "Weather in Oslo?"),
        Turn("assistant", "Cold."),
        Turn("user", "And tomorrow?"),
    )
    assert is_fresh_user_turn(path, SAME[path])
    assert opening(path, SAME[path]) == Opening("Be brief.", ("look_up",), "Weather in Oslo?")


def test_an_input_of_text_is_what_a_user_said():
    assert turns(RESPONSES, {"input": "Hi"}) == (Turn("user", "Hi"),)
    assert is_fresh_user_turn(RESPONSES, {"input": "Hi"})
    assert not is_fresh_user_turn(RESPONSES, {"input": f" {REMINDER} "})


def test_a_query_does_not_change_the_dialect_and_other_paths_have_none():
    assert turns("/v1/messages?beta=true", SAME[MESSAGES]) == turns(MESSAGES, SAME[MESSAGES])
    with pytest.raises(ConversationError):
        turns("/v1/embeddings", {})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (f"{REMINDER}Fix the test.{HOOK}", "Fix the test."),
        ([{"type": "text", "text": REMINDER}, {"type": "text", "text": "Fix the test."}], "Fix the test."),
        ([{"type": "text", "text": "One."}, {"type": "image"}, {"type": "text", "text": "Two."}], "One.\nTwo."),
        ("What does <system-reminder> mean?", "What does <system-reminder> mean?"),
        (f"{REMINDER} a {REMINDER} b", "a  b"),
        ("half a pair: \ud83d", "half a pair: \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_what_a_user_said_is_the_text_without_envelopes(content, text):
    assert turns(MESSAGES, {"messages": [{"role": "user", "content": content}]}) == (Turn("user", text),)


def test_an_all_envelope_message_is_no_turn():
    body = {"messages": [{"role": "user", "content": REMINDER + HOOK}, {"role": "user", "content": "Go"}]}
    assert turns(MESSAGES, body) == (Turn("user", "Go"),)


@pytest.mark.parametrize(
    ("path", "message", "fresh"),
    [
        (CHAT, {"role": "user", "content": "Hi"}, True),
        (CHAT, {"role": "user", "content": " \n"}, False),
        (CHAT, {"role": "user", "content": ""}, False),
        (CHAT, {"role": "user"}, False),
        (CHAT, {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}, True),
        (CHAT, {"role": "tool", "tool_call_id": "c", "content": "4"}, False),
        (CHAT, {"role": "assistant", "content": "Hello"}, False),
        (MESSAGES, {"role": "user", "content": REMINDER + HOOK}, False),
        (MESSAGES, {"role": "user", "content": REMINDER + "Hi"}, True),
        (MESSAGES, {"role": "user", "content": [{"type": "tool_result", "content": "4"}]}, False),
        (MESSAGES, {"role": "user", "content": [{"type": "web_search_tool_result", "content": []}]}, False),
        (MESSAGES, {"role": "user", "content": [{"type": "tool_result"}, {"type": "text", "text": REMINDER}]}, False),
        (MESSAGES, {"role": "user", "content": [{"type": "tool_result"}, {"type": "text", "text": "Stop!"}]}, True),
        (MESSAGES, {"role": "user", "content": [{"type": "document", "source": {}}]}, True),
        (MESSAGES, {"role": "user", "content": []}, False),
        (RESPONSES, {"type": "function_call_output", "call_id": "c", "output": "4"}, False),
        (RESPONSES, {"type": "custom_tool_call_output", "call_id": "c", "output": "4"}, False),
        (RESPONSES, {"type": "message", "role": "user", "content": [{"type": "input_image"}]}, True),
        (RESPONSES, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}, True),
        (RESPONSES, {"role": "assistant", "content": "Hello"}, False),
        (RESPONSES, {"type": "reasoning", "role": "user", "content": "Hi"}, False),
    ],
)
def test_a_fresh_turn_is_one_in_which_a_user_speaks(path, message, fresh):
    assert is_fresh_user_turn(path, ending(path, message)) is fresh


@pytest.mark.parametrize("path", PATHS)
def test_no_messages_are_no_fresh_turn(path):
    assert not is_fresh_user_turn(path, {})
    assert opening(path, {}) == Opening("", (), None)


def test_only_the_last_turns_are_kept():
    said = [{"role": "user", "content": str(number)} for number in range(MAX_TURNS + 5)]
    kept = turns(CHAT, {"messages": said})
    assert [turn.text for turn in kept] == [str(number) for number in range(5, MAX_TURNS + 5)]


def test_a_request_is_found_behind_many_results_of_tools():
    results = [{"role": "tool", "content": "x"}] * (MAX_TURNS * 3)
    assert turns(CHAT, {"messages": [{"role": "user", "content": "Go"}, *results]}) == (Turn("user", "Go"),)


@pytest.mark.parametrize("path", PATHS)
def test_the_opening_stays_while_the_conversation_grows(path):
    key = "input" if path == RESPONSES else "messages"
    later = [{"role": "assistant", "content": "Warm."}, {"role": "developer", "content": "New."}]
    assert opening(path, {**SAME[path], key: [*SAME[path][key], *later]}) == opening(path, SAME[path])


def test_a_note_that_changes_with_every_request_is_no_part_of_the_opening():
    def claude_code(nonce: str) -> dict[str, object]:
        note = f"x-anthropic-billing-header: cc_version=2; cch={nonce};"
        return {"system": [{"type": "text", "text": note}, {"type": "text", "text": "You are Claude Code."}]}

    assert opening(MESSAGES, claude_code("0aaa9")) == opening(MESSAGES, claude_code("36ee5"))
    assert opening(MESSAGES, claude_code("0aaa9")).system == "You are Claude Code."
    assert opening(MESSAGES, {"system": "x-anthropic-billing-header: cch=1;\nYou are."}).system == "You are."


def test_tools_are_named_whatever_their_kind():
    tools = [{"type": "web_search"}, {"type": "custom", "custom": {"name": "patch"}}, {"name": "read"}, 7, {"type": 7}]
    assert opening(CHAT, {"tools": tools}).tools == ("web_search", "patch", "read")


@given(path=st.sampled_from(PATHS), body=HOSTILE_BODIES)
def test_no_body_breaks_the_reading(path, body):
    for turn in turns(path, body):
        assert turn.role in ("user", "assistant")
        assert turn.text.strip().encode()
    assert is_fresh_user_turn(path, body) in (True, False)
    begun = opening(path, body)
    assert all(text.encode() is not None for text in (begun.system, *begun.tools, begun.first or ""))
    assert opening(path, body, first=False) == replace(begun, first=None)


@given(path=st.sampled_from(PATHS), text=st.text(), envelope=st.sampled_from([REMINDER, HOOK]))
def test_an_envelope_never_changes_what_was_said(path, text, envelope):
    plain, wrapped = (ending(path, {"role": "user", "content": content}) for content in (text, text + envelope))
    assert turns(path, wrapped) == turns(path, plain)
    assert is_fresh_user_turn(path, wrapped) == is_fresh_user_turn(path, plain)


@given(
    st.lists(st.sampled_from([" ", "\n", "<", "a", REMINDER, HOOK, "<system-reminder>", "</system-reminder>"])).map(
        "".join
    )
)
def test_a_user_speaks_who_says_something(text):
    assert says(text) == bool(said(text))


def test_many_begun_envelopes_take_one_look_each():
    """A pattern that starts over at each of them would take hours."""
    begun = "<system-reminder>" * 200_000
    assert turns(CHAT, {"messages": [{"role": "user", "content": begun}]})[0].text == begun
