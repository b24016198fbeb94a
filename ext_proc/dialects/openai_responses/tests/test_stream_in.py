from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.answer import (
    Answer,
    Began,
    Closed,
    Ended,
    Event,
    Failed,
    Grew,
    Metered,
    Opened,
    Pinged,
    Stopped,
    Usage,
)
from ext_proc.chat.errors import Fault
from ext_proc.chat.parts import Reasoning, Text, ToolCall
from ext_proc.chat.whole import collect
from ext_proc.dialects.openai_responses import PROVIDER, errors, stream_in
from ext_proc.dialects.openai_responses.tests import streams
from ext_proc.dialects.openai_responses.tests.answers import grown
from ext_proc.dialects.openai_responses.tests.streams import (
    BEGUN,
    CALL,
    FULL,
    HIDDEN,
    PATCH,
    RESPONSE,
    THOUGHT,
    WORDS,
    added,
    created,
    done,
    ended,
    stream,
)

RECORDED = (Path(__file__).parent / "recordings" / "responses--stream.json").read_bytes()


def read(data: bytes, cuts: list[int] | None = None) -> list[Event]:
    decoder, start, events = PROVIDER.stream_decoder(), 0, []
    for cut in [*sorted(cuts or []), len(data)]:
        events += decoder.feed(data[start:cut])
        start = cut
    return events + decoder.flush()


def told(events: list[Any]) -> list[Event]:
    return read(stream(events))


def answered(events: list[Any]) -> Answer:
    return collect(told(events))


def test_a_recorded_stream() -> None:
    events = grown(read(RECORDED))
    assert events[0] == Began(model="gpt-4.1-mini", created_s=123)
    assert [type(event) for event in events[1:]] == [
        *(Opened, Grew, Closed),
        *(Opened, Grew, Closed),
        *(Stopped, Metered, Ended),
    ]
    opened = events[4]
    assert isinstance(opened, Opened)
    assert isinstance(opened.part, ToolCall)
    assert (opened.part.id, opened.part.name) == ("call_xxx", "get_weather")
    assert events[-2] == Metered(usage=Usage(input=12, cached=0, output=8, reasoning=0))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_stream_says_what_its_last_response_says(line_end: str) -> None:
    streamed, whole = collect(read(stream(FULL, line_end))), PROVIDER.decode_answer(RESPONSE)
    assert streamed == whole
    assert streamed.usage == Usage(input=30, cached=10, cache_write=4, output=20, reasoning=8)
    assert streamed.choices[0].logprobs == {"content": [streams.SCORE]}
    assert streamed.choices[0].stop.reason == "tool_use"


@given(st.lists(st.integers(0, len(stream(FULL))), max_size=30))
def test_cuts_change_nothing(cuts: list[int]) -> None:
    assert read(stream(FULL), cuts) == told(FULL)


def test_single_bytes_change_nothing() -> None:
    assert read(RECORDED, list(range(len(RECORDED)))) == read(RECORDED)


def test_words_are_told_as_they_come() -> None:
    decoder = PROVIDER.stream_decoder()
    texts = []
    for event in FULL:
        texts.append([each.text for each in decoder.feed(stream([event])) if isinstance(each, Grew)])
    assert [text for text in texts if text][:3] == [["Loo"], ["k."], ["\n\nThe"]]


def test_thoughts_without_words_are_sealed_ones() -> None:
    first, second = answered(FULL).choices[0].parts[:2]
    assert isinstance(first, Reasoning)
    assert (first.text, first.redacted, first.id) == ("Look.\n\nThen say.", False, "rs_1")
    assert isinstance(second, Reasoning)
    assert (second.redacted, second.signature and second.signature.data) == (True, "b3RoZXI")


def test_progress_is_a_sign_of_life() -> None:
    assert told([{"type": "response.web_search_call.searching", "output_index": 0}])[0] == Pinged()
    assert told([{"type": "keepalive"}])[0] == Pinged()
    assert told([{"type": "never.heard.of"}]) == [Failed(error=errors.cut())]
    assert read(b": comment\n\ndata: [DONE]\n\n")[0] == Failed(error=errors.cut())


