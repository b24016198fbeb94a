"""Answers of Google's Gemini API."""

from __future__ import annotations

from e2e.polyglot.meant import (
    ARGUMENTS,
    CACHED,
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
    "promptTokenCount": INPUT,
    "cachedContentTokenCount": CACHED,
    "candidatesTokenCount": OUTPUT - REASONING,
    "thoughtsTokenCount": REASONING,
    "totalTokenCount": INPUT + OUTPUT,
}


def _frame(parts: list[Row], **ended: str) -> Row:
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **ended}
    return {"candidates": [candidate], "usageMetadata": _USAGE, "modelVersion": "m-1", "responseId": "g-1"}


def _thought(text: str) -> Row:
    return {"text": text, "thought": True}


def _last(meant: Meant) -> Row:
    proof = {"thoughtSignature": PROOF} if meant.thinks else {}
    return {"functionCall": {"name": TOOL, "args": ARGUMENTS}, **proof} if meant.end == "tool" else {"text": TEXT}


def whole(meant: Meant) -> Row:
    thoughts = [_thought(THOUGHT)] if meant.thinks else []
    return _frame([*thoughts, _last(meant)], finishReason="MAX_TOKENS" if meant.end == "length" else "STOP")


def events(meant: Meant) -> bytes:
    thoughts = [_thought(half) for half in halves(THOUGHT)] if meant.thinks else []
    said = [_last(meant)] if meant.end == "tool" else [{"text": word} for word in WORDS]
    frames = [_frame([part]) for part in (*thoughts, *said)]
    frames[-1]["candidates"][0]["finishReason"] = "MAX_TOKENS" if meant.end == "length" else "STOP"
    return sse(frames)
