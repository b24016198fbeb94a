"""Answers as agents send them, for tests: a text, whole or streamed, in each dialect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ext_proc.conversation import Dialect

SSE = "text/event-stream; charset=utf-8"
JSON = "application/json"


def whole(dialect: Dialect, text: str) -> bytes:
    match dialect:
        case Dialect.CHAT:
            message = {"role": "assistant", "content": text}
            plain: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            plain["usage"] = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        case Dialect.MESSAGES:
            plain = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}
            plain["usage"] = {"input_tokens": 3, "output_tokens": 2}
        case Dialect.RESPONSES:
            content = [{"type": "output_text", "text": text, "annotations": []}]
            plain = {"status": "completed", "error": None, "output": [{"type": "message", "content": content}]}
            plain["usage"] = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    return json.dumps(plain).encode()


def events(dialect: Dialect, pieces: Sequence[str]) -> list[tuple[str, str]]:
    """Name and data of each event; the last one is the protocol's end marker."""
    match dialect:
        case Dialect.CHAT:
            deltas = [
                {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces
            ]
            stop = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
            return [("", json.dumps(plain)) for plain in (*deltas, stop, usage)] + [("", "[DONE]")]
        case Dialect.MESSAGES:
            plains: list[dict[str, Any]] = [{"type": "message_start", "message": {"usage": {"input_tokens": 3}}}]
            plains += [{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}]
            plains += [
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
                for piece in pieces
            ]
            plains += [{"type": "content_block_stop", "index": 0}, {"type": "ping"}]
            plains += [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}]
            plains += [{"type": "message_stop"}]
        case Dialect.RESPONSES:
            plains = [{"type": "response.created", "response": {"status": "in_progress", "error": None}}]
            plains += [{"type": "response.output_text.delta", "output_index": 0, "delta": piece} for piece in pieces]
            content = [{"type": "output_text", "text": "".join(pieces)}]
            response: dict[str, Any] = {
                "output": [{"type": "message", "content": content}],
                "error": None,
                "status": "completed",
            }
            response["usage"] = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
            plains += [{"type": "response.completed", "response": response}]
    return [(str(plain["type"]), json.dumps(plain)) for plain in plains]


def _chunk(delta: dict[str, str], finish: str | None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def stream(sent: Iterable[tuple[str, str]], line_end: str = "\n") -> bytes:
    lines = [": hello"]
    for name, data in sent:
        lines += ([f"event: {name}"] if name else []) + [f"data: {data}", ""]
    return (line_end.join(lines) + line_end).encode()


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The bytes in pieces, cut at these places."""
    stops = sorted({place % (len(data) + 1) for place in places})
    return [data[start:stop] for start, stop in zip([0, *stops], [*stops, len(data)], strict=True)]
