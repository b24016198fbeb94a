"""Tokens counted: `usageMetadata` read and written.

This API counts thoughts beside the answer and the results of Google's own tools beside the prompt; the totals of
`chat.answer.Usage` include both. Cached tokens are part of the prompt in both.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Usage
from ext_proc.dialects.gemini.spelling import Member

_TOOLS = "toolUsePromptTokenCount"
_KEPT = (
    _TOOLS,
    "promptTokensDetails",
    "cacheTokensDetails",
    "candidatesTokensDetails",
    "toolUsePromptTokensDetails",
    "trafficType",
    "serviceTier",
)


def read_usage(answer: Member) -> Usage | None:
    found = answer.node("usageMetadata")
    if found is None:
        return None
    thoughts = found.integer("thoughtsTokenCount")
    return Usage(
        input=_sum(found.integer("promptTokenCount"), found.integer(_TOOLS)),
        cached=found.integer("cachedContentTokenCount"),
        output=_sum(found.integer("candidatesTokenCount"), thoughts),
        reasoning=thoughts,
        extra={name: found.plain[name] for name in _KEPT if found.has(name)},
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    kept = {name: usage.extra[name] for name in _KEPT if name in usage.extra}
    tools = kept.get(_TOOLS)
    beside = tools if isinstance(tools, int) else 0
    counts = {
        "promptTokenCount": None if usage.input is None else usage.input - beside,
        "cachedContentTokenCount": usage.cached or None,
        "candidatesTokenCount": None if usage.output is None else usage.output - (usage.reasoning or 0),
        "thoughtsTokenCount": usage.reasoning or None,
        "totalTokenCount": _sum(usage.input, usage.output),
    }
    return {name: count for name, count in counts.items() if count is not None} | kept


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
