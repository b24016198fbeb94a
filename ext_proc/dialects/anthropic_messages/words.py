"""The dialect's names: what its blocks and tools are for, and the words this gateway adds.

Facts are from Anthropic's public API reference and the types of its Python library.
"""

from __future__ import annotations

NAME = "anthropic_messages"
BETA = "anthropic-beta"
"""The header that asks for features; kept in `Request.rest` under its own name."""

SHORTHAND = "shorthand"
"""Kept in `extra` of what was sent as a string in the place of a list of blocks."""
RAW = "block"
"""Kept in `extra` of a block that says more than the part made of it: the block as it was sent."""
UNSIGNED = "unsigned"
"""Origin of the seal on thoughts without a proof, and kept in `extra` of thoughts that had it: no provider of this
dialect takes them."""

JSON_TOOL = "plano_json_answer"
"""The tool that stands for an answer in JSON. Nothing is remembered: a call of this name is such an answer."""

ADAPTIVE = "adaptive"
"""`Model.family` of models that decide themselves how much to think and refuse budgets and sampling settings
(Claude Opus 4.7 and later)."""
ALWAYS_ADAPTIVE = "always_adaptive"
"""The same, and thinking cannot be switched off (Claude Fable, Claude Mythos)."""

PURPOSES = {
    "web_search": "web_search",
    "web_fetch": "web_fetch",
    "code_execution": "code_execution",
    "computer": "computer",
    "computer_toolset": "computer",
    "text_editor": "text_editor",
    "bash": "bash",
    "memory": "memory",
    "mcp_toolset": "mcp",
}
"""A tool's type, without the date at its end -> what it is for."""

NOT_ESSENTIAL = frozenset({"fallback", "mcp_tool_listing"})
"""Blocks a conversation says the same without."""

MEMBERS = {
    "turns": "messages",
    "stop": "stop_sequences",
    "sampling.temperature": "temperature",
    "sampling.top_p": "top_p",
    "sampling.top_k": "top_k",
    "user": "metadata.user_id",
    "output": "output_config.format",
    "thinking.effort": "output_config.effort",
    "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    "cache": "cache_control",
}
"""A member of the request's value -> its address in a body of this dialect."""
