"""Counts of tokens, read and written. Input includes what came from the cache, output the thoughts, as in `Usage`."""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Usage
from ext_proc.chat.reading import Node

_TAKEN = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
)
_CACHED = ("prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
"""Where DeepSeek, Moonshot and LiteLLM say it."""


def read_usage(body: Node) -> Usage | None:
    """`x_groq` is where Groq's streams had it."""
    groq = body.node("x_groq")
    node = body.node("usage") or (groq.node("usage") if groq is not None else None)
    if node is None:
        return None
    into = node.node("prompt_tokens_details") or Node({}, trusted=True)
    out = node.node("completion_tokens_details") or Node({}, trusted=True)
    spent, reasoning = node.integer("prompt_tokens"), out.integer("reasoning_tokens")
    output = node.integer("completion_tokens")
    apart = _apart(node, reasoning, gemini="gemini" in body.text("model"))
    if apart and output is not None:
        output, reasoning = output + apart, apart
    return Usage(
        input=spent,
        cached=_first(into.integer("cached_tokens"), *(node.integer(name) for name in _CACHED)),
        cache_write=_first(into.integer("cache_write_tokens"), node.integer("cache_creation_input_tokens")),
        output=output,
        reasoning=reasoning,
        extra=node.rest(*_TAKEN),
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    """Clients need every count; what the provider did not say is 0."""
    spent, said = usage.input or 0, usage.output or 0
    written = {"cache_write_tokens": usage.cache_write} if usage.cache_write is not None else {}
    return {
        "prompt_tokens": spent,
        "completion_tokens": said,
        "total_tokens": spent + said,
        "prompt_tokens_details": {"cached_tokens": usage.cached or 0, **written},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
    }


def _apart(node: Node, reasoning: int | None, *, gemini: bool) -> int:
    """Thoughts that are not among the completion's tokens, as the total shows: xAI names them, Gemini does not."""
    counts = [node.integer(name) for name in ("total_tokens", "prompt_tokens", "completion_tokens")]
    if any(count is None for count in counts):
        return 0
    total, spent, said = (count or 0 for count in counts)
    left = total - spent - said
    return left if left > 0 and (left == reasoning or (gemini and reasoning is None)) else 0


def _first(*found: int | None) -> int | None:
    return next((each for each in found if each is not None), None)
