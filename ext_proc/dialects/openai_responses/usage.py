"""Counts of tokens, read and written. Input includes what came from the cache, output the thoughts, as in `Usage`."""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Usage
from ext_proc.chat.reading import Node

_TAKEN = ("input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details", "total_tokens")


def read_usage(response: Node) -> Usage | None:
    node = response.node("usage")
    if node is None:
        return None
    into, out = node.node("input_tokens_details"), node.node("output_tokens_details")
    return Usage(
        input=node.integer("input_tokens"),
        cached=into.integer("cached_tokens") if into else None,
        cache_write=into.integer("cache_write_tokens") if into else None,
        output=node.integer("output_tokens"),
        reasoning=out.integer("reasoning_tokens") if out else None,
        extra=node.rest(*_TAKEN),
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    """Clients need every count; what the provider did not say is 0."""
    spent, said = usage.input or 0, usage.output or 0
    return {
        "input_tokens": spent,
        "input_tokens_details": {"cached_tokens": usage.cached or 0, "cache_write_tokens": usage.cache_write or 0},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": spent + said,
    }
