"""Conversations for tests: the same one in three dialects, and bodies no client should send."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ext_proc.conversation import Dialect

PATHS = [dialect.value for dialect in Dialect]

SAME: dict[str, dict[str, Any]] = {
    Dialect.CHAT: {
        "model": "m",
        "tools": [{"type": "function", "function": {"name": "look_up", "parameters": {}}}],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather in Oslo?"}]},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {}}]},
            {"role": "tool", "tool_call_id": "c", "content": "4 degrees"},
            {"role": "assistant", "content": "Cold."},
            {"role": "user", "content": "And tomorrow?"},
        ],
    },
    Dialect.MESSAGES: {
        "model": "m",
        "system": [{"type": "text", "text": "Be brief."}],
        "tools": [{"name": "look_up", "input_schema": {}}],
        "messages": [
            {"role": "user", "content": "Weather in Oslo?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "look_up", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "4 degrees"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Cold."}]},
            {"role": "user", "content": "And tomorrow?"},
        ],
    },
    Dialect.RESPONSES: {
        "model": "m",
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "look_up", "parameters": {}}],
        "input": [
            {"role": "user", "content": "Weather in Oslo?"},
            {"type": "reasoning", "id": "r", "summary": []},
            {"type": "function_call", "call_id": "c", "name": "look_up", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "4 degrees"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Cold."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And tomorrow?"}]},
        ],
    },
}

_WORDS = st.sampled_from(
    [
        "user",
        "assistant",
        "system",
        "tool",
        "text",
        "input_text",
        "message",
        "tool_result",
        "image",
        "",
        "<system-reminder>",
    ]
)
_KEYS = st.sampled_from(["role", "content", "type", "text", "name", "function", "messages", "input", "system", "tools"])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | _WORDS
HOSTILE_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=25
)
_MESSAGES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"role": HOSTILE_VALUES | _WORDS, "content": HOSTILE_VALUES, "type": HOSTILE_VALUES}
    )
    | HOSTILE_VALUES,
    max_size=6,
)
HOSTILE_BODIES = st.fixed_dictionaries(
    {},
    optional={
        "messages": _MESSAGES | HOSTILE_VALUES,
        "input": _MESSAGES | HOSTILE_VALUES,
        "system": HOSTILE_VALUES,
        "instructions": HOSTILE_VALUES,
        "tools": HOSTILE_VALUES,
    },
)
