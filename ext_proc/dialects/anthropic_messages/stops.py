"""Why an answer ended, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.chat.answer import Stop, StopReason
from ext_proc.chat.reading import Node

_REASONS: dict[str, StopReason] = {
    "end_turn": "end",
    "max_tokens": "length",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "pause_turn": "pause",
    "refusal": "refusal",
    "compaction": "end",
    "model_context_window_exceeded": "context",
}
_WORDS: dict[StopReason, str] = {
    "end": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
    "content_filter": "refusal",
    "context": "model_context_window_exceeded",
}
BESIDE = ("stop_details", "container", "context_management", "input_transformations")
"""What an answer says when it ends, and only this dialect has."""


def read_stop(delta: Node, around: Mapping[str, Any], *, called: bool) -> Stop:
    """`delta` has the reason, `around` is the object it stands in; `called`: a tool of the client's is."""
    raw = delta.text("stop_reason")
    reason = _REASONS.get(raw, "end")
    if reason == "tool_use" and not called:
        reason = "end"
    beside = {**around, **delta.plain}
    return Stop(
        reason=reason,
        raw=raw,
        sequence=delta.text("stop_sequence") or None,
        extra={name: beside[name] for name in BESIDE if beside.get(name) is not None},
    )


def write_stop(stop: Stop) -> dict[str, Any]:
    """A word of this dialect stays what it was."""
    kept = _REASONS.get(stop.raw) == stop.reason
    return {"stop_reason": stop.raw if kept else _WORDS[stop.reason], "stop_sequence": stop.sequence}
