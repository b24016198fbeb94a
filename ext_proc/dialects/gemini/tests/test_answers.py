"""Whole answers of providers are read, and answers of any provider are told to clients of this dialect."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.answer import Began, Choice, Closed, Ended, Event, Failed, Grew, Metered, Opened, Pinged, Stop, Usage
from ext_proc.chat.dialect import Asked
from ext_proc.chat.errors import Fault, Garbled, ProviderError
from ext_proc.chat.parts import (
    Citation,
    Link,
    Media,
    Opaque,
    Reasoning,
    Signature,
    StoredFile,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.whole import AnswerFailed, replay
from ext_proc.dialects.gemini import CLIENT, PROVIDER
from ext_proc.dialects.gemini.signing import read_signature
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.stream_out import Encoder
from ext_proc.dialects.gemini.tests.answers import CALL, CITED, FULL, PICTURE, PNG, REFUSED, answer, request, saying

Told = dict[str, Any]


def told(*parts: Any, **more: Any) -> Told:
    return dict(CLIENT.encode_answer(answer(*parts, **more), saying()))


def parts_of(found: Told) -> list[Told]:
    parts: list[Told] = found["candidates"][0]["content"]["parts"]
    return parts


def streamed(events: list[Event], form: str = "") -> bytes:
    encoder = CLIENT.stream_encoder(saying(request(form=form, stream=True)))
    return b"".join(encoder.encode(event) for event in events)


def chunks(data: bytes) -> list[Told]:
    assert data.endswith(b"\r\n\r\n")
    return [json.loads(line.removeprefix(b"data: ")) for line in data.split(b"\r\n\r\n") if line]


def test_a_whole_answer() -> None:
    found = dict(CLIENT.encode_answer(FULL, saying()))
    thought, text, call = parts_of(found)
    assert (thought["text"], thought["thought"]) == ("I should look.", True)
    signature, _ = read_signature(Member(thought))
    assert signature == Signature("anthropic_messages", "c2ln")
    assert text == {"text": "Sunny in Zürich."}
    assert call == {"functionCall": {"id": "toolu_1", "name": "weather", "args": {"city": "Bern"}}}
    assert found["candidates"][0]["finishReason"] == "STOP"
    assert found["usageMetadata"] == {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 60,
        "candidatesTokenCount": 30,
        "thoughtsTokenCount": 10,
        "totalTokenCount": 140,
    }
    assert (found["modelVersion"], found["responseId"]) == ("smart", "r1")


@pytest.mark.parametrize("form", ["", "json_array"])
def test_a_stream_says_the_same(form: str) -> None:
    data = streamed(list(replay(FULL)), form)
    found = json.loads(data) if form else chunks(data)
    parts = [part for each in found for part in parts_of(each)]
    assert parts[0] == {"text": "I should look.", "thought": True}
    assert (parts[1]["text"], parts[1]["thought"], "thoughtSignature" in parts[1]) == ("", True, True)
    assert parts[2:] == [*parts_of(dict(CLIENT.encode_answer(FULL, saying())))[1:], {"text": ""}]
    assert found[-1]["candidates"][0]["finishReason"] == "STOP"
    assert [("usageMetadata" in each, "finishReason" in each["candidates"][0]) for each in found[:-1]] == [
        (False, False)
    ] * (len(found) - 1)
    assert found[-1]["usageMetadata"]["totalTokenCount"] == 140
    assert {each["responseId"] for each in found} == {"r1"}


def test_words_go_out_at_once() -> None:
    encoder = Encoder(saying(request(form="json_array", stream=True)))
    assert encoder.media_type == "application/json"
    assert Encoder(saying(request(stream=True))).media_type == CLIENT.media_type
    assert encoder.encode(Began(id="r")) == b""
    assert encoder.encode(Pinged()) == b""
    assert encoder.encode(Opened(part=Text(text="a"), index=0)).startswith(b'[{"candidates":')
    assert encoder.encode(Grew(text="b", index=0)).startswith(b',\r\n{"candidates":')
    assert encoder.encode(Grew(text="", index=0)) == b""
    assert encoder.encode(Closed(part=Text(text="ab"), index=0)) == b""
    last = encoder.encode(Ended())
    assert last.endswith(b"]\n")
    assert b'"finishReason":"STOP"' in last
    assert encoder.encode(Ended()) == b""


@pytest.mark.parametrize("form", ["", "json_array"])
def test_a_failure_ends_the_stream(form: str) -> None:
    error = ProviderError(fault=Fault.OVERLOADED, status=503, message="busy")
    data = streamed([Began(), Failed(error=error), Ended()], form)
    (found,) = json.loads(data) if form else chunks(data)
    assert found == {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}


def test_calls_without_ids_get_some() -> None:
    call = replace(CALL, id="")
    assert [part["functionCall"]["id"] for part in parts_of(told(call, call))] == ["call_Ab12_1", "call_Ab12_2"]


@pytest.mark.parametrize("arguments", ["{", "[]", '{"x": NaN}'])
def test_calls_nobody_can_carry_out(arguments: str) -> None:
    said = answer(replace(CALL, arguments=arguments), stop=Stop(reason="tool_use"))
    (candidate,) = CLIENT.encode_answer(said, saying())["candidates"]
    assert candidate["content"]["parts"] == []
    assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert chunks(streamed(list(replay(said))))[-1]["candidates"][0]["finishReason"] == "MALFORMED_FUNCTION_CALL"
    short = answer(replace(CALL, arguments=arguments), stop=Stop(reason="length"))
    assert CLIENT.encode_answer(short, saying())["candidates"][0]["finishReason"] == "MAX_TOKENS"


@pytest.mark.parametrize(
    ("stop", "word"),
    [
        (Stop(reason="end", raw="stop"), "STOP"),
        (Stop(reason="stop_sequence"), "STOP"),
        (Stop(reason="context"), "MAX_TOKENS"),
        (Stop(reason="refusal"), "SAFETY"),
        (Stop(reason="content_filter"), "SAFETY"),
        (Stop(reason="content_filter", raw="SPII"), "SPII"),
        (Stop(reason="pause"), "OTHER"),
    ],
)
def test_how_it_ended(stop: Stop, word: str) -> None:
    assert told(Text(text="a"), stop=stop)["candidates"][0]["finishReason"] == word


def test_other_parts() -> None:
    assert parts_of(dict(CLIENT.encode_answer(REFUSED, saying()))) == [{"text": "I will not."}]
    assert [parts_of(each)[0] for each in chunks(streamed(list(replay(REFUSED))))] == [
        {"text": "I will not."},
        {"text": ""},
    ]
    assert parts_of(dict(CLIENT.encode_answer(PICTURE, saying())))[1]["inlineData"]["data"] == PNG
    linked = Media(kind="image", source=Link("https://a.example/a.png"))
    stored = replace(linked, source=StoredFile("file_1", "another"))
    own = Opaque(origin="gemini", kind="executableCode", raw={"executableCode": {}})
    foreign = Opaque(origin="another", kind="k", raw={})
    odd = ToolResult(call_id="x", content=())
    parts = parts_of(told(linked, stored, own, foreign, odd))
    assert parts == [{"fileData": {"fileUri": "https://a.example/a.png", "mimeType": "image/png"}}, own.raw]
    found = chunks(streamed(list(replay(answer(linked, stored, own, foreign)))))
    assert [part for each in found for part in parts_of(each)] == [*parts, {"text": ""}]


def test_sources() -> None:
    (candidate,) = CLIENT.encode_answer(CITED, saying())["candidates"]
    assert candidate["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 9, "endIndex": 16, "text": "Zürich"}, "groundingChunkIndices": [0]}
        ],
    }
    (last,) = chunks(streamed(list(replay(CITED))))[-1]["candidates"]
    assert last["groundingMetadata"] == candidate["groundingMetadata"]


@pytest.mark.parametrize(
    ("citation", "chunk"),
    [
        (Citation(origin="a", raw={}, title="T"), {"retrievedContext": {"title": "T"}}),
        (Citation(origin="a", raw={}, cited_text="c"), {"retrievedContext": {"text": "c"}}),
        (Citation(origin="a", raw={}, url="u", start=5, end=2), {"web": {"uri": "u"}}),
    ],
)
def test_sources_nobody_placed(citation: Citation, chunk: Told) -> None:
    (candidate,) = told(Text(text="abc"), Text(text="abc", citations=(citation,)))["candidates"]
    assert candidate["groundingMetadata"] == {"groundingChunks": [chunk]}


def test_sources_of_a_later_part() -> None:
    cited = Text(text="abc", citations=(Citation(origin="a", raw={}, url="u", start=0, end=2),))
    (candidate,) = told(Text(text="x"), cited)["candidates"]
    (support,) = candidate["groundingMetadata"]["groundingSupports"]
    assert support["segment"] == {"partIndex": 1, "endIndex": 2, "text": "ab"}


def test_usage_of_others() -> None:
    assert told(Text(text="a"), usage=None).get("usageMetadata") is None
    assert told(Text(text="a"), usage=Usage(output=3))["usageMetadata"] == {
        "candidatesTokenCount": 3,
        "totalTokenCount": 3,
    }
    events: list[Event] = [Metered(usage=Usage(input=1)), Metered(usage=Usage(output=2)), Ended()]
    assert chunks(streamed(events))[-1]["usageMetadata"]["totalTokenCount"] == 3


def test_scores_of_others() -> None:
    logprobs: Told = {"content": [{"token": "a", "logprob": -1.0, "top_logprobs": []}], "refusal": None}
    said = replace(FULL, choices=(Choice(parts=(Text(text="a"),), stop=Stop(reason="end"), logprobs=logprobs),))
    scored = {
        "chosenCandidates": [{"token": "a", "logProbability": -1.0}],
        "topCandidates": [{"candidates": []}],
    }
    assert CLIENT.encode_answer(said, saying())["candidates"][0]["logprobsResult"] == scored
    assert chunks(streamed(list(replay(said))))[-1]["candidates"][0]["logprobsResult"] == scored


def test_thoughts_keep_what_others_say_of_them() -> None:
    thought = Reasoning(text="", signature=Signature("openai_responses", "x"), summary=True, id="rs_1")
    (part,) = parts_of(told(thought))
    body = {"contents": [{"role": "model", "parts": [part]}]}
    assert CLIENT.decode_request(body, Asked(path="")).turns[0].parts == (thought,)


@pytest.mark.parametrize("text", ["no base64!", "cGxhbm8xLg==", "cGxhbm8xLl9f", "c2ln"])
def test_any_text_may_stand_for_a_signature(text: str) -> None:
    signature, note = read_signature(Member({"thoughtSignature": text}))
    assert signature is not None
    assert (signature.origin, note) == ("gemini", "")


def test_reading_an_answer() -> None:
    body = {
        "candidates": [
            {"content": {"parts": [{"functionCall": {"name": "f"}}, {}]}, "citationMetadata": {"citationSources": [{}]}}
        ],
        "createTime": "2026-01-02T03:04:05.678901Z",
        "modelStatus": {"modelStage": "STABLE"},
    }
    found = PROVIDER.decode_answer(body)
    assert found.created_s == 1_767_323_045
    assert found.rest == {"modelStatus": {"modelStage": "STABLE"}}
    call, text = found.choices[0].parts
    assert call == ToolCall(id="", name="f", arguments="{}", extra={"unnumbered": True})
    assert isinstance(text, Text)
    assert len(text.citations) == 1
    assert found.choices[0].stop == Stop(reason="tool_use", extra={"citationMetadata": {"citationSources": [{}]}})


def test_sources_of_an_answer_without_words() -> None:
    chunk = {"groundingChunks": [{"web": {"uri": "u"}}]}
    body = {"candidates": [{"finishReason": "STOP", "groundingMetadata": chunk}]}
    assert PROVIDER.decode_answer(body).choices[0].parts == ()


@pytest.mark.parametrize("body", [{}, {"candidates": []}, {"candidates": 1}, {"promptFeedback": {}}])
def test_no_answer(body: Told) -> None:
    with pytest.raises(Garbled):
        PROVIDER.decode_answer(body)


@pytest.mark.parametrize(
    ("body", "fault", "message"),
    [
        ({"error": {"code": 503, "status": "UNAVAILABLE", "message": "m"}}, Fault.OVERLOADED, "m"),
        ({"error": "m"}, Fault.OUTAGE, "m"),
        (
            {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]},
            Fault.OUTAGE,
            "the model ended without an answer: MALFORMED_FUNCTION_CALL",
        ),
    ],
)
def test_an_answer_that_failed(body: Told, fault: Fault, message: str) -> None:
    with pytest.raises(AnswerFailed) as caught:
        PROVIDER.decode_answer(body)
    assert (caught.value.error.fault, caught.value.error.message) == (fault, message)
