"""Streams of providers, as OpenAI and servers of the same API send them."""

from __future__ import annotations

import json
from typing import Any

from ext_proc.chat.answer import Event
from ext_proc.dialects.openai_chat import PROVIDER

HEAD: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "upstream"}
DONE = b"data: [DONE]\n\n"


def chunk(delta: Any = None, finish: str | None = None, index: int = 0, **members: Any) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": index, "delta": delta or {}, "finish_reason": finish}
    inner = {name: members.pop(name) for name in ("logprobs", "stop_reason", "message", "error") if name in members}
    return {**HEAD, "choices": [choice | inner], **members}


def call(index: int | None, id: str = "", name: str = "", arguments: str = "", **members: Any) -> dict[str, Any]:
    function = ({"name": name} if name else {}) | {"arguments": arguments}
    entry: dict[str, Any] = {"function": function, **members}
    if index is not None:
        entry["index"] = index
    if id:
        entry |= {"id": id, "type": "function"}
    return {"tool_calls": [entry]}


def wire(*chunks: Any, end: bytes = DONE) -> bytes:
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks) + end


def decoded(data: bytes, size: int = 0) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events: list[Event] = []
    step = size or len(data) or 1
    for start in range(0, len(data), step):
        events += decoder.feed(data[start : start + step])
    return events + decoder.flush()


USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 10,
    "total_tokens": 30,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
SIDE_BY_SIDE = [
    chunk({"role": "assistant", "content": None}),
    chunk(call(0, "call_a", "first")),
    chunk(call(1, "call_b", "second")),
    chunk(call(0, arguments='{"a":')),
    chunk(call(1, arguments='{"b":')),
    chunk({"content": "words between"}),
    chunk(call(0, arguments='"}\\"{"')),
    chunk(call(1, arguments="2")),
    chunk(call(0, arguments="}")),
    chunk(call(2, "call_c", "third", "{}")),
    chunk(call(1, arguments="}")),
    chunk(finish="tool_calls"),
]
ROUTER = [
    chunk({"role": "assistant", "content": "", "reasoning": None}, provider="Anthropic"),
    chunk({"reasoning": "I th", "reasoning_details": [{"type": "reasoning.text", "text": "I th", "index": 0}]}),
    chunk({"reasoning": "ink.", "reasoning_details": [{"type": "reasoning.text", "text": "ink.", "index": 0}]}),
    chunk(
        {
            "reasoning_details": [
                {"type": "reasoning.text", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0}
            ]
        }
    ),
    chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "ZGF0YQ==", "index": 1}]}),
    chunk({"reasoning_details": [{"type": "reasoning.summary", "summary": "Short.", "index": 2}]}),
    chunk({"content": "Hello"}),
    chunk({"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}]}),
    chunk({"content": ""}, "stop"),
    {**HEAD, "choices": [], "usage": USAGE},
]
FULL = [
    chunk({"role": "assistant", "content": "", "refusal": None}, service_tier="default", system_fingerprint="fp"),
    chunk({"reasoning_content": "Hm ünd"}),
    chunk({"reasoning_content": " so."}),
    chunk({"content": "Grüße"}, logprobs={"content": [{"token": "Grüße", "logprob": -0.5}], "refusal": None}),
    chunk({"content": "!", "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}]}),
    chunk({"content": "Two"}, index=1),
    chunk({"refusal": "No"}, index=1),
    chunk(call(0, "call_a", "first", '{"a":1}')),
    chunk({"audio": {"id": "audio_1", "transcript": "la"}}),
    chunk({"audio": {"data": "UklG"}}),
    chunk({"audio": {"data": "Rg==", "transcript": " la"}}),
    chunk({"audio": {"expires_at": 9}}),
    chunk(finish="stop", index=1),
    chunk(finish="tool_calls"),
    {**HEAD, "choices": [], "usage": USAGE},
]
STREAMS = {"full": wire(*FULL), "router": wire(*ROUTER), "side by side": wire(*SIDE_BY_SIDE)}
