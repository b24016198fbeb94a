"""Counting calls of every client at every provider that counts, and the guess where nobody does."""

from __future__ import annotations

from typing import Any

import pytest

from ext_proc.chat.errors import Garbled, Malformed, Unable
from ext_proc.translate.calls.tests.asking import COUNT, GEMINI_COUNT, INPUT, sending, told

HELLO: dict[str, dict[str, Any]] = {
    COUNT: {"model": "x", "system": "s", "messages": [{"role": "user", "content": "Hello"}]},
    INPUT: {"model": "x", "instructions": "s", "input": "Hello"},
    GEMINI_COUNT: {
        "generateContentRequest": {
            "model": "models/x",
            "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
            "systemInstruction": {"parts": [{"text": "s"}]},
        }
    },
}
TOLD = {
    COUNT: {"input_tokens": 7},
    INPUT: {"object": "response.input_tokens", "input_tokens": 7},
    GEMINI_COUNT: {"totalTokens": 7},
}
SENT: dict[str, Any] = {
    "anthropic_count": {"model": "m", "system": [{"type": "text", "text": "s"}]},
    "openai_count": {"model": "m", "instructions": "s"},
    "bedrock_count": {
        "input": {
            "converse": {"messages": [{"role": "user", "content": [{"text": "Hello"}]}], "system": [{"text": "s"}]}
        }
    },
    "gemini_count": {
        "generateContentRequest": {
            "model": "models/m",
            "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
            "systemInstruction": {"parts": [{"text": "s"}]},
        }
    },
}
COUNTED = {
    "anthropic_count": "input_tokens",
    "openai_count": "input_tokens",
    "bedrock_count": "inputTokens",
    "gemini_count": "totalTokens",
}
TOOLS = [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]


@pytest.mark.parametrize("path", HELLO)
@pytest.mark.parametrize("shape", SENT)
def test_every_client_is_told_what_every_provider_counted(path: str, shape: str) -> None:
    assert told(path, shape, HELLO[path], {COUNTED[shape]: 7}).body == TOLD[path]


@pytest.mark.parametrize("path", HELLO)
@pytest.mark.parametrize("shape", ["bedrock_count", "gemini_count"])
def test_the_whole_request_is_counted(path: str, shape: str) -> None:
    assert sending(path, shape, HELLO[path]).bodies == (SENT[shape],)


@pytest.mark.parametrize(
    ("shape", "members"),
    [
        ("anthropic_count", {"model", "messages", "system", "tools"}),
        ("openai_count", {"model", "input", "instructions", "tools"}),
    ],
)
def test_only_what_counts_is_sent(shape: str, members: set[str]) -> None:
    body = {**HELLO[COUNT], "max_tokens": 5, "temperature": 1, "stream": True, "tools": TOOLS}
    (sent,) = sending(COUNT, shape, body).bodies
    assert set(sent) == members


def test_contents_of_gemini_may_stand_alone() -> None:
    body = {"contents": [{"parts": [{"text": "Hello"}]}]}
    (sent,) = sending(GEMINI_COUNT, "anthropic_count", body).bodies
    assert sent == {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}


@pytest.mark.parametrize("path", HELLO)
def test_a_guess_is_marked_and_grows_with_the_text(path: str) -> None:
    found = told(path, "estimate", HELLO[path])
    assert found.estimated
    assert sending(path, "estimate", HELLO[path]).bodies == ()
    (tokens,) = (value for value in found.body.values() if isinstance(value, int))
    assert tokens == pytest.approx(len('{"model":"m","messages":[{"role":"user","content":"Hello"}]}') / 4, abs=15)


@pytest.mark.parametrize("answer", [{}, {"input_tokens": "7"}, {"input_tokens": -1}, {"input_tokens": None}])
def test_an_answer_without_a_count_is_the_providers_fault(answer: Any) -> None:
    with pytest.raises(Garbled):
        told(COUNT, "anthropic_count", HELLO[COUNT], answer)


def test_what_cannot_be_sent_there_cannot_be_counted_there() -> None:
    body = {"model": "x", "input": "Hello", "previous_response_id": "resp_1"}
    with pytest.raises(Unable):
        sending(INPUT, "gemini_count", body)


def test_a_malformed_call_is_the_clients_fault() -> None:
    with pytest.raises(Malformed):
        sending(GEMINI_COUNT, "anthropic_count", {"generateContentRequest": []})
