"""Why an answer ended, read."""

from __future__ import annotations

from ext_proc.chat.answer import Stop, StopReason
from ext_proc.chat.reading import Node

_REASONS: dict[str, StopReason] = {
    "end_turn": "end",
    "tool_use": "tool_use",
    "max_tokens": "length",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "end",
    "malformed_tool_use": "end",
    "model_context_window_exceeded": "context",
}
_BROKEN = ("malformed_model_output", "malformed_tool_use")


def read_stop(node: Node, *, called: bool) -> Stop:
    """`node` has the reason and the fields asked for beside it; `called`: a tool of the client's is."""
    raw = node.text("stopReason")
    reason = _REASONS.get(raw, "end")
    if called and reason == "end":
        reason = "tool_use"
    if reason == "tool_use" and not called:
        reason = "end"
    fields = node.plain.get("additionalModelResponseFields")
    sequence = fields.get("stop_sequence") if isinstance(fields, dict) else None
    return Stop(reason=reason, raw=raw, sequence=sequence if isinstance(sequence, str) else None)


def is_broken(stop: Stop) -> bool:
    """The model wrote nothing anybody could read: with nothing said before, the answer failed."""
    return stop.raw in _BROKEN
