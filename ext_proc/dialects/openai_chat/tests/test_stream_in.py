from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import Began, Ended, Failed, Grew, Metered, Opened, Pinged, Scored, Signed, Stopped, Usage
from ext_proc.chat.errors import Fault
from ext_proc.chat.parts import Inline, Media, Opaque, Part, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.chat.whole import collect
from ext_proc.dialects.openai_chat import PROVIDER
from ext_proc.dialects.openai_chat.tests.streams import (
    DONE,
    FULL,
    HEAD,
    ROUTER,
    SIDE_BY_SIDE,
    STREAMS,
    USAGE,
    call,
    chunk,
    decoded,
    wire,
)
from ext_proc.dialects.openai_chat.words import NAME

RECORDINGS = Path(__file__).parent / "recordings"
UNPROVED = Signature(NAME, '{"field":"reasoning_content"}')


def parts_of(*chunks: Any, choice: int = 0) -> tuple[Part, ...]:
    return collect(decoded(wire(*chunks))).choices[choice].parts


def test_all_of_a_stream() -> None:
    answer = collect(decoded(wire(*FULL)))
    assert (answer.id, answer.model, answer.created_s) == ("chatcmpl-1", "upstream", 5)
    assert answer.rest == {"service_tier": "default", "system_fingerprint": "fp"}
    assert answer.usage == Usage(input=20, cached=8, output=10, reasoning=4)
    thought, text, called, sound = answer.choices[0].parts
    assert thought == Reasoning(text="Hm ünd so.", signature=UNPROVED)
    assert isinstance(text, Text)
    assert (text.text, text.citations[0].url) == ("Grüße!", "https://a.example")
    assert called == ToolCall(id="call_a", name="first", arguments='{"a":1}')
    assert isinstance(sound, Media)
    assert sound.source == Inline("", "UklGRg==")
    assert sound.extra == {"id": "audio_1", "transcript": "la la", "expires_at": 9}
    assert answer.choices[0].stop.reason == "tool_use"
    assert answer.choices[0].logprobs == {"content": [{"token": "Grüße", "logprob": -0.5}]}
    assert answer.choices[1].parts == (Text(text="Two"), Refusal(text="No"))
    assert answer.choices[1].stop.reason == "refusal"


def test_words_are_told_as_they_come() -> None:
    decoder = PROVIDER.stream_decoder()
    assert decoder.feed(wire(chunk({"content": "a"}), end=b""))[1:] == [
        Opened(part=Text(text=""), index=0),
        Grew(text="a", index=0),
    ]
    assert decoder.feed(wire(chunk({"content": "b"}), end=b"")) == [Grew(text="b", index=0)]
    assert decoder.feed(wire(chunk(call(0, "c", "f", "{")), end=b""))[1:] == [
        Opened(part=ToolCall(id="c", name="f", arguments=""), index=1),
        Grew(text="{", index=1),
    ]
    assert decoder.feed(wire(chunk(call(0, arguments="}")), end=b"")) == [Grew(text="}", index=1)]
    assert Opened(part=ToolCall(id="d", name="g", arguments=""), index=2) in decoder.feed(
        wire(chunk(call(1, "d", "g")), end=b"")
    )


def test_calls_that_grow_side_by_side() -> None:
    assert parts_of(*SIDE_BY_SIDE) == (
        ToolCall(id="call_a", name="first", arguments='{"a":"}\\"{"}'),
        ToolCall(id="call_b", name="second", arguments='{"b":2}'),
        Text(text="words between"),
        ToolCall(id="call_c", name="third", arguments="{}"),
    )


