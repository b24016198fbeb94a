"""Answers of OpenAI's chat API."""

from __future__ import annotations

import json

from e2e.polyglot.meant import (
    ARGUMENTS,
    CACHED,
    CALL_ID,
    INPUT,
    OUTPUT,
    REASONING,
    TEXT,
    THOUGHT,
    TOOL,
    WORDS,
    Meant,
    Row,
    halves,
    sse,
)

_ENDS = {"end": "stop", "tool": "tool_calls", "length": "length"}
_USAGE = {
    "prompt_tokens": INPUT,
    "completion_tokens": OUTPUT,
    "total_tokens": INPUT + OUTPUT,
    "prompt_tokens_details": {"cached_tokens": CACHED},
    "completion_tokens_details": {"reasoning_tokens": REASONING},
}
_HEAD = {"id": "chatcmpl-1", "created": 1755133833, "model": "m-1"}


def _call(arguments: str) -> Row:
    return {"id": CALL_ID, "type": "function", "function": {"name": TOOL, "arguments": arguments}}


def whole(meant: Meant) -> Row:
    message: Row = {"role": "assistant", "content": None if meant.end == "tool" else TEXT}
    if meant.thinks:
        message["reasoning_content"] = THOUGHT
    if meant.end == "tool":
        message["tool_calls"] = [_call(json.dumps(ARGUMENTS))]
    choice = {"index": 0, "message": message, "finish_reason": _ENDS[meant.end]}
    return {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE}


def events(meant: Meant) -> bytes:
    deltas: list[Row] = [{"role": "assistant", "content": ""}]
    if meant.thinks:
        deltas += [{"reasoning_content": half} for half in halves(THOUGHT)]
    if meant.end == "tool":
        deltas.append({"tool_calls": [{"index": 0, **_call("")}]})
        grown = [{"index": 0, "function": {"arguments": half}} for half in halves(json.dumps(ARGUMENTS))]
        deltas += [{"tool_calls": [each]} for each in grown]
    else:
        deltas += [{"content": word} for word in WORDS]
    head = {**_HEAD, "object": "chat.completion.chunk"}
    rows = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    last = {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _ENDS[meant.end]}]}
    return sse([*rows, last, {**head, "choices": [], "usage": _USAGE}, "[DONE]"])
