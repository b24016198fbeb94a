from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ext_proc.chat.answer import Choice, Stop, Usage
from ext_proc.chat.errors import Fault, Garbled
from ext_proc.chat.parts import Citation, Inline, Media, Opaque, Reasoning, Signature, Text, ToolCall
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.bedrock_converse import PROVIDER

OWN = "bedrock_converse"
RECORDINGS = Path(__file__).parent / "recordings"


def answer(*blocks: dict[str, Any], stop: str = "end_turn", **members: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": list(blocks)}
    return {"output": {"message": message}, "stopReason": stop, "metrics": {"latencyMs": 1}, **members}


def decoded(*blocks: dict[str, Any], stop: str = "end_turn", **members: Any) -> Choice:
    return PROVIDER.decode_answer(answer(*blocks, stop=stop, **members)).choices[0]


def test_a_recorded_answer() -> None:
    found = PROVIDER.decode_answer(json.loads((RECORDINGS / "basic.json").read_text()))
    assert found.choices == (Choice(parts=(Text(text="Hello world"),), stop=Stop(reason="end", raw="end_turn")),)
    assert found.usage == Usage(input=18, output=46)
    assert (found.id, found.model) == ("", "")


def test_blocks_of_every_kind() -> None:
    citation = {
        "title": "Doc",
        "source": "https://b.example",
        "sourceContent": [{"text": "a "}, {"text": "b"}],
        "location": {"web": {"url": "https://a.example", "domain": "a.example"}},
    }
    server = {"toolUse": {"toolUseId": "s", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}}
    found = decoded(
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2ln"}}},
        {"reasoningContent": {"reasoningText": {"text": "unsigned"}}},
        {"reasoningContent": {"redactedContent": "aGlk"}},
        {"citationsContent": {"content": [{"text": "yes"}], "citations": [citation, {"source": "page 3"}]}},
        {"image": {"format": "png", "source": {"bytes": "iVBO"}}},
        {"image": {"format": "png", "error": {"message": "no"}}},
        server,
        {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "Bern"}}},
        stop="tool_use",
    )
    assert found.parts == (
        Reasoning(text="hm", signature=Signature(OWN, "c2ln")),
        Reasoning(text="unsigned"),
        Reasoning(redacted=True, signature=Signature(OWN, "aGlk")),
        Text(
            text="yes",
            citations=(
                Citation(origin=OWN, raw=citation, url="https://a.example", title="Doc", cited_text="a b"),
                Citation(origin=OWN, raw={"source": "page 3"}),
            ),
        ),
        Media(kind="image", source=Inline("image/png", "iVBO")),
        Opaque(origin=OWN, kind="image", raw={"image": {"format": "png", "error": {"message": "no"}}}),
        Opaque(origin=OWN, kind="toolUse", raw=server),
        ToolCall(id="t", name="weather", arguments='{"city":"Bern"}'),
    )
    assert found.stop.reason == "tool_use"


def test_the_tool_that_stands_for_an_answer_is_text() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "plano_json_answer", "input": {"a": 1}}}
    found = decoded(call, stop="tool_use")
    assert found == Choice(parts=(Text(text='{"a":1}'),), stop=Stop(reason="end", raw="tool_use"))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "end"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop_sequence"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("malformed_model_output", "end"),
        ("malformed_tool_use", "end"),
        ("model_context_window_exceeded", "context"),
        ("something_new", "end"),
    ],
)
def test_reasons(word: str, reason: str) -> None:
    assert decoded({"text": "x"}, stop=word).stop == Stop(reason=reason, raw=word)  # type: ignore[arg-type]


def test_a_call_is_a_reason_of_its_own() -> None:
    assert decoded({"toolUse": {"toolUseId": "t", "name": "w", "input": {}}}).stop.reason == "tool_use"


def test_which_sequence_ended_it() -> None:
    found = decoded({"text": "x"}, stop="stop_sequence", additionalModelResponseFields={"stop_sequence": "END"})
    assert found.stop.sequence == "END"


@pytest.mark.parametrize("word", ["malformed_model_output", "malformed_tool_use"])
def test_nothing_but_garbage_is_a_failure(word: str) -> None:
    with pytest.raises(AnswerFailed) as caught:
        decoded(stop=word)
    assert caught.value.error.fault is Fault.GARBLED


def test_counts_include_the_cache() -> None:
    usage = {
        "inputTokens": 10,
        "outputTokens": 5,
        "totalTokens": 15,
        "cacheReadInputTokens": 100,
        "cacheWriteInputTokens": 30,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 20}, {"ttl": "5m", "inputTokens": 10}],
    }
    found = PROVIDER.decode_answer(answer({"text": "x"}, usage=usage, serviceTier={"type": "flex"}))
    assert found.usage == Usage(input=140, cached=100, cache_write=30, cache_write_1h=20, output=5)
    assert found.rest == {"service_tier": "flex"}


def test_counts_nobody_said() -> None:
    assert PROVIDER.decode_answer(answer({"text": "x"}, usage={})).usage == Usage()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"output": {}},
        {"output": {"message": {"content": 1}}},
        answer({"text": 1}),
        answer({"toolUse": {"input": 1}}),
        answer({"toolUse": {"name": "w", "input": {"a": float("nan")}}}),
    ],
)
def test_what_is_no_answer(body: dict[str, Any]) -> None:
    with pytest.raises(Garbled):
        PROVIDER.decode_answer(body)


def test_an_error_that_came_as_an_answer() -> None:
    with pytest.raises(AnswerFailed) as caught:
        PROVIDER.decode_answer(
            {"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"}
        )
    assert caught.value.error.code == "UnknownOperationException"