def test_details_of_thoughts() -> None:
    answer = collect(decoded(wire(*ROUTER)))
    proved, hidden, short, text, image = answer.choices[0].parts
    assert isinstance(proved, Reasoning)
    assert proved.text == "I think."
    assert proved.signature is not None
    assert json.loads(proved.signature.data) == {
        "type": "reasoning.text",
        "index": 0,
        "signature": "c2ln",
        "format": "anthropic-claude-v1",
    }
    assert isinstance(hidden, Reasoning)
    assert hidden.redacted
    assert isinstance(short, Reasoning)
    assert (short.text, short.summary) == ("Short.", True)
    assert text == Text(text="Hello")
    assert isinstance(image, Media)
    assert answer.rest == {"provider": "Anthropic"}
    kinds = [type(event) for event in decoded(wire(*ROUTER))]
    assert kinds.count(Signed) == 2


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.data())
@settings(max_examples=60)
def test_any_split_gives_the_same_events(name: str, data: st.DataObject) -> None:
    wired = STREAMS[name].replace(b"\n", data.draw(st.sampled_from([b"\n", b"\r\n", b"\r"])))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wired)), max_size=20)))
    decoder = PROVIDER.stream_decoder()
    events = [
        event
        for start, end in zip([0, *cuts], [*cuts, len(wired)], strict=True)
        for event in decoder.feed(wired[start:end])
    ]
    assert events + decoder.flush() == decoded(STREAMS[name])


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(call(0, "a", "f", "{}")), chunk(call(0, "b", "g", "{}"))],
        [chunk(call(None, "a", "f", "{}")), chunk(call(None, "b", "g", "{}"))],
        [chunk(call(0, "a", "f", "{")), chunk(call(0, "a", "f", "}")), chunk(call(1, "b", "g", "{}"))],
        [chunk(call(0, "a", "", "{")), chunk(call(0, "", "f", "}")), chunk(call(1, "b", "g", "{}"))],
        [chunk(call(None, "a", "f", "{")), chunk(call(None, "", "", "}")), chunk(call(None, "b", "g", "{}"))],
        [chunk(call(0, "", "f", "{")), chunk(call(0, "a", "", "}")), chunk(call(1, "b", "g", "{}"))],
    ],
    ids=["same index", "no index", "id repeated", "name later", "no index in pieces", "id later"],
)
def test_servers_count_calls_in_their_own_ways(chunks: list[Any]) -> None:
    calls = parts_of(chunk({"role": "assistant"}), *chunks, chunk(finish="tool_calls"))
    found = [(part.name, part.arguments) for part in calls if isinstance(part, ToolCall)]
    assert found == [("f", "{}"), ("g", "{}")]


def test_arguments_behind_a_whole_call_are_no_new_call() -> None:
    found = parts_of(
        chunk(call(0, "a", "f", "{}")), chunk(call(1, "b", "g", "{}")), chunk(call(0, arguments=" ")), chunk(finish="x")
    )
    assert [part.arguments for part in found if isinstance(part, ToolCall)] == ["{}", "{}"]


def test_text_tools_and_signatures() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    text = {"tool_calls": [{"index": 1, "id": "b", "type": "custom", "custom": {"name": "patch", "input": "{} a"}}]}
    more = {"tool_calls": [{"index": 1, "custom": {"input": " b"}}]}
    found = parts_of(
        chunk(call(0, "a", "f", "{}", **signed)), chunk(text), chunk({"content": "later"}), chunk(more), chunk()
    )
    assert found == (
        ToolCall(id="a", name="f", arguments="{}", signature=Signature("gemini", "c2ln")),
        ToolCall(id="b", name="patch", arguments="{} a b", custom=True),
        Text(text="later"),
    )


def test_a_function_call() -> None:
    found = parts_of(
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": "{}"}}),
        chunk(finish="function_call"),
    )
    assert found == (ToolCall(id="", name="f", arguments="{}"),)


def test_content_in_parts() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    odd = {"type": "reference", "reference_ids": [1]}
    found = parts_of(
        chunk({"content": [thought, {"type": "text", "text": "a"}, {"type": "text", "text": ""}]}),
        chunk({"content": [odd]}),
        chunk({"content": "b"}),
    )
    assert [type(part) for part in found] == [Reasoning, Text, Opaque, Text]


