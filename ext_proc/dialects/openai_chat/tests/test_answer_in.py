from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from ext_proc.chat.answer import Usage
from ext_proc.chat.errors import Fault, Garbled
from ext_proc.chat.parts import Inline, Media, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.openai_chat import PROVIDER
from ext_proc.dialects.openai_chat.words import NAME

RECORDINGS = Path(__file__).parent / "recordings"
MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": "Sunny.",
    "refusal": None,
    "reasoning_content": "Hm.",
    "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example", "start_index": 0}}],
    "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}],
    "audio": {"id": "audio_1", "data": "UklGRg==", "expires_at": 9, "transcript": "la"},
    "tool_calls": [
        {
            "id": "call__plano1_W10",
            "type": "function",
            "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "c2ln"}},
        },
        {"id": "c2", "type": "custom", "custom": {"name": "patch", "input": "any"}},
    ],
}
ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 5,
    "model": "upstream",
    "choices": [
        {
            "index": 1,
            "message": {"role": "assistant", "content": None, "refusal": "No."},
            "finish_reason": "stop",
            "logprobs": None,
        },
        {
            "index": 0,
            "message": MESSAGE,
            "finish_reason": "tool_calls",
            "logprobs": {"content": [{"token": "Sunny", "logprob": -1.0}], "refusal": None},
            "native_finish_reason": "tool_use",
        },
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    "service_tier": "default",
    "system_fingerprint": "fp",
}
BROKEN = {"finish_reason": "error", "message": {}, "error": {"message": "Oops", "code": 502}}


def answered(message: Any, **members: Any) -> Any:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return PROVIDER.decode_answer({"choices": [choice | members]}).choices[0]


def counted(**usage: Any) -> Usage | None:
    return PROVIDER.decode_answer(ANSWER | {"usage": usage, "model": usage.pop("model", "m")}).usage


def test_all_of_an_answer() -> None:
    answer = PROVIDER.decode_answer(ANSWER)
    first, second = answer.choices
    thought, text, image, sound, called, patch = first.parts
    assert thought == Reasoning(text="Hm.", signature=Signature(NAME, '{"field":"reasoning_content"}'))
    assert isinstance(text, Text)
    assert (text.text, text.citations[0].url, text.citations[0].start) == ("Sunny.", "https://a.example", 0)
    assert isinstance(image, Media)
    assert image.source == Inline("image/png", "iVBORw0=")
    assert isinstance(sound, Media)
    assert sound.extra == {"id": "audio_1", "expires_at": 9, "transcript": "la"}
    assert isinstance(called, ToolCall)
    assert (called.id, called.signature) == ("call__plano1_W10", Signature("gemini", "c2ln"))
    assert patch == ToolCall(id="c2", name="patch", arguments="any", custom=True)
    assert (first.stop.reason, first.stop.extra) == ("tool_use", {"native_finish_reason": "tool_use"})
    assert first.logprobs == {"content": [{"token": "Sunny", "logprob": -1.0}]}
    assert second.parts == (Refusal(text="No."),)
    assert second.stop.reason == "refusal"
    assert answer.usage == Usage(input=5, output=2)
    assert answer.rest == {"service_tier": "default", "system_fingerprint": "fp"}


def test_other_servers() -> None:
    legacy = answered({"content": "", "function_call": {"name": "f", "arguments": "{}"}})
    assert legacy.parts == (ToolCall(id="", name="f", arguments="{}"),)
    assert legacy.stop.reason == "tool_use"
    parts = answered({"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "x"}]}).parts
    assert [type(part) for part in parts] == [Reasoning, Text]
    details = [{"type": "reasoning.text", "text": "a"}]
    detailed = answered({"content": "x", "reasoning": "a", "reasoning_details": details})
    assert [part.text for part in detailed.parts] == ["a", "x"]
    assert detailed.parts[0].extra == {}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 5, "prompt_cache_hit_tokens": 3}, Usage(input=5, cached=3)),
        ({"prompt_tokens": 5, "cached_tokens": 3}, Usage(input=5, cached=3)),
        (
            {"prompt_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 1},
            Usage(input=5, cached=3, cache_write=1),
        ),
        (
            {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 2}},
            Usage(input=5, cached=0, cache_write=2),
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "total_tokens": 10,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=5, output=5, reasoning=3),
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 4,
                "total_tokens": 9,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=5, output=4, reasoning=3),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 10, "model": "gemini-3-pro"},
            Usage(input=5, output=5, reasoning=3),
        ),
        ({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 10}, Usage(input=5, output=2)),
    ],
)
def test_counts(usage: Any, expected: Usage) -> None:
    found = counted(**usage)
    assert found is not None
    assert Usage(**{name: getattr(found, name) for name in expected.__slots__ if name != "extra"}) == expected


def test_what_only_a_server_counts_is_kept() -> None:
    found = counted(prompt_tokens=5, cost=0.1)
    assert found is not None
    assert found.extra == {"cost": 0.1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [1]},
        ANSWER | {"usage": {"prompt_tokens": "x"}},
        {"choices": [{"message": {"tool_calls": [{"id": "x"}]}}]},
    ],
)
def test_what_is_no_answer_is_garbled(body: Any) -> None:
    with pytest.raises(Garbled):
        PROVIDER.decode_answer(body)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"error": {"message": "Oops", "code": 429}}, Fault.RATE_LIMIT),
        ({"error": "Oops"}, Fault.OUTAGE),
        ({"object": "error", "message": "Oops", "code": 404}, Fault.NOT_FOUND),
        ({"choices": [BROKEN]}, Fault.OUTAGE),
    ],
)
def test_an_answer_may_be_an_error(body: Any, fault: Fault) -> None:
    with pytest.raises(AnswerFailed) as raised:
        PROVIDER.decode_answer(body)
    assert (raised.value.error.fault, raised.value.error.message) == (fault, "Oops")


def test_times_that_are_none() -> None:
    assert PROVIDER.decode_answer(ANSWER | {"created": math.inf}).created_s is None


def test_recorded_answers() -> None:
    bodies = [json.loads((RECORDINGS / "completions--tool_call.json").read_text())]
    for path in sorted(RECORDINGS.glob("chat-*.yaml")):
        for each in yaml.safe_load(path.read_text())["interactions"]:
            if each["response"]["code"] == 200 and not each["response"]["body"].startswith("data:"):
                bodies.append(json.loads(each["response"]["body"]))
    assert len(bodies) > 6
    for body in bodies:
        answer = PROVIDER.decode_answer(body)
        message = body["choices"][0]["message"]
        texts = [part.text for part in answer.choices[0].parts if isinstance(part, Text)]
        calls = [part.id for part in answer.choices[0].parts if isinstance(part, ToolCall)]
        assert "".join(texts) == (message["content"] or "")
        assert calls == [call["id"] for call in message.get("tool_calls", ())]
        assert answer.usage is not None
        assert answer.usage.output == body["usage"]["completion_tokens"]
