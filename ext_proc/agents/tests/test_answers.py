from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.agents.answers import AnswerReader, reader_for
from ext_proc.agents.failures import AnswerError, Reason
from ext_proc.agents.tests.answers_sent import JSON, SSE, cut, events, stream, whole
from ext_proc.agents.usage import Usage
from ext_proc.conversation import Dialect

RECORDINGS = Path(__file__).parent / "recordings"
DIALECTS = st.sampled_from(list(Dialect))
# Pieces with half surrogate pairs too, as a body with escapes may carry them.
PIECES = st.lists(st.text(st.characters(exclude_categories=()), max_size=12), max_size=6)
PLACES = st.lists(st.integers(min_value=0), max_size=12)


def read(dialect, content_type, chunks, **limits):
    reader = AnswerReader(dialect, content_type, **limits)
    text = "".join([reader.feed(chunk) for chunk in chunks])
    return text + reader.finish(), reader.usage


def failure(dialect, content_type, chunks, **limits):
    with pytest.raises(AnswerError) as caught:
        read(dialect, content_type, chunks, **limits)
    return caught.value.reason


def clean(text: str) -> str:
    """Pairs joined, lone halves replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(dialect=DIALECTS, pieces=PIECES, places=PLACES, line_end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_stream_says_the_same_however_it_is_cut(dialect, pieces, places, line_end):
    sent = stream(events(dialect, pieces), line_end)
    assert read(dialect, SSE, cut(sent, places)) == (clean("".join(pieces)), Usage(3, 2))


@given(dialect=DIALECTS, text=st.text(st.characters(exclude_categories=())), places=PLACES)
def test_a_whole_body_says_the_same_however_it_is_cut(dialect, text, places):
    assert read(dialect, JSON, cut(whole(dialect, text), places)) == (clean(text), Usage(3, 2))


@given(dialect=DIALECTS, text=st.text(min_size=1, max_size=8), places=PLACES)
def test_characters_may_be_cut_in_the_middle(dialect, text, places):
    """Unescaped this time: the bytes of a character come in different chunks."""
    sent = [
        (name, json.dumps(json.loads(data), ensure_ascii=False) if data[0] == "{" else data)
        for name, data in events(dialect, [text])
    ]
    assert read(dialect, SSE, cut(stream(sent), places))[0] == text


@given(dialect=DIALECTS, pieces=st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4), data=st.data())
def test_a_stream_cut_before_its_end_is_never_an_answer(dialect, pieces, data):
    sent = events(dialect, pieces)
    ends = [i for i, (_, plain) in enumerate(sent) if '"finish_reason": "stop"' in plain] or [len(sent) - 1]
    before_the_end = len(stream(sent[: ends[0]]))
    length = data.draw(st.integers(0, before_the_end))
    assert failure(dialect, SSE, [stream(sent)[:length]]) is Reason.CUT


@given(dialect=DIALECTS, data=st.data())
def test_a_whole_body_cut_before_its_end_is_never_an_answer(dialect, data):
    sent = whole(dialect, "Cold.")
    length = data.draw(st.integers(0, len(sent) - 1))
    assert failure(dialect, JSON, [sent[:length]]) is Reason.CONFUSED


@pytest.mark.parametrize("dialect", Dialect)
def test_the_end_marker_needs_no_blank_line_after_it(dialect):
    sent = stream(events(dialect, ["Cold."]))
    assert read(dialect, SSE, [sent.rstrip(b"\n")])[0] == "Cold."


@pytest.mark.parametrize("finish", ["stop", "length", "tool_calls"])
def test_a_finish_reason_is_an_end_even_without_done(finish):
    sent = [("", json.dumps({"choices": [{"index": 0, "delta": {"content": "Cold."}, "finish_reason": finish}]}))]
    assert read(Dialect.CHAT, SSE, [stream(sent)])[0] == "Cold."


@pytest.mark.parametrize(
    ("dialect", "name", "plain"),
    [
        (Dialect.CHAT, "", {"error": {"message": "no"}}),
        (Dialect.CHAT, "error", {"message": "no"}),
        (Dialect.CHAT, "", {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}),
        (Dialect.MESSAGES, "error", {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}),
        (Dialect.RESPONSES, "error", {"type": "error", "message": "no"}),
        (Dialect.RESPONSES, "response.failed", {"type": "response.failed", "response": {}}),
        (Dialect.RESPONSES, "response.cancelled", {"type": "response.cancelled", "response": {}}),
    ],
)
def test_an_error_in_the_middle_is_a_failure(dialect, name, plain):
    sent = [*events(dialect, ["Col"])[:2], (name, json.dumps(plain)), *events(dialect, ["d."])]
    assert failure(dialect, SSE, [stream(sent)]) is Reason.SAID_ERROR


@pytest.mark.parametrize(
    ("dialect", "plain", "reason"),
    [
        (Dialect.CHAT, {"error": {"message": "no"}}, Reason.SAID_ERROR),
        (Dialect.CHAT, {"answer": "Cold."}, Reason.CONFUSED),
        (Dialect.CHAT, {"choices": []}, Reason.CONFUSED),
        (Dialect.MESSAGES, {"type": "error", "error": {}}, Reason.SAID_ERROR),
        (Dialect.MESSAGES, {"content": "Cold."}, Reason.CONFUSED),
        (Dialect.RESPONSES, {"status": "failed", "error": {"code": "x"}, "output": []}, Reason.SAID_ERROR),
        (Dialect.RESPONSES, {"status": "in_progress", "output": []}, Reason.SAID_ERROR),
        (Dialect.RESPONSES, {"output": "Cold."}, Reason.CONFUSED),
        (Dialect.RESPONSES, [], Reason.CONFUSED),
    ],
)
def test_a_body_that_is_no_answer_is_a_failure(dialect, plain, reason):
    assert failure(dialect, JSON, [json.dumps(plain).encode()]) is reason


@pytest.mark.parametrize("data", ["hello", "[]", "[" * 100_000, '{"type": 7}'], ids=["word", "list", "deep", "type"])
@pytest.mark.parametrize("dialect", Dialect)
def test_an_event_of_no_dialect_is_a_failure(dialect, data):
    assert failure(dialect, SSE, [stream([("", data), ("", "{}")])]) is Reason.CONFUSED


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "application/x+json", ""])
def test_json_is_told_by_its_content_type(content_type):
    assert read(Dialect.CHAT, content_type, [whole(Dialect.CHAT, "Cold.")])[0] == "Cold."


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (503, {"content-type": JSON}, Reason.STATUS),
        (302, {"content-type": JSON}, Reason.STATUS),
        (200, {"content-type": "text/html"}, Reason.CONFUSED),
        (200, {"content-type": JSON, "content-encoding": "gzip"}, Reason.CONFUSED),
    ],
)
def test_a_head_that_promises_no_answer_is_a_failure(status, headers, reason):
    with pytest.raises(AnswerError) as caught:
        reader_for(status, headers, Dialect.CHAT)
    assert (caught.value.reason, caught.value.status) == (reason, status if reason is Reason.STATUS else None)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_text_beyond_the_limit_is_a_failure_not_a_shorter_text(dialect):
    assert failure(dialect, SSE, [stream(events(dialect, ["é"] * 6))], max_text_bytes=11) is Reason.TOO_LARGE
    assert failure(dialect, JSON, [whole(dialect, "é" * 6)], max_text_bytes=11) is Reason.TOO_LARGE
    assert read(dialect, JSON, [whole(dialect, "é" * 6)], max_text_bytes=12)[0] == "é" * 6


@pytest.mark.parametrize("content_type", [SSE, JSON])
def test_a_body_without_an_end_is_not_kept(content_type):
    megabyte = b"data: " + b"x" * (1 << 20)
    assert failure(Dialect.CHAT, content_type, [megabyte] * 20) is Reason.TOO_LARGE


def test_an_answer_that_comes_only_with_its_end_is_heard_once():
    end = events(Dialect.RESPONSES, ["Cold."])[-1]
    assert read(Dialect.RESPONSES, SSE, [stream([end])])[0] == "Cold."


@pytest.mark.parametrize(
    ("dialect", "name", "text", "usage"),
    [
        (Dialect.MESSAGES, "anthropic--basic", "Hi there! How are you doing today?", Usage(15, 21)),
        (Dialect.MESSAGES, "anthropic--stream_basic", "Hi there! How are you doing today? Is there", Usage(15, 21)),
        (Dialect.MESSAGES, "anthropic--stream_tool", "", Usage(15, 12)),
        (Dialect.CHAT, "completions--stream", "Hi there! How can I help today?", None),
        (Dialect.CHAT, "completions--tool_call", "", Usage(25, 18)),
        (Dialect.RESPONSES, "responses--basic", "Hello! How can I assist you today?", Usage(10, 10)),
        (Dialect.RESPONSES, "responses--stream", "Hello", Usage(12, 8)),
        (Dialect.RESPONSES, "responses--tool", "I will check that.", Usage(30, 5)),
    ],
)
def test_recorded_answers_are_read(dialect, name, text, usage):
    sent = (RECORDINGS / f"{name}.json").read_bytes()
    heard, counted = read(dialect, SSE if "stream" in name else JSON, [sent])
    assert heard.startswith(text) and bool(heard) == bool(text)
    assert usage is None or counted == usage


def test_thoughts_are_no_answer():
    sent = (RECORDINGS / "anthropic--stream_thinking.json").read_bytes()
    heard = read(Dialect.MESSAGES, SSE, [sent])[0]
    thoughts = [event for event in sent.decode().split("\n\n") if "thinking_delta" in event]
    assert heard and thoughts
    assert not any(json.loads(t.partition("data: ")[2])["delta"]["thinking"] in heard for t in thoughts)
