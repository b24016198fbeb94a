from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import Answer, Began, Cited, Ended, Event, Failed, Grew, Metered, Opened, Stopped, Usage
from ext_proc.chat.errors import Fault
from ext_proc.chat.parts import Citation, Inline, Media, Opaque, Part, Reasoning, Signature, Text, ToolCall
from ext_proc.chat.whole import collect
from ext_proc.dialects.bedrock_converse import PROVIDER
from ext_proc.dialects.bedrock_converse.tests.frames import event, exception, framed, message

OWN = "bedrock_converse"
RECORDINGS = Path(__file__).parent / "recordings"
START = event("messageStart", role="assistant")
USAGE = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 2}
METADATA = event("metadata", usage=USAGE, metrics={"latencyMs": 1})
FULL = b"".join(
    [
        START,
        event("contentBlockDelta", contentBlockIndex=0, delta={"reasoningContent": {"text": "h"}}),
        event("contentBlockDelta", contentBlockIndex=0, delta={"reasoningContent": {"text": "m"}}),
        event("contentBlockDelta", contentBlockIndex=0, delta={"reasoningContent": {"signature": "c2ln"}}),
        event("contentBlockStop", contentBlockIndex=0),
        event("contentBlockDelta", contentBlockIndex=1, delta={"reasoningContent": {"redactedContent": "aGlk"}}),
        event("contentBlockStop", contentBlockIndex=1),
        event("contentBlockDelta", contentBlockIndex=2, delta={"text": "Grüezi "}),
        event("contentBlockDelta", contentBlockIndex=2, delta={"text": "you"}),
        event(
            "contentBlockDelta", contentBlockIndex=2, delta={"citation": {"title": "A", "source": "https://a.example"}}
        ),
        event("contentBlockStop", contentBlockIndex=2),
        event(
            "contentBlockStart",
            contentBlockIndex=3,
            start={"toolUse": {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use"}},
        ),
        event("contentBlockDelta", contentBlockIndex=3, delta={"toolUse": {"input": '{"q":'}}),
        event("contentBlockDelta", contentBlockIndex=3, delta={"toolUse": {"input": "1}"}}),
        event("contentBlockStop", contentBlockIndex=3),
        event("contentBlockStart", contentBlockIndex=4, start={"toolResult": {"toolUseId": "s", "type": "found"}}),
        event("contentBlockDelta", contentBlockIndex=4, delta={"toolResult": [{"json": {"a": 1}}]}),
        event("contentBlockStop", contentBlockIndex=4),
        event("contentBlockStart", contentBlockIndex=5, start={"image": {"format": "png"}}),
        event("contentBlockDelta", contentBlockIndex=5, delta={"image": {"source": {"bytes": "iVBO"}}}),
        event("contentBlockStop", contentBlockIndex=5),
        event("contentBlockStart", contentBlockIndex=6, start={"toolUse": {"toolUseId": "t", "name": "weather"}}),
        event("contentBlockDelta", contentBlockIndex=6, delta={"toolUse": {"input": '{"city":'}}),
        event("contentBlockDelta", contentBlockIndex=6, delta={"toolUse": {"input": '"Bern"}'}}),
        event("contentBlockStop", contentBlockIndex=6),
        event("messageStop", stopReason="tool_use"),
        METADATA,
    ]
)
CITATION = Citation(origin=OWN, raw={"title": "A", "source": "https://a.example"}, url="https://a.example", title="A")
PARTS: tuple[Part, ...] = (
    Reasoning(text="hm", signature=Signature(OWN, "c2ln")),
    Reasoning(redacted=True, signature=Signature(OWN, "aGlk")),
    Text(text="Grüezi you", citations=(CITATION,)),
    Opaque(
        origin=OWN,
        kind="toolUse",
        raw={"toolUse": {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use", "input": {"q": 1}}},
    ),
    Opaque(
        origin=OWN,
        kind="toolResult",
        raw={"toolResult": {"toolUseId": "s", "type": "found", "content": [{"json": {"a": 1}}]}},
    ),
    Media(kind="image", source=Inline("image/png", "iVBO")),
    ToolCall(id="t", name="weather", arguments='{"city":"Bern"}'),
)
STREAMS = (FULL, *(path.read_bytes() for path in sorted(RECORDINGS.glob("*.bin"))))


def decode(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    return [found for chunk in chunks for found in decoder.feed(chunk)] + decoder.flush()


def told(*frames: bytes) -> Answer:
    return collect(decode(START, *frames, event("messageStop", stopReason="end_turn"), METADATA))


def failure(*frames: bytes) -> Failed:
    events = decode(*frames)
    assert isinstance(events[-1], Failed)
    assert not any(isinstance(each, Ended) for each in events)
    return events[-1]


def test_parts_of_every_kind() -> None:
    answer = collect(decode(FULL))
    assert answer.choices[0].parts == PARTS
    assert answer.choices[0].stop.reason == "tool_use"
    assert answer.usage == Usage(input=12, cached=2, output=5)


def test_recorded_streams() -> None:
    assert collect(decode((RECORDINGS / "basic.bin").read_bytes())).usage == Usage(input=15, output=142)
    tools = collect(decode((RECORDINGS / "tool.bin").read_bytes())).choices[0]
    assert [part.name for part in tools.parts if isinstance(part, ToolCall)] == ["top_song", "hello"]
    assert tools.parts[0] == Text(text="I'll call both tools.")


@settings(deadline=None)
@given(st.sampled_from(STREAMS), st.data())
def test_any_split_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks: Sequence[bytes] = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*chunks) == decode(stream)


@settings(deadline=None)
@given(st.sampled_from(STREAMS), st.data())
def test_a_stream_that_is_cut_is_no_answer(stream: bytes, data: st.DataObject) -> None:
    """But for one thing: it may end where only the count of tokens is missing."""
    events = decode(stream[: data.draw(st.integers(0, len(stream) - 1))])
    whole = any(isinstance(each, Stopped) for each in events) and not any(isinstance(each, Metered) for each in events)
    assert isinstance(events[-1], Ended) if whole and not _fails(events) else _fails(events)


def _fails(events: list[Event]) -> bool:
    return isinstance(events[-1], Failed) and events[-1].error.fault is Fault.CUT


def test_words_are_told_as_they_come() -> None:
    decoder = PROVIDER.stream_decoder()
    assert decoder.feed(START) == [Began()]
    first = decoder.feed(event("contentBlockDelta", contentBlockIndex=0, delta={"text": "a"}))
    assert first == [Opened(part=Text(text=""), index=0), Grew(text="a", index=0)]
    cited = decoder.feed(event("contentBlockDelta", contentBlockIndex=0, delta={"citation": CITATION.raw}))
    assert cited == [Cited(citation=CITATION, index=0)]


def test_the_end_comes_with_the_counts() -> None:
    decoder = PROVIDER.stream_decoder()
    decoder.feed(START + event("contentBlockDelta", contentBlockIndex=0, delta={"text": "a"}))
    assert not any(isinstance(each, Ended) for each in decoder.feed(event("messageStop", stopReason="end_turn")))
    assert decoder.feed(event("contentBlockDelta", contentBlockIndex=9, delta={"text": "late"})) == []
    assert isinstance(decoder.feed(METADATA)[-1], Ended)
    assert decoder.feed(START) == []
    assert decoder.flush() == []


def test_counts_may_come_first_or_not_at_all() -> None:
    stop = event("messageStop", stopReason="end_turn")
    assert isinstance(decode(START, METADATA, stop)[-1], Ended)
    assert isinstance(decode(START, stop)[-1], Ended)
    assert isinstance(decode(START, stop, event("metadata", metrics={}))[-1], Ended)


def test_a_call_without_arguments_has_an_empty_object() -> None:
    start = event("contentBlockStart", contentBlockIndex=0, start={"toolUse": {"toolUseId": "t", "name": "now"}})
    assert told(start).choices[0].parts == (ToolCall(id="t", name="now", arguments="{}"),)


def test_the_tool_that_stands_for_an_answer_is_text() -> None:
    start = event(
        "contentBlockStart", contentBlockIndex=0, start={"toolUse": {"toolUseId": "t", "name": "plano_json_answer"}}
    )
    delta = event("contentBlockDelta", contentBlockIndex=0, delta={"toolUse": {"input": '{"a":1}'}})
    answer = told(start, delta)
    assert answer.choices[0].parts == (Text(text='{"a":1}'),)
    assert answer.choices[0].stop.reason == "end"


def test_blocks_nobody_ends_end_with_the_next() -> None:
    frames = [
        event("contentBlockDelta", contentBlockIndex=0, delta={"text": "a"}),
        event("contentBlockDelta", contentBlockIndex=1, delta={"text": "b"}),
        event("contentBlockStart", contentBlockIndex=2),
        event("contentBlockStart", contentBlockIndex=3, start={"novelty": {}}),
        event("contentBlockDelta", contentBlockIndex=3, delta={"novelty": 1}),
        event("contentBlockDelta", contentBlockIndex=4, delta={"text": "c"}),
    ]
    assert told(*frames).choices[0].parts == (Text(text="a"), Text(text="b"), Text(text="c"))


def test_a_failed_image_stays_what_it_is() -> None:
    start = event("contentBlockStart", contentBlockIndex=0, start={"image": {"format": "png"}})
    delta = event("contentBlockDelta", contentBlockIndex=0, delta={"image": {"error": {"message": "no"}}})
    assert told(start, delta).choices[0].parts == (
        Opaque(origin=OWN, kind="image", raw={"image": {"format": "png", "error": {"message": "no"}}}),
    )


def test_unknown_events_are_passed_over() -> None:
    assert told(event("novelty", a=1), message({":event-type": "novelty"}, b"{}")).choices[0].parts == ()


@pytest.mark.parametrize(
    ("name", "fault", "status"),
    [
        ("throttlingException", Fault.RATE_LIMIT, 429),
        ("modelStreamErrorException", Fault.OUTAGE, 424),
        ("internalServerException", Fault.OUTAGE, 500),
        ("serviceUnavailableException", Fault.OVERLOADED, 503),
        ("validationException", Fault.CALLER, 400),
        ("modelTimeoutException", Fault.TIMEOUT, 408),
        ("novelException", Fault.OUTAGE, 500),
    ],
)
def test_exceptions(name: str, fault: Fault, status: int) -> None:
    error = failure(START, exception(name, b'{"message":"no"}')).error
    assert (error.fault, error.status, error.message, error.code) == (fault, status, "no", name)


def test_an_exception_that_says_nothing() -> None:
    assert failure(exception("throttlingException", b"?")).error.message == "the provider could not finish its answer"


def test_an_exception_says_what_the_model_said() -> None:
    payload = b'{"originalStatusCode":500,"originalMessage":"the model broke"}'
    assert failure(exception("modelStreamErrorException", payload)).error.message == "the model broke"


def test_an_error_of_the_protocol() -> None:
    headers = {":message-type": "error", ":error-code": "InternalFailure", ":error-message": "oh"}
    error = failure(START, message(headers, b"")).error
    assert (error.code, error.message, error.fault) == ("InternalFailure", "oh", Fault.OUTAGE)


@pytest.mark.parametrize(
    "frame",
    [
        METADATA[:-1] + b"\x00",
        message({":event-type": "messageStop"}, b"{"),
        message({":event-type": "messageStop"}, b"[]"),
        message({":event-type": "messageStop"}, b"\xff"),
        message({":event-type": "messageStop"}, b'{"stopReason":NaN}'),
        event("messageStop", stopReason=1),
        event("messageStop", stopReason="malformed_tool_use"),
        event("contentBlockDelta", contentBlockIndex=0),
        event("contentBlockDelta", contentBlockIndex=0, delta={"toolUse": {"input": "{"}}),
        event("contentBlockStart", contentBlockIndex=0, start={"toolUse": {"toolUseId": "t"}}),
        framed(b"\x01a\x0a", b"{}"),
    ],
)
def test_what_cannot_be_understood(frame: bytes) -> None:
    assert failure(START, frame, METADATA).error.fault is Fault.GARBLED


def test_garbage_after_words_does_not_take_them_back() -> None:
    delta = event("contentBlockDelta", contentBlockIndex=0, delta={"text": "a"})
    assert isinstance(decode(START, delta, event("messageStop", stopReason="malformed_model_output"))[-1], Ended)
