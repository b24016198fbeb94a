"""Why a candidate ended, in this API's words and in everybody's.

Facts are from Google's API reference, FinishReason and BlockedReason.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Stop, StopReason
from ext_proc.chat.reading import Node

_FILTERED = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "ESCALATION",
    "MODEL_ARMOR",
)
_KNOWN: dict[str, StopReason] = {
    "STOP": "end",
    "MAX_TOKENS": "length",
    "TOO_MANY_TOOL_CALLS": "pause",
    "CONTINUATION": "pause",
    **dict.fromkeys(_FILTERED, "content_filter"),
}
_OTHERS = (
    "OTHER",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
    "IMAGE_OTHER",
    "NO_IMAGE",
    "PUP_LIMITED_DISABLED",
)
"""The model broke off: with nothing said, the answer failed."""
_WORDS: dict[StopReason, str] = {
    "end": "STOP",
    "length": "MAX_TOKENS",
    "tool_use": "STOP",
    "stop_sequence": "STOP",
    "refusal": "SAFETY",
    "content_filter": "SAFETY",
    "pause": "OTHER",
    "context": "MAX_TOKENS",
}
MALFORMED_CALL = "MALFORMED_FUNCTION_CALL"
BLOCKED = "promptFeedback"
KEPT = (
    "finishMessage",
    "safetyRatings",
    "citationMetadata",
    "groundingMetadata",
    "groundingAttributions",
    "urlContextMetadata",
    "avgLogprobs",
    "tokenCount",
    "continuationToken",
)
"""Members of a candidate that only this dialect has."""


def read_stop(candidate: Node, *, called: bool) -> Stop:
    """`called`: there was a call of a function; this API says STOP then, too."""
    raw = candidate.text("finishReason")
    reason: StopReason = _KNOWN.get(raw, "end")
    extra = {name: candidate.plain[name] for name in KEPT if candidate.has(name)}
    return Stop(reason="tool_use" if called and reason == "end" else reason, raw=raw, extra=extra)


def broke_off(stop: Stop) -> bool:
    return bool(stop.raw) and stop.raw not in _KNOWN


def read_block(answer: Node) -> Stop | None:
    """The prompt was refused by a filter; there are no candidates then."""
    feedback = answer.node(BLOCKED)
    if feedback is None or not feedback.has("blockReason"):
        return None
    extra: dict[str, Any] = {BLOCKED: feedback.plain}
    return Stop(reason="content_filter", raw=feedback.text("blockReason"), extra=extra)


def write_stop(stop: Stop) -> str:
    return stop.raw if stop.raw in _KNOWN or stop.raw in _OTHERS else _WORDS[stop.reason]