class TestServersThatLeaveOut:
    """What some servers do not send is found elsewhere."""

    def test_deltas(self) -> None:
        events = [*created(), *(done(index, item) for index, item in enumerate(streams.OUTPUT)), ended()]
        assert answered(events).choices[0].parts == answered(FULL).choices[0].parts

    def test_deltas_and_what_parts_were(self) -> None:
        events = [event for event in FULL if "delta" not in event["type"]]
        assert answered(events).choices[0].parts == answered(FULL).choices[0].parts

    def test_everything_but_the_end(self) -> None:
        assert answered([ended()]).choices[0].parts == answered(FULL).choices[0].parts

    def test_the_beginning(self) -> None:
        assert isinstance(grown(told([*FULL[3:]]))[0], Began)

    @pytest.mark.parametrize("kind", ["response.output_item.added", "response.content_part.added"])
    def test_that_something_begins(self, kind: str) -> None:
        events = [event for event in FULL if event["type"] != kind]
        assert [_words(part) for part in answered(events).choices[0].parts] == [
            _words(part) for part in answered(FULL).choices[0].parts
        ]

    def test_that_something_ends(self) -> None:
        events = [event for event in FULL if not event["type"].endswith(".done")]
        assert [_words(part) for part in answered(events).choices[0].parts] == [
            _words(part) for part in answered(FULL).choices[0].parts
        ]

    def test_that_something_ends_and_what_was_said(self) -> None:
        events = [event for event in FULL if not event["type"].endswith(".done")]
        parts = answered([*events[:-1], ended(output=[])]).choices[0].parts
        assert [part.text for part in parts if isinstance(part, Text | Reasoning)] == ["Look.\n\nThen say.", "Sunny ☀"]

    def test_the_contents_of_what_ended(self) -> None:
        events = [*streams.message(0, WORDS)[:-1], done(0, WORDS | {"content": []}), ended(output=[])]
        assert [_words(part) for part in answered(events).choices[0].parts] == ["Sunny ☀", "No more."]

    def test_annotations_on_the_way(self) -> None:
        events = [event for event in streams.message(0, WORDS) if "annotation.added" not in event["type"]]
        part = answered([*events, ended(output=[])]).choices[0].parts[0]
        assert isinstance(part, Text)
        assert [each.url for each in part.citations] == ["https://a.example"]

    def test_the_end_of_a_text(self) -> None:
        events = [event for event in streams.call(0, CALL) if "delta" not in event["type"]]
        events[1:1] = [{"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '{"ci'}]
        assert [each.text for each in told([*events, ended(output=[])]) if isinstance(each, Grew)] == [
            '{"ci',
            'ty":"Bern"}',
        ]


def _words(part: Any) -> str:
    return str(getattr(part, "text", "")) or str(getattr(part, "arguments", ""))


def test_items_that_overlap_are_told_one_after_the_other() -> None:
    first, second, third = streams.call(0, CALL), streams.call(1, PATCH), done(2, HIDDEN)
    mixed = [each for pair in zip(first[:-1], second[:5], strict=False) for each in pair]
    events = [*created(), *mixed, second[-1], third, first[-1], added(1, PATCH), second[-1], ended(output=[])]
    parts = answered(events).choices[0].parts
    assert [type(part) for part in parts] == [ToolCall, ToolCall, Reasoning]
    assert [_words(part) for part in parts[:2]] == ['{"city":"Bern"}', "*** Begin"]


def test_thoughts_told_twice_are_told_once() -> None:
    item = THOUGHT | {"content": [{"type": "reasoning_text", "text": "All of it"}]}
    place = {"output_index": 0, "item_id": "rs_1"}
    events = [
        added(0, item),
        {"type": "response.reasoning_text.delta", **place, "content_index": 0, "delta": "All of it"},
        {"type": "response.reasoning_summary_text.delta", **place, "summary_index": 0, "delta": "Look."},
        done(0, item),
        ended(output=[]),
    ]
    part = answered(events).choices[0].parts[0]
    assert isinstance(part, Reasoning)
    assert (part.text, part.summary, part.id) == ("All of it", False, "rs_1")
    assert part.signature is not None


def test_late_words_of_a_part_that_is_over_are_passed_over() -> None:
    place = {"type": "response.output_text.delta", "output_index": 0}
    late = [{**place, "content_index": 0, "delta": "late"}, {**place, "output_index": 7, "delta": "other"}]
    first = streams.message(0, WORDS)
    note = {"type": "response.output_text.annotation.added", "output_index": 0, "content_index": 0, "annotation": {}}
    events = [*first[:-1], *late, note, first[-1], late[0], done(0, WORDS), ended(output=[])]
    assert [_words(part) for part in answered(events).choices[0].parts] == ["Sunny ☀", "No more.", "other"]


def test_an_added_event_without_an_item_says_nothing() -> None:
    empty = [{"type": f"response.output_item.{word}", "output_index": 0} for word in ("added", "done")]
    assert answered([*empty, ended()]).choices[0].parts == answered(FULL).choices[0].parts


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("max_output_tokens", "length"),
        ("content_filter", "content_filter"),
        ("max_messages", "pause"),
        ("new", "length"),
    ],
)
def test_incomplete(reason: str, word: str) -> None:
    stop = answered([ended(status="incomplete", incomplete_details={"reason": reason})]).choices[0].stop
    assert (stop.reason, stop.raw) == (word, reason)


