"""Counted tokens, read. The API counts what came from and went into the cache apart from the input."""

from __future__ import annotations

from ext_proc.chat.answer import Usage
from ext_proc.chat.reading import Node


def read_usage(node: Node) -> Usage:
    fresh, output = node.integer("inputTokens"), node.integer("outputTokens")
    cached, written = node.integer("cacheReadInputTokens"), node.integer("cacheWriteInputTokens")
    hours = [each.integer("inputTokens") or 0 for each in node.nodes("cacheDetails") if each.text("ttl") == "1h"]
    return Usage(
        input=None if fresh is None else fresh + (cached or 0) + (written or 0),
        cached=cached,
        cache_write=written,
        cache_write_1h=sum(hours) if hours else None,
        output=output,
    )