def test_citations_without_words_of_their_own() -> None:
    cited = {"annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}]}
    found = parts_of(chunk(cited), chunk(finish="stop"))
    assert isinstance(found[0], Text)
    assert found[0].citations[0].url == "https://a.example"
    found = parts_of(chunk(cited), chunk({"content": "x"}))
    assert isinstance(found[0], Text)
    assert (found[0].text, len(found[0].citations)) == ("x", 1)


def test_a_message_where_there_is_no_delta() -> None:
    whole = {
        **HEAD,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}],
    }
    assert parts_of(whole) == (Text(text="x"),)
    assert parts_of(chunk({"content": "x"}), whole) == (Text(text="x"),)


def test_sound_that_is_no_base64_stays_as_it_is() -> None:
    found = parts_of(chunk({"audio": {"data": "a"}}), chunk({"audio": {"data": "b"}}))
    assert isinstance(found[0], Media)
    assert found[0].source == Inline("", "ab")


def test_a_reason_with_every_chunk() -> None:
    found = decoded(wire(chunk({"content": "a"}, "stop"), chunk({"content": "b"}, "stop")))
    assert [event.text for event in found if isinstance(event, Grew)] == ["a", "b"]
    assert [type(event) for event in found][-2:] == [Stopped, Ended]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"finish": "stop", "stop_reason": "END"}, ("stop_sequence", "END")),
        ({"finish": "stop", "stop_reason": 13}, ("end", None)),
        ({"finish": "length"}, ("length", None)),
        ({"finish": "model_length"}, ("context", None)),
        ({"finish": "content_filter"}, ("content_filter", None)),
        ({"finish": "STOP"}, ("end", None)),
        ({"finish": "novel"}, ("end", None)),
        ({}, ("end", None)),
    ],
)
def test_why_it_ended(members: Any, expected: Any) -> None:
    stop = collect(decoded(wire(chunk({"content": "x"}, **members)))).choices[0].stop
    assert (stop.reason, stop.sequence) == expected


def test_stop_behind_calls_means_the_calls() -> None:
    stop = collect(decoded(wire(chunk(call(0, "a", "f", "{}")), chunk(finish="stop")))).choices[0].stop
    assert (stop.reason, stop.raw) == ("tool_use", "stop")


def test_signs_of_life_and_unknown_lines() -> None:
    azure = {"id": "", "object": "", "model": "", "choices": [], "prompt_filter_results": []}
    data = b": OPENROUTER PROCESSING\n\n" + wire(azure, chunk({"role": "assistant"}), chunk({"content": "x"}))
    found = decoded(data)
    assert [type(event) for event in found[:3]] == [Pinged, Began, Pinged]
    assert isinstance(found[1], Began)
    assert found[1].model == "upstream"


def test_counts_anywhere() -> None:
    found = decoded(
        wire(
            chunk({"content": "x"}, usage={"prompt_tokens": 5, "completion_tokens": 1}),
            chunk(finish="stop", x_groq={"usage": {"prompt_tokens": 5, "completion_tokens": 2}}),
        )
    )
    assert [event.usage.output for event in found if isinstance(event, Metered)] == [1, 2]


def test_without_its_marker_a_stream_is_whole_where_every_choice_said_why() -> None:
    ends = [chunk({"content": "x"}, "stop"), {**HEAD, "choices": [], "usage": USAGE}]
    assert isinstance(decoded(wire(*ends, end=b""))[-1], Ended)
    last = decoded(wire(*ends, chunk({"content": "y"}, index=1), end=b""))[-1]
    assert isinstance(last, Failed)
    assert (last.error.fault, last.error.status) == (Fault.CUT, 502)
    assert last.error.message == "the provider's answer ended before it was complete"


@pytest.mark.parametrize("data", [b"", DONE, b"data: [DONE]", b": x\n\n"])
def test_nothing_at_all_is_cut(data: bytes) -> None:
    last = decoded(data)[-1]
    assert isinstance(last, Failed)
    assert last.error.fault is Fault.CUT


def test_the_last_line_may_lack_its_end() -> None:
    assert isinstance(decoded(wire(chunk({"content": "x"}), end=b"data: [DONE]"))[-1], Ended)


