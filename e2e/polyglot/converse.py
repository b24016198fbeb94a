"""Answers of Amazon Bedrock's Converse API; its streams are frames of application/vnd.amazon.eventstream."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping

from e2e.polyglot.meant import (
    ARGUMENTS,
    CACHED,
    CALL_ID,
    INPUT,
    OUTPUT,
    PROOF,
    TEXT,
    THOUGHT,
    TOOL,
    WORDS,
    Meant,
    Row,
    halves,
)

_ENDS = {"end": "end_turn", "tool": "tool_use", "length": "max_tokens"}
_USAGE = {
    "inputTokens": INPUT - CACHED,
    "cacheReadInputTokens": CACHED,
    "cacheWriteInputTokens": 0,
    "outputTokens": OUTPUT,
    "totalTokens": INPUT + OUTPUT,
}
_TEXT_HEADER = 7


def _blocks(meant: Meant) -> list[Row]:
    thought = {"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": PROOF}}}
    call = {"toolUse": {"toolUseId": CALL_ID, "name": TOOL, "input": ARGUMENTS}}
    return [*([thought] if meant.thinks else []), call if meant.end == "tool" else {"text": TEXT}]


def whole(meant: Meant) -> Row:
    output = {"message": {"role": "assistant", "content": _blocks(meant)}}
    return {"output": output, "stopReason": _ENDS[meant.end], "usage": _USAGE, "metrics": {"latencyMs": 7}}


def events(meant: Meant) -> bytes:
    rows: list[tuple[str, Row]] = [("messageStart", {"role": "assistant"})]
    for index, block in enumerate(_blocks(meant)):
        rows += _block(index, block)
    rows.append(("messageStop", {"stopReason": _ENDS[meant.end]}))
    rows.append(("metadata", {"usage": _USAGE, "metrics": {"latencyMs": 7}}))
    return b"".join(frame(name, row) for name, row in rows)


def _block(index: int, block: Row) -> list[tuple[str, Row]]:
    rows: list[tuple[str, Row]] = []
    if "toolUse" in block:
        start = {"toolUse": {"toolUseId": CALL_ID, "name": TOOL}}
        rows.append(("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        deltas: list[Row] = [{"toolUse": {"input": half}} for half in halves(json.dumps(ARGUMENTS))]
    elif "text" in block:
        deltas = [{"text": word} for word in WORDS]
    else:
        deltas = [{"reasoningContent": {"text": half}} for half in halves(THOUGHT)]
        deltas.append({"reasoningContent": {"signature": PROOF}})
    rows += [("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in deltas]
    return [*rows, ("contentBlockStop", {"contentBlockIndex": index})]


def frame(event: str, payload: Mapping[str, object]) -> bytes:
    """One message of the stream."""
    told = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(_header(name, value) for name, value in told.items())
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", _TEXT_HEADER, len(value)) + value.encode()