def test_the_name_of_the_last_event_counts() -> None:
    unsaid = {name: value for name, value in BEGUN.items() if name != "status"}
    assert answered([{"type": "response.incomplete", "response": unsaid}]).choices[0].stop.reason == "length"
    assert answered([{"type": "response.completed", "response": BEGUN}]).choices[0].stop.reason == "end"


@pytest.mark.parametrize(
    ("event", "fault", "status", "message"),
    [
        (
            {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "Oops"}}},
            Fault.OUTAGE,
            500,
            "Oops",
        ),
        (
            {"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "Slow"}}},
            Fault.RATE_LIMIT,
            429,
            "Slow",
        ),
        (
            {"type": "error", "code": "context_length_exceeded", "message": "Long", "param": "input"},
            Fault.CONTEXT_LENGTH,
            400,
            "Long",
        ),
        (
            {"type": "error", "error": {"type": "invalid_request_error", "code": None, "message": "Bad"}},
            Fault.CALLER,
            400,
            "Bad",
        ),
        (
            {"type": "response.failed", "response": {"error": {"code": "invalid_image", "message": "Img"}}},
            Fault.CALLER,
            400,
            "Img",
        ),
        (
            {"type": "response.failed", "response": {"error": {"code": "bio_policy", "message": "No"}}},
            Fault.CONTENT_FILTER,
            400,
            "No",
        ),
        ({"type": "response.cancelled", "response": {}}, Fault.OUTAGE, 500, "the provider could not finish its answer"),
        ({"type": "error"}, Fault.OUTAGE, 500, "the provider could not finish its answer"),
    ],
)
def test_failures(event: Any, fault: Fault, status: int, message: str) -> None:
    events = told([*created(), event, ended()])
    assert isinstance(events[-1], Failed)
    error = events[-1].error
    assert (error.fault, error.status, error.message) == (fault, status, message)
    assert not any(isinstance(each, Ended) for each in events)


@pytest.mark.parametrize("count", range(len(FULL)))
def test_a_cut_stream_is_no_answer(count: int) -> None:
    last = told(FULL[:count])[-1]
    assert isinstance(last, Failed)
    assert (last.error.fault, last.error.status) == (Fault.CUT, 502)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "1",
        '{"type":1}',
        '{"type":"response.completed"}',
        '{"type":"response.completed","response":{"usage":{"input_tokens":NaN}}}',
        '{"type":"response.completed","response":{"output":[1]}}',
        '{"type":"response.output_item.added","item":{}}',
        '{"type":"response.output_text.delta","delta":[]}',
        '{"type":"x","y":' + "[" * 100_000,
        '{"type":"x","y":' + "1" * 10_000 + "}",
    ],
)
def test_what_is_none_of_the_dialect(text: str) -> None:
    decoder = PROVIDER.stream_decoder()
    last = decoder.feed(f"data: {text}\n\n".encode())[-1]
    assert isinstance(last, Failed)
    assert last.error.fault is Fault.GARBLED
    assert decoder.feed(stream(FULL)) == []
    assert decoder.flush() == []


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_in, "_MAX_EVENT_BYTES", 100)
    last = PROVIDER.stream_decoder().feed(b"data: " + b"x" * 101)[-1]
    assert isinstance(last, Failed)
    assert last.error.fault is Fault.GARBLED


def test_nothing_follows_the_end() -> None:
    decoder = PROVIDER.stream_decoder()
    assert isinstance(decoder.feed(stream([*FULL, *FULL]))[-1], Ended)
    assert decoder.feed(stream(FULL)) == []
    assert decoder.flush() == []
