"""Counted tokens, read and written. This dialect counts what came from and went into the cache apart from the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.chat.answer import Usage
from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node

EXTRA = ("server_tool_use", "inference_geo", "iterations", "speed", "fallback_credit")
"""What only this dialect counts."""
_TIERS = {"standard": "standard", "priority": "priority", "batch": "batch", "default": "standard"}


class Counted:
    """The counts of one answer so far, as they were said: a later one holds, a missing one changes nothing."""

    def __init__(self) -> None:
        self._said: dict[str, Any] = {}

    def add(self, usage: Node) -> Usage:
        self._said |= {name: value for name, value in usage.plain.items() if value is not None}
        return read_usage(Node(self._said, usage.at, trusted=True))


def read_usage(node: Node) -> Usage:
    fresh, cached = node.integer("input_tokens"), node.integer("cache_read_input_tokens")
    written, written_1h = _written(node)
    details = node.node("output_tokens_details")
    return Usage(
        input=None if fresh is None else fresh + (cached or 0) + (written or 0),
        cached=cached,
        cache_write=written,
        cache_write_1h=written_1h,
        output=node.integer("output_tokens"),
        reasoning=details.integer("thinking_tokens") if details else None,
        extra={name: node.plain[name] for name in EXTRA if node.has(name)},
    )


def _written(node: Node) -> tuple[int | None, int | None]:
    """What went into the cache, and what of it for an hour."""
    total, split = node.integer("cache_creation_input_tokens"), node.node("cache_creation")
    if split is None:
        return total, None
    hour, minutes = split.integer("ephemeral_1h_input_tokens"), split.integer("ephemeral_5m_input_tokens")
    return (hour or 0) + (minutes or 0) if total is None else total, hour


def write_usage(usage: Usage | None, rest: Plain) -> dict[str, Any]:
    """`rest` is the answer's: the tier that served it stands among the counts."""
    found = usage or Usage()
    cached, kept = found.cached or 0, found.cache_write or 0
    written: dict[str, Any] = {
        "input_tokens": max(0, (found.input or 0) - cached - kept),
        "cache_creation_input_tokens": kept,
        "cache_read_input_tokens": cached,
        "output_tokens": found.output or 0,
    }
    if (hour := found.cache_write_1h) is not None:
        written["cache_creation"] = {
            "ephemeral_1h_input_tokens": hour,
            "ephemeral_5m_input_tokens": max(0, kept - hour),
        }
    if found.reasoning is not None:
        written["output_tokens_details"] = {"thinking_tokens": found.reasoning}
    written |= {name: found.extra[name] for name in EXTRA if name in found.extra}
    return written | _tier(rest)


def _tier(rest: Mapping[str, Any]) -> dict[str, str]:
    found = rest.get("service_tier")
    known = _TIERS.get(found) if isinstance(found, str) else None
    return {"service_tier": known} if known else {}


def write_count(tokens: int) -> dict[str, int]:
    """The answer of POST /v1/messages/count_tokens."""
    return {"input_tokens": tokens}