@pytest.mark.parametrize(
    ("data", "fault", "status"),
    [
        (wire({"error": {"message": "Oops", "code": 502}}), Fault.OUTAGE, 502),
        (wire({"error": {"message": "Oops", "type": "server_error"}}), Fault.OUTAGE, 500),
        (wire({"error": {"message": "Oops", "code": "rate_limit_exceeded"}}), Fault.RATE_LIMIT, 429),
        (wire({"object": "error", "message": "Oops", "code": 400}), Fault.CALLER, 400),
        (b'event: error\ndata: {"message":"Oops","code":"context_length_exceeded"}\n\n', Fault.CONTEXT_LENGTH, 400),
        (wire(chunk({"content": ""}, "error", error={"message": "Oops", "code": 503})), Fault.OVERLOADED, 503),
    ],
)
def test_errors_in_a_stream(data: bytes, fault: Fault, status: int) -> None:
    decoder = PROVIDER.stream_decoder()
    found = decoder.feed(wire(chunk({"content": "x"}), end=b"") + data)
    assert isinstance(found[-1], Failed)
    assert (found[-1].error.fault, found[-1].error.status, found[-1].error.message) == (fault, status, "Oops")
    assert decoder.feed(DONE) == [] == decoder.flush()


def test_an_answer_that_broke_off() -> None:
    last = decoded(wire(chunk({"content": "x"}, "insufficient_system_resource")))[-1]
    assert isinstance(last, Failed)
    assert last.error.fault is Fault.OVERLOADED


@pytest.mark.parametrize(
    "data",
    [
        b"data: {\n\n",
        b"data: []\n\n",
        b'data: {"choices": 1}\n\n',
        b'data: {"a": NaN}\n\n',
        b'data: {"a": 1e999}\n\n',
        wire(chunk({"content": 1})),
        wire(chunk({}, index=-1)),
        wire(chunk({}, index=10**9)),
        wire(chunk(call(0, "a", "", "{}"))),
        wire(chunk(call(0, "a", "", "{}"), "stop"), end=b""),
        b"data: " + b"x" * (65 << 20),
    ],
    ids=range(11),
)
def test_what_is_no_stream_is_garbled(data: bytes) -> None:
    last = decoded(data)[-1]
    assert isinstance(last, Failed)
    assert (last.error.fault, last.error.status) == (Fault.GARBLED, 502)


def test_scores() -> None:
    found = decoded(
        wire(chunk({"content": "x"}, logprobs={"content": [{"token": "x"}]}), chunk(logprobs={"tokens": []}))
    )
    assert [event for event in found if isinstance(event, Scored)] == [Scored(logprobs={"content": [{"token": "x"}]})]


def test_recorded_streams() -> None:
    bodies = [(RECORDINGS / "completions--stream.json").read_bytes()]
    for path in RECORDINGS.glob("chat-streaming*.yaml"):
        bodies += [each["response"]["body"].encode() for each in yaml.safe_load(path.read_text())["interactions"]]
    assert len(bodies) == 3
    for body in bodies:
        answer = collect(decoded(body, 7))
        assert answer.model == "gpt-5-nano-2025-08-07"
        told = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: {")]
        deltas = [choice["delta"].get("content") or "" for each in told for choice in each["choices"]]
        found = [part.text for part in answer.choices[0].parts if isinstance(part, Text)]
        assert "".join(found) == "".join(deltas)
        counted = [each["usage"] for each in told if each.get("usage")]
        assert (answer.usage is None) == (not counted)
        if answer.usage is not None:
            assert answer.usage.output == counted[-1]["completion_tokens"]


def test_thoughts_between_words_are_each_marked() -> None:
    found = parts_of(chunk({"reasoning_content": "a"}), chunk({"content": "b"}), chunk({"reasoning_content": "c"}))
    thoughts = [part for part in found if isinstance(part, Reasoning)]
    assert [(part.text, part.signature) for part in thoughts] == [("a", UNPROVED), ("c", UNPROVED)]
