"""Whole answers, read and written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anthropic.types.beta import BetaMessage

from ext_proc.chat.answer import Answer, Choice, Stop, StopReason, Usage
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.errors import Fault, Garbled
from ext_proc.chat.parts import (
    Citation,
    Inline,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Signature,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.sealing import seal, unseal_call
from ext_proc.chat.whole import AnswerFailed, collect, replay
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER
from ext_proc.dialects.anthropic_messages.tests.bodies import SIMPLE
from ext_proc.dialects.anthropic_messages.tests.test_streams import encode, read_by_sdk
from ext_proc.dialects.anthropic_messages.words import JSON_TOOL, NAME, UNSIGNED

RECORDINGS = Path(__file__).parent / "recordings"
WHOLE = [path for path in sorted(RECORDINGS.glob("*.json")) if "stream" not in path.name]
ASKED = CLIENT.decode_request(SIMPLE | {"thinking": {"type": "adaptive"}}, Asked(path="/v1/messages"))
SAYING = Saying(id="abc", created_s=1, model="mine", request=ASKED)
USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 30,
    "cache_read_input_tokens": 20,
    "output_tokens": 50,
    "cache_creation": {"ephemeral_1h_input_tokens": 5, "ephemeral_5m_input_tokens": 25},
    "output_tokens_details": {"thinking_tokens": 7},
    "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
    "inference_geo": "us",
    "service_tier": "priority",
}
FULL: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZGF0YQ"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {
            "type": "text",
            "text": "It rains.",
            "citations": [
                {
                    "type": "web_search_result_location",
                    "url": "https://a.example",
                    "title": None,
                    "cited_text": "rain",
                    "encrypted_index": "i",
                }
            ],
        },
        {"type": "compaction", "content": "before", "encrypted_content": "e"},
        {"type": "container_upload", "file_id": "f"},
        {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"a": 1}, "caller": {"type": "direct"}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "stop_details": {"type": "refusal", "category": None, "explanation": None},
    "container": {"id": "c", "expires_at": "2030-01-01T00:00:00Z"},
    "context_management": {"applied_edits": []},
    "diagnostics": {"cache_miss_reason": None},
    "usage": USAGE,
}


def write(*parts: Part, **members: Any) -> dict[str, Any]:
    choice = Choice(parts=parts, stop=members.pop("stop", Stop(reason="end")))
    answer = Answer(id="", model="m", choices=(choice,), **members)
    return dict(CLIENT.encode_answer(answer, SAYING))


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_an_answer_comes_out_as_it_went_in(path: Path) -> None:
    body = json.loads(path.read_bytes())
    written = CLIENT.encode_answer(PROVIDER.decode_answer(body), SAYING)
    assert written == {"stop_sequence": None} | body | {"model": "mine"}


def test_all_of_an_answer_comes_out_and_is_one_for_the_library() -> None:
    written = dict(CLIENT.encode_answer(PROVIDER.decode_answer(FULL), SAYING))
    assert written == FULL | {"model": "mine"}
    assert BetaMessage.model_validate(written).content[4].type == "text"


def test_all_of_an_answer_as_a_stream() -> None:
    answer = PROVIDER.decode_answer(FULL)
    heard = read_by_sdk(encode(replay(answer)))
    told = ("id", "role", "content", "stop_reason", "stop_sequence", "stop_details", "diagnostics")
    assert {name: heard[name] for name in told} == {name: FULL[name] for name in told}
    counted = ("input_tokens", "cache_read_input_tokens", "output_tokens", "output_tokens_details", "server_tool_use")
    assert {name: heard["usage"][name] for name in counted} == {name: USAGE[name] for name in counted}
    assert heard["container"]["id"] == "c"
    assert heard["context_management"] == {"applied_edits": []}
    stream = encode(replay(answer))
    assert collect([*_decoded(stream)]).choices == answer.choices


def _decoded(stream: bytes) -> list[Any]:
    decoder = PROVIDER.stream_decoder()
    return [*decoder.feed(stream), *decoder.flush()]


def test_usage_counts_the_cache_as_input() -> None:
    usage = PROVIDER.decode_answer(FULL).usage
    assert usage == Usage(
        input=60,
        cached=20,
        cache_write=30,
        cache_write_1h=5,
        output=50,
        reasoning=7,
        extra={"server_tool_use": USAGE["server_tool_use"], "inference_geo": "us"},
    )
    split = {"input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 4}}
    assert PROVIDER.decode_answer(FULL | {"usage": split}).usage == Usage(input=5, cache_write=4)
    assert PROVIDER.decode_answer(FULL | {"usage": None}).usage is None


def test_usage_of_other_providers() -> None:
    written = write(Text(text="a"), usage=Usage(input=100, cached=90, output=5), rest={"service_tier": "default"})
    assert written["usage"] == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 90,
        "output_tokens": 5,
        "service_tier": "standard",
    }
    assert write(rest={"service_tier": ["x"]})["usage"]["input_tokens"] == 0
    assert CLIENT.encode_answer(Answer(id="", model="", choices=()), SAYING)["content"] == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", "end"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop_sequence"),
        ("pause_turn", "pause"),
        ("refusal", "refusal"),
        ("compaction", "end"),
        ("model_context_window_exceeded", "context"),
        ("tool_use", "tool_use"),
    ],
)
def test_why_it_stopped(raw: str, reason: StopReason) -> None:
    answer = PROVIDER.decode_answer(FULL | {"stop_reason": raw, "stop_sequence": "END"})
    assert answer.choices[0].stop.reason == reason
    assert answer.choices[0].stop.sequence == "END"
    assert CLIENT.encode_answer(answer, SAYING)["stop_reason"] == raw


@pytest.mark.parametrize(
    ("stop", "word"),
    [
        (Stop(reason="end", raw="stop"), "end_turn"),
        (Stop(reason="length", raw="length"), "max_tokens"),
        (Stop(reason="content_filter", raw="content_filter"), "refusal"),
        (Stop(reason="pause", raw="incomplete"), "pause_turn"),
        (Stop(reason="context"), "model_context_window_exceeded"),
    ],
)
def test_why_others_stopped(stop: Stop, word: str) -> None:
    assert write(stop=stop)["stop_reason"] == word


PARTS: dict[str, tuple[Part, list[dict[str, Any]]]] = {
    "refusal": (Refusal(text="no"), [{"type": "text", "text": "no"}]),
    "empty text": (Text(text=""), []),
    "unsigned thought": (
        Reasoning(text="hm"),
        [{"type": "thinking", "thinking": "hm", "signature": seal(Signature(UNSIGNED, ""), NAME)}],
    ),
    "thought of another": (
        Reasoning(text="hm", signature=Signature("another", "s"), id="rs_1"),
        [{"type": "thinking", "thinking": "hm", "signature": seal(Signature("another", "s"), NAME, "rs_1")}],
    ),
    "silent thought of another": (
        Reasoning(signature=Signature("another", "s")),
        [{"type": "thinking", "thinking": "", "signature": seal(Signature("another", "s"), NAME)}],
    ),
    "redacted thought of another": (
        Reasoning(signature=Signature("another", "s"), redacted=True),
        [{"type": "redacted_thinking", "data": seal(Signature("another", "s"), NAME)}],
    ),
    "empty thought": (Reasoning(), []),
    "call without an id": (
        ToolCall(id="", name="f", arguments=""),
        [{"type": "tool_use", "id": "toolu_abc_0", "name": "f", "input": {}}],
    ),
    "call of a text tool": (
        ToolCall(id="c", name="f", arguments='say "hi"', custom=True),
        [{"type": "tool_use", "id": "c", "name": "f", "input": {"input": 'say "hi"'}}],
    ),
    "call in a namespace": (
        ToolCall(id="c", name="f", arguments='{"a":1}', namespace="sky"),
        [{"type": "tool_use", "id": "c", "name": "sky__f", "input": {"a": 1}}],
    ),
    "opaque of another": (Opaque(origin="another", kind="k", raw={"type": "k"}), []),
    "result": (ToolResult(call_id="c", content=()), []),
    "picture": (
        Media(kind="image", source=Inline("image/png", "AA==")),
        [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}],
    ),
    "citation without a URL": (
        Text(text="a", citations=(Citation(origin="another", raw={}),)),
        [{"type": "text", "text": "a"}],
    ),
    "citation": (
        Text(text="a", citations=(Citation(origin="another", raw={}, url="https://a.example", cited_text="c"),)),
        [
            {
                "type": "text",
                "text": "a",
                "citations": [
                    {
                        "type": "web_search_result_location",
                        "url": "https://a.example",
                        "title": None,
                        "cited_text": "c",
                        "encrypted_index": seal(Signature("another", ""), NAME),
                    }
                ],
            }
        ],
    ),
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("name", PARTS)
def test_parts_of_other_providers(name: str) -> None:
    part, blocks = PARTS[name]
    written = write(part)
    assert written["content"] == blocks
    assert written["id"] == "msg_abc"
    answer = Answer(id="", model="m", choices=(Choice(parts=(part,), stop=Stop(reason="end")),))
    heard = read_by_sdk(encode(replay(answer)))
    assert heard["content"] == blocks


@pytest.mark.parametrize(
    ("thinking", "told"),
    [
        (None, ["text"]),
        ({"type": "disabled"}, ["text"]),
        ({"type": "adaptive", "display": "omitted"}, ["thinking", "redacted_thinking", "text"]),
    ],
)
def test_thoughts_are_told_as_they_were_asked_for(thinking: dict[str, Any] | None, told: list[str]) -> None:
    proof = Signature("another", "s")
    parts = (
        Reasoning(text="hm", signature=proof),
        Reasoning(text="unsigned"),
        Reasoning(redacted=True, signature=proof),
        Text(text="yes"),
    )
    answer = Answer(id="", model="m", choices=(Choice(parts=parts, stop=Stop(reason="end")),))
    asked = CLIENT.decode_request(SIMPLE | {"thinking": thinking}, Asked(path="/v1/messages"))
    saying = replace(SAYING, request=asked)
    whole = CLIENT.encode_answer(answer, saying)
    encoder = CLIENT.stream_encoder(saying)
    heard = read_by_sdk(b"".join(encoder.encode(event) for event in replay(answer)))
    assert heard["content"] == whole["content"]
    assert [block["type"] for block in whole["content"]] == told
    assert "hm" not in str(whole)


def test_arguments_that_are_no_json_are_not_lost() -> None:
    written = write(ToolCall(id="c", name="f", arguments='{"a": 1e999}'), ToolCall(id="d", name="f", arguments="{"))
    assert [block["input"] for block in written["content"]] == [
        {"INVALID_JSON": '{"a": 1e999}'},
        {"INVALID_JSON": "{"},
    ]


def test_the_proof_of_a_call_travels_in_its_id() -> None:
    call = ToolCall(id="c", name="f", arguments="{}", signature=Signature("another", "s/+="))
    (block,) = write(call)["content"]
    assert unseal_call(block["id"]) == ("c", Signature("another", "s/+="))
    assert set(block["id"]) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    answer = Answer(id="", model="m", choices=(Choice(parts=(call,), stop=Stop(reason="tool_use")),))
    assert read_by_sdk(encode(replay(answer)))["content"] == [block]


def test_an_answer_in_json_comes_back_as_text() -> None:
    called = {"type": "tool_use", "id": "toolu_1", "name": JSON_TOOL, "input": {"city": "Bern"}}
    (choice,) = PROVIDER.decode_answer(FULL | {"content": [called]}).choices
    assert choice.parts == (Text(text='{"city":"Bern"}'),)
    assert choice.stop.reason == "end"


@pytest.mark.parametrize(
    "body", [{}, {"content": [1]}, {"content": [{}]}, {"content": [], "usage": {"input_tokens": "x"}}]
)
def test_an_answer_that_is_none(body: dict[str, Any]) -> None:
    with pytest.raises(Garbled):
        PROVIDER.decode_answer(body)


def test_an_error_with_a_status_of_200() -> None:
    with pytest.raises(AnswerFailed) as failed:
        PROVIDER.decode_answer({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}})
    assert failed.value.error.fault is Fault.OVERLOADED


def test_later_choices_are_not_told() -> None:
    first = Choice(parts=(Text(text="a"),), stop=Stop(reason="end"))
    answer = Answer(id="", model="m", choices=(first, replace(first, parts=(Text(text="b"),))))
    assert CLIENT.encode_answer(answer, SAYING)["content"] == [{"type": "text", "text": "a"}]
    assert read_by_sdk(encode(replay(answer)))["content"] == [{"type": "text", "text": "a"}]
