"""A provider's stream becomes events, the same for every way to cut it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import (
    Answer,
    Began,
    Cited,
    Closed,
    Ended,
    Event,
    Failed,
    Grew,
    Metered,
    Opened,
    Pinged,
    Signed,
    Stop,
    Stopped,
    Usage,
)
from ext_proc.chat.errors import Fault
from ext_proc.chat.parts import Inline, Media, Opaque, Reasoning, Signature, Text, ToolCall
from ext_proc.chat.whole import collect
from ext_proc.dialects.gemini import PROVIDER, stream_in
from ext_proc.dialects.gemini.frames import Frames

RECORDINGS = Path(__file__).parent / "recordings"
Chunk = dict[str, Any]


def chunk(*parts: Chunk, finish: str = "", index: int = 0, **more: Any) -> Chunk:
    candidate: Chunk = {"content": {"parts": list(parts), "role": "model"}, "index": index, **more}
    ended = {"finishReason": finish} if finish else {}
    return {"candidates": [candidate | ended], "responseId": "r", "modelVersion": "m"}


def sse(*chunks: object) -> bytes:
    return b"".join(b"data: %b\r\n\r\n" % json.dumps(each, ensure_ascii=False).encode() for each in chunks)


def array(*chunks: object) -> bytes:
    return json.dumps(chunks, indent=1, ensure_ascii=False).encode()


def events(*pieces: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    return [*(event for piece in pieces for event in decoder.feed(piece)), *decoder.flush()]


def answer(*chunks: object) -> Answer:
    return collect(events(sse(*chunks)))


def failure(found: list[Event]) -> Failed:
    (failed,) = [event for event in found if isinstance(event, Failed)]
    assert found[-1] is failed
    return failed


def call(name: str = "", **more: Any) -> Chunk:
    return {"functionCall": {**({"name": name} if name else {}), **more}}


FULL = (
    chunk({"text": "Hm", "thought": True}),
    chunk({"text": "m.", "thought": True}),
    chunk({"text": "Grüß"}),
    chunk({"text": " Gott 🌞"}),
    {**chunk(call("f", id="f1", args={"x": 'a"}]'})), "usageMetadata": {"promptTokenCount": 5}},
    {
        **chunk({"text": "", "thoughtSignature": "c2ln"}, finish="STOP"),
        "usageMetadata": {
            "promptTokenCount": 5,
            "candidatesTokenCount": 3,
            "thoughtsTokenCount": 2,
            "totalTokenCount": 10,
        },
    },
)


def test_a_stream() -> None:
    found = events(sse(*FULL))
    assert found == [
        Began(id="r", model="m"),
        Opened(part=Reasoning(), index=0),
        Grew(text="Hm", index=0),
        Grew(text="m.", index=0),
        Closed(part=Reasoning(text="Hmm."), index=0),
        Opened(part=Text(text=""), index=1),
        Grew(text="Grüß", index=1),
        Grew(text=" Gott 🌞", index=1),
        Closed(part=Text(text="Grüß Gott 🌞"), index=1),
        Opened(part=ToolCall(id="f1", name="f", arguments=""), index=2),
        Grew(text='{"x":"a\\"}]"}', index=2),
        Closed(part=ToolCall(id="f1", name="f", arguments='{"x":"a\\"}]"}'), index=2),
        Metered(usage=Usage(input=5)),
        Opened(part=Text(text=""), index=3),
        Signed(signature=Signature("gemini", "c2ln"), index=3),
        Closed(part=Text(text="", signature=Signature("gemini", "c2ln")), index=3),
        Stopped(stop=Stop(reason="tool_use", raw="STOP")),
        Metered(usage=Usage(input=5, output=5, reasoning=2)),
        Ended(),
    ]


def test_the_recording() -> None:
    found = collect(events((RECORDINGS / "vertex-gemini--stream_tool.json").read_bytes()))
    assert found.choices[0].parts == (ToolCall(id="fc_native", name="get_weather", arguments='{"location":"Tokyo"}'),)
    assert found.choices[0].stop.reason == "tool_use"
    assert found.usage == Usage(input=15, output=12)


@pytest.mark.parametrize("framed", [sse, array])
@settings(deadline=None)
@given(cuts=st.lists(st.integers(min_value=0, max_value=2000), max_size=12))
def test_any_cut_tells_the_same(framed: Any, cuts: list[int]) -> None:
    data = framed(*FULL)
    places = sorted({min(cut, len(data)) for cut in cuts})
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    assert events(*pieces) == events(data)


def test_byte_by_byte_and_both_framings() -> None:
    for framed in (sse, array):
        data = framed(*FULL)
        assert events(*(data[place : place + 1] for place in range(len(data)))) == events(sse(*FULL))


def test_stopped_does_not_wait() -> None:
    decoder = PROVIDER.stream_decoder()
    found = decoder.feed(sse({**chunk({"text": "a"}, finish="STOP"), "usageMetadata": {"promptTokenCount": 1}}))
    assert isinstance(found[-2], Stopped)
    assert isinstance(found[-1], Metered)
    assert decoder.flush() == [Ended()]
    assert decoder.flush() == []
    assert decoder.feed(b"x") == []


@pytest.mark.parametrize(
    "chunks", [(), (chunk({"text": "a"}),), (chunk({"text": "a"}, finish="STOP"), chunk({"text": "b"}, index=1))]
)
def test_a_stream_that_was_cut(chunks: tuple[Chunk, ...]) -> None:
    assert failure(events(sse(*chunks))).error.fault is Fault.CUT


def test_cut_inside_the_last_object() -> None:
    assert failure(events(sse(*FULL)[:-40])).error.fault in (Fault.CUT, Fault.GARBLED)
    assert failure(events(array(*FULL)[:-40])).error.fault is Fault.CUT


def test_several_candidates() -> None:
    found = answer(
        chunk({"text": "a"}),
        chunk({"text": "b"}, index=1),
        chunk({"text": "c"}, finish="STOP"),
        chunk({"text": "d"}, finish="MAX_TOKENS", index=1),
    )
    assert [choice.parts for choice in found.choices] == [(Text(text="ac"),), (Text(text="bd"),)]
    assert [choice.stop.reason for choice in found.choices] == ["end", "length"]


def test_signed_pieces_are_parts_of_their_own() -> None:
    found = answer(
        chunk({"text": "a"}, {"text": "b", "thoughtSignature": "MQ=="}, {"text": "c"}),
        chunk({"text": "hm", "thought": True}),
        chunk({"text": "", "thought": True, "thoughtSignature": "Mg=="}),
        chunk({"text": "odd", "partMetadata": {"x": 1}}, {"text": "", "thought": True}, finish="STOP"),
    )
    assert found.choices[0].parts == (
        Text(text="a"),
        Text(text="b", signature=Signature("gemini", "MQ==")),
        Text(text="c"),
        Reasoning(text="hm", signature=Signature("gemini", "Mg==")),
        Text(text="odd", extra={"partMetadata": {"x": 1}}),
    )


def test_other_parts() -> None:
    picture, code = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, {"executableCode": {"code": "1"}}
    parts = answer(chunk(picture, code, finish="STOP")).choices[0].parts
    assert parts[0] == Media(kind="image", source=Inline("image/png", "AAAA"), origin="gemini")
    assert parts[1] == Opaque(origin="gemini", kind="executableCode", raw=code)


def test_a_call_told_in_pieces() -> None:
    found = answer(
        chunk({**call("f", id="f1", willContinue=True), "thoughtSignature": "c2ln"}),
        chunk(call(partialArgs=[{"jsonPath": "$.city", "stringValue": "Be", "willContinue": True}], willContinue=True)),
        chunk(call(partialArgs=[{"jsonPath": "$.city", "stringValue": "rn"}], willContinue=True)),
        chunk(
            call(
                partialArgs=[
                    {"jsonPath": "$.days[1].n", "numberValue": 2},
                    {"jsonPath": "$['it\\'s'][\"a b\"]", "boolValue": True},
                    {"jsonPath": "$.none", "nullValue": "NULL_VALUE"},
                    {"jsonPath": "$.nothing"},
                    {"jsonPath": "$.tags[0]", "stringValue": "x"},
                    {"jsonPath": "$.days[1].m", "numberValue": 3},
                ],
                willContinue=True,
            )
        ),
        chunk(call()),
        chunk(call("g", partialArgs=[{"jsonPath": "$.a", "stringValue": "b"}])),
        chunk(call("h", args={"x": 1}, willContinue=True)),
        chunk(call("i", args={})),
        chunk(call("j", willContinue=True)),
        chunk({"text": "so"}),
        chunk(call("k", willContinue=True), finish="STOP"),
    )
    calls = [part for part in found.choices[0].parts if isinstance(part, ToolCall)]
    assert [each.name for each in calls] == ["f", "g", "h", "i", "j", "k"]
    assert json.loads(calls[0].arguments) == {
        "city": "Bern",
        "days": [None, {"n": 2, "m": 3}],
        "tags": ["x"],
        "it's": {"a b": True},
        "none": None,
        "nothing": "",
    }
    assert calls[0].signature == Signature("gemini", "c2ln")
    assert [each.arguments for each in calls[1:]] == ['{"a":"b"}', '{"x":1}', "{}", "{}", "{}"]
    assert found.choices[0].stop.reason == "tool_use"


@pytest.mark.parametrize(
    "paths",
    [
        ["$"],
        ["a b"],
        ["$.a", "$.a.b"],
        ["$.a", "$.a[0]"],
        ["$[0]"],
        ["$.a[99999]"],
        ["$.a[0].b", "$.a.b"],
        ["$.a", "$.a.b.c"],
    ],
)
def test_paths_that_lead_nowhere(paths: list[str]) -> None:
    pieces = [{"jsonPath": path, "stringValue": "x"} for path in paths]
    assert failure(events(sse(chunk(call("f", partialArgs=pieces))))).error.fault is Fault.GARBLED


def test_a_blocked_prompt() -> None:
    feedback = {"blockReason": "SAFETY"}
    found = answer({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 3}})
    (choice,) = found.choices
    assert choice.parts == ()
    assert choice.stop == Stop(reason="content_filter", raw="SAFETY", extra={"promptFeedback": feedback})
    assert found.usage == Usage(input=3)


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "OTHER", "NEW_REASON"])
def test_a_model_that_broke_off(reason: str) -> None:
    error = failure(events(sse(chunk(finish=reason, finishMessage="sorry")))).error
    assert (error.fault, error.code, error.message) == (Fault.OUTAGE, reason, "sorry")
    spoke = answer(chunk({"text": "a"}), chunk(finish=reason))
    assert spoke.choices[0].stop.raw == reason


@pytest.mark.parametrize(
    "told",
    [
        sse(chunk({"text": "a"}), {"error": {"code": 503, "status": "UNAVAILABLE", "message": "busy"}}),
        sse(chunk({"text": "a"}), [{"error": {"status": "UNAVAILABLE", "message": "busy"}}]),
        b'[{"error": {"code": 503, "status": "UNAVAILABLE", "message": "busy"}}]',
        b'{\n "error": {"code": 503, "status": "UNAVAILABLE", "message": "busy"}\n}\n',
    ],
)
def test_an_error_in_the_stream(told: bytes) -> None:
    error = failure(events(told)).error
    assert (error.fault, error.status, error.message) == (Fault.OVERLOADED, 503, "busy")


@pytest.mark.parametrize(
    "told",
    [
        b"data: {\r\n\r\n",
        b"data: []\r\n\r\n",
        b"data: 7\r\n\r\n",
        b'data: {"candidates": 1}\r\n\r\n',
        b'data: {"usageMetadata": {"promptTokenCount": 1e999}}\r\n\r\n',
        b'data: {"candidates": [{"content": {"parts": [{"text": NaN}]}}]}\r\n\r\n',
        b"data: " + b"[" * 100_000 + b"\r\n\r\n",
        sse(chunk({"text": "a"}, finish="STOP"), chunk({"text": "more"})),
        sse(chunk({"text": "a"}, finish="STOP"), chunk(call("f", willContinue=True))),
        b'[{"candidates": 1}, {}]',
    ],
)
def test_garbled(told: bytes) -> None:
    decoder = PROVIDER.stream_decoder()
    assert failure(decoder.feed(told)).error.fault is Fault.GARBLED
    assert decoder.flush() == []


def test_an_end_that_is_garbled() -> None:
    assert failure(events(b"data: {")).error.fault is Fault.GARBLED


def test_empty_objects_and_other_marks() -> None:
    decoder = PROVIDER.stream_decoder()
    assert decoder.feed(b"\r\n : x\n\ndata: {}\n\ndata: {}\n\ndata: [DONE]\n\n") == [Began(), Pinged()]


def test_one_object_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_in, "Frames", lambda: Frames(64))
    for start in (b"data: ", b"[{"):
        assert failure(events(start + b"x" * 100)).error.fault is Fault.GARBLED


SUPPORTS: Chunk = {
    "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}, {"retrievedContext": {"title": "B"}}, {}],
    "groundingSupports": [
        {"segment": {"startIndex": 6, "endIndex": 10, "text": "Gott"}, "groundingChunkIndices": [0, 1, 9, "x"]},
        {"segment": {"endIndex": 999}, "groundingChunkIndices": [2]},
    ],
}


def test_sources() -> None:
    cited = {"citations": [{"uri": "https://b.example", "startIndex": 0, "endIndex": 5, "title": "T"}]}
    last = chunk({"text": "ß Gott"}, finish="STOP", groundingMetadata=SUPPORTS, citationMetadata=cited)
    found = events(sse(chunk({"text": "Grü"}), last))
    told = [event.citation for event in found if isinstance(event, Cited)]
    assert [(each.url, each.title, each.start, each.end, each.cited_text) for each in told] == [
        ("https://a.example", "A", 4, 8, "Gott"),
        ("", "B", 4, 8, "Gott"),
        ("", "", 0, None, ""),
        ("https://b.example", "T", 0, 3, ""),
    ]
    stop = next(event.stop for event in found if isinstance(event, Stopped))
    assert stop.extra["groundingMetadata"] == SUPPORTS


def test_sources_without_words() -> None:
    chunks = {"groundingChunks": SUPPORTS["groundingChunks"][:1]}
    found = answer(chunk({"text": "a"}, groundingMetadata=chunks), chunk(call("f"), finish="STOP"))
    text = found.choices[0].parts[0]
    assert isinstance(text, Text)
    assert [each.url for each in text.citations] == ["https://a.example"]
    (only,) = answer(chunk(call("f"), finish="STOP", groundingMetadata=chunks)).choices
    assert only.stop.extra["groundingMetadata"] == chunks


def test_log_probabilities() -> None:
    scores = {"chosenCandidates": [{"token": "é", "logProbability": -0.5}, {"token": "b", "logProbability": -1}]}
    more = {"topCandidates": [{"candidates": [{"token": "x", "logProbability": -2, "tokenId": 9}]}]}
    found = answer(chunk({"text": "éb"}, finish="STOP", logprobsResult=scores | more), chunk(logprobsResult={}))
    assert found.choices[0].logprobs == {
        "content": [
            {
                "token": "é",
                "logprob": -0.5,
                "bytes": [195, 169],
                "top_logprobs": [{"token": "x", "logprob": -2, "bytes": [120], "token_id": 9}],
            },
            {"token": "b", "logprob": -1, "bytes": [98], "top_logprobs": []},
        ]
    }
