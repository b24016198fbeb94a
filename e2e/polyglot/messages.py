"""Answers of Anthropic's Messages API."""

from __future__ import annotations

import json

from e2e.polyglot.meant import (
    ARGUMENTS,
    CACHED,
    CALL_ID,
    INPUT,
    OUTPUT,
    PROOF,
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

_ENDS = {"end": "end_turn", "tool": "tool_use", "length": "max_tokens"}
_USAGE = {
    "input_tokens": INPUT - CACHED,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": CACHED,
    "output_tokens": OUTPUT,
    "output_tokens_details": {"thinking_tokens": REASONING},
}


def _blocks(meant: Meant) -> list[Row]:
    thinking = [{"type": "thinking", "thinking": THOUGHT, "signature": PROOF}] if meant.thinks else []
    call = {"type": "tool_use", "id": CALL_ID, "name": TOOL, "input": ARGUMENTS}
    return [*thinking, call if meant.end == "tool" else {"type": "text", "text": TEXT}]


def whole(meant: Meant) -> Row:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "stop_sequence": None}
    ended = {"stop_reason": _ENDS[meant.end], "usage": _USAGE}
    return {**head, "content": _blocks(meant), **ended}


def events(meant: Meant) -> bytes:
    begun = {**whole(meant), "content": [], "stop_reason": None, "usage": {**_USAGE, "output_tokens": 1}}
    rows: list[Row] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for index, block in enumerate(_blocks(meant)):
        rows += _block(index, block)
    delta = {"stop_reason": _ENDS[meant.end], "stop_sequence": None}
    rows += [{"type": "message_delta", "delta": delta, "usage": _USAGE}, {"type": "message_stop"}]
    return sse(rows, named=True)


def _block(index: int, block: Row) -> list[Row]:
    empty = {"thinking": "", "signature": ""} if block["type"] == "thinking" else {"text": "", "input": {}}
    begun = {**block, **{name: value for name, value in empty.items() if name in block}}
    if block["type"] == "thinking":
        deltas: list[Row] = [{"type": "thinking_delta", "thinking": half} for half in halves(THOUGHT)]
        deltas.append({"type": "signature_delta", "signature": PROOF})
    elif block["type"] == "text":
        deltas = [{"type": "text_delta", "text": word} for word in WORDS]
    else:
        deltas = [{"type": "input_json_delta", "partial_json": half} for half in halves(json.dumps(ARGUMENTS))]
    rows = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    started = {"type": "content_block_start", "index": index, "content_block": begun}
    return [started, *rows, {"type": "content_block_stop", "index": index}]
