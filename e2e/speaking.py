"""What is said in a request, and an answer as the three chat APIs would give it.

In: a request's path and JSON, a text to answer. Out: the texts of the conversation; the body of an answer, whole or as
server-sent events, as the official clients read it. Made without any code of the gateway: it is what the gateway is
judged by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from e2e.client import CHAT, MESSAGES, RESPONSES

MODEL = "fake-agent"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """One message: who said what; the text parts of its content, a line each."""

    role: str
    text: str


def conversation(path: str, body: Row) -> list[Said]:
    """The messages of a request in order, results of tools and other items left out."""
    found = body.get("input") if path.endswith(RESPONSES) else body.get("messages")
    if isinstance(found, str):
        return [Said("user", found)]
    rows = (row for row in found or [] if isinstance(row, dict) and "role" in row)
    return [Said(row["role"], _text(row.get("content"))) for row in rows]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or [] if isinstance(part, dict) and "text" in part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    asked: int
    answered: int


def answer(path: str, text: str, usage: Usage, *, streamed: bool) -> bytes:
    """The body of an answer in the dialect of the path."""
    whole, events = {
        CHAT: (_chat, _chat_events),
        MESSAGES: (_messages, _messages_events),
        RESPONSES: (_responses, _responses_events),
    }[next(known for known in (CHAT, MESSAGES, RESPONSES) if path.endswith(known))]
    return events(text, usage) if streamed else json.dumps(whole(text, usage)).encode()


def words(text: str) -> list[str]:
    """A text in pieces as a model would send it; joined they are the text."""
    return re.findall(r"\S+\s*|\s+", text)


def _event(data: Row, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def _chat_usage(usage: Usage) -> Row:
    total = usage.asked + usage.answered
    return {"prompt_tokens": usage.asked, "completion_tokens": usage.answered, "total_tokens": total}


def _chat(text: str, usage: Usage) -> Row:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    frame = {"id": "chatcmpl-fake", "object": "chat.completion", "created": 1, "model": MODEL}
    return {**frame, "choices": [choice], "usage": _chat_usage(usage)}


def _chat_events(text: str, usage: Usage) -> bytes:
    frame = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    deltas: list[tuple[Row, str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": word}, None) for word in words(text)]
    rows = [
        {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in [*deltas, ({}, "stop")]
    ]
    counted = {**frame, "choices": [], "usage": _chat_usage(usage)}
    return b"".join(map(_event, [*rows, counted])) + b"data: [DONE]\n\n"


def _messages(text: str, usage: Usage) -> Row:
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": usage.asked, "output_tokens": usage.answered},
    }


def _messages_events(text: str, usage: Usage) -> bytes:
    begun = {**_messages("", usage), "content": [], "stop_reason": None}
    rows: list[Row] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    rows += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        for word in words(text)
    ]
    rows += [
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": usage.answered},
        },
        {"type": "message_stop"},
    ]
    return b"".join(_event(row, row["type"]) for row in rows)


def _responses(text: str, usage: Usage, status: str = "completed") -> Row:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "msg_fake", "type": "message", "role": "assistant", "status": status, "content": [part]}
    frame = {"id": "resp_fake", "object": "response", "created_at": 1, "model": MODEL, "status": status}
    total = usage.asked + usage.answered
    counted = {
        "input_tokens": usage.asked,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": usage.answered,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": total,
    }
    rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return {**frame, **rest, "output": [item] if text else [], "usage": counted if text else None}


def _responses_events(text: str, usage: Usage) -> bytes:
    begun, whole = _responses("", usage, "in_progress"), _responses(text, usage)
    place = {"item_id": "msg_fake", "output_index": 0, "content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": []}
    item = {"id": "msg_fake", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    rows: list[Row] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "part": empty},
    ]
    rows += [{"type": "response.output_text.delta", **place, "delta": w, "logprobs": []} for w in words(text)]
    rows += [
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": {**empty, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": whole["output"][0]},
        {"type": "response.completed", "response": whole},
    ]
    numbered = ({**row, "sequence_number": number} for number, row in enumerate(rows))
    return b"".join(_event(row, row["type"]) for row in numbered)
