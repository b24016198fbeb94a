"""Answers of OpenAI's Responses API."""

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

_USAGE = {
    "input_tokens": INPUT,
    "input_tokens_details": {"cached_tokens": CACHED},
    "output_tokens": OUTPUT,
    "output_tokens_details": {"reasoning_tokens": REASONING},
    "total_tokens": INPUT + OUTPUT,
}


def _items(meant: Meant) -> list[Row]:
    summary = [{"type": "summary_text", "text": THOUGHT}]
    thought = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": PROOF}
    call = {"type": "function_call", "id": "fc_1", "call_id": CALL_ID, "name": TOOL, "arguments": json.dumps(ARGUMENTS)}
    content = [{"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}]
    status = "incomplete" if meant.end == "length" else "completed"
    said = {"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": content}
    return [*([thought] if meant.thinks else []), {**call, "status": status} if meant.end == "tool" else said]


def whole(meant: Meant) -> Row:
    short = meant.end == "length"
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1755133833,
        "status": "incomplete" if short else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if short else None,
        "error": None,
        "model": "m-1",
        "output": _items(meant),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": _USAGE,
    }


def events(meant: Meant) -> bytes:
    done = whole(meant)
    begun = {**done, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    rows: list[Row] = [{"type": "response.created", "response": begun}]
    for index, item in enumerate(_items(meant)):
        rows += _item(index, item)
    rows.append({"type": f"response.{done['status']}", "response": done})
    return sse([{**row, "sequence_number": n} for n, row in enumerate(rows)], named=True)


def _item(index: int, item: Row) -> list[Row]:
    at = {"output_index": index, "item_id": item["id"]}
    if item["type"] == "message":
        begun, part = {**item, "content": [], "status": "in_progress"}, {**at, "content_index": 0}
        empty = {**item["content"][0], "text": ""}
        rows = [{"type": "response.content_part.added", **part, "part": empty}]
        rows += [{"type": "response.output_text.delta", **part, "delta": word, "logprobs": []} for word in WORDS]
        rows.append({"type": "response.output_text.done", **part, "text": TEXT, "logprobs": []})
        rows.append({"type": "response.content_part.done", **part, "part": item["content"][0]})
    elif item["type"] == "function_call":
        begun, kind = {**item, "arguments": "", "status": "in_progress"}, "response.function_call_arguments"
        rows = [{"type": f"{kind}.delta", **at, "delta": half} for half in halves(item["arguments"])]
        rows.append({"type": f"{kind}.done", **at, "name": TOOL, "arguments": item["arguments"]})
    else:
        begun, part = {**item, "summary": [], "encrypted_content": None}, {**at, "summary_index": 0}
        kind, text = "response.reasoning_summary", "summary_text"
        rows = [{"type": f"{kind}_part.added", **part, "part": {"type": text, "text": ""}}]
        rows += [{"type": f"{kind}_text.delta", **part, "delta": half} for half in halves(THOUGHT)]
        rows.append({"type": f"{kind}_text.done", **part, "text": THOUGHT})
        rows.append({"type": f"{kind}_part.done", **part, "part": {"type": text, "text": THOUGHT}})
    added = {"type": "response.output_item.added", "output_index": index, "item": begun}
    return [added, *rows, {"type": "response.output_item.done", "output_index": index, "item": item}]
