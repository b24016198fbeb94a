"""Why an answer ended, read and written."""

from __future__ import annotations

from collections.abc import Collection

from ext_proc.chat.answer import Stop, StopReason
from ext_proc.chat.parts import Part, Refusal, ToolCall
from ext_proc.chat.reading import Node

_REASONS: dict[str, StopReason] = {
    "stop": "end",
    "eos": "end",
    "eos_token": "end",
    "end_turn": "end",
    "stop_sequence": "stop_sequence",
    "length": "length",
    "max_tokens": "length",
    "model_length": "context",
    "tool_calls": "tool_use",
    "tool_use": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "sensitive": "content_filter",
    "refusal": "refusal",
}
"""The API's words, and those of Mistral, Together, Zhipu and others that keep their own."""
FAILURES = frozenset({"error", "insufficient_system_resource", "network_error"})
"""OpenRouter, DeepSeek, Zhipu: the answer broke off."""

_WRITTEN: dict[StopReason, str] = {
    "end": "stop",
    "stop_sequence": "stop",
    "pause": "stop",
    "length": "length",
    "context": "length",
    "tool_use": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "content_filter",
}
_KNOWN = ("index", "message", "delta", "finish_reason", "logprobs", "stop_reason", "text")


def read_stop(choice: Node, raw: str, kinds: Collection[type[Part]]) -> Stop:
    """`raw`: the word, wherever it stood; `kinds` of parts there are in the answer. Several servers say "stop" behind
    calls; vLLM says which stop sequence it was."""
    reason = _REASONS.get(raw.lower(), "end")
    found = choice.plain.get("stop_reason")
    sequence = found if isinstance(found, str) and found and reason == "end" else None
    if reason == "end" and ToolCall in kinds:
        reason = "tool_use"
    elif reason == "end" and Refusal in kinds:
        reason = "refusal"
    elif sequence is not None:
        reason = "stop_sequence"
    extra = {name: value for name, value in choice.rest(*_KNOWN).items() if value is not None}
    return Stop(reason=reason, raw=raw, sequence=sequence, extra=extra)


def write_stop(stop: Stop, *, refused: bool, legacy: bool) -> str:
    """`refused`: the answer says so in its own member; `legacy`: the client knows functions only."""
    if stop.reason == "refusal" and refused:
        return "stop"
    word = _WRITTEN[stop.reason]
    return "function_call" if legacy and word == "tool_calls" else word
