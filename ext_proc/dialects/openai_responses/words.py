"""The dialect's names: which items and tools there are, and what becomes of those only this dialect has.

Facts are from OpenAI's public API reference and the types of its Python library.
"""

from __future__ import annotations

NAME = "openai_responses"
UNSIGNED = "unsigned"
"""Origin of the seal on thoughts without a proof: it marks items this gateway made, which no provider keeps."""
REDACTED = "redacted"
"""Kept beside a seal: the thoughts it proves were never readable."""
FILES = frozenset({NAME, "openai_chat"})
"""Dialects whose ids of stored files mean the same files."""

NOT_ESSENTIAL = frozenset(
    {
        "web_search_call",
        "file_search_call",
        "mcp_list_tools",
        "configuration_update",
        "compaction_trigger",
        "additional_tools",
    }
)
"""Items a conversation says the same without: their results stand in the messages behind them, the tools they bring
among the request's."""
TOOLS = "additional_tools"
"""The item that brings tools along in the conversation."""

FROM_CLIENT = frozenset(
    {
        "function_call_output",
        "computer_call_output",
        "local_shell_call_output",
        "shell_call_output",
        "apply_patch_call_output",
        "tool_search_output",
        "mcp_approval_response",
        "additional_tools",
        "configuration_update",
        "compaction_trigger",
    }
)
"""Items only this dialect has that stand in the user's turns; all others stand in the model's."""

PURPOSES = {
    "web_search": "web_search",
    "web_search_preview": "web_search",
    "file_search": "file_search",
    "code_interpreter": "code_execution",
    "computer": "computer",
    "computer_use": "computer",
    "computer_use_preview": "computer",
    "image_generation": "image_generation",
    "mcp": "mcp",
    "local_shell": "bash",
    "shell": "bash",
    "apply_patch": "text_editor",
}
"""A tool's type, without the date at its end -> what it is for."""

MEMBERS = {
    "max_tokens": "max_output_tokens",
    "output": "text.format",
    "verbosity": "text.verbosity",
    "cache_key": "prompt_cache_key",
    "cache": "prompt_cache_breakpoint",
    "system": "instructions",
    "turns": "input",
    "thinking": "reasoning",
    "thinking.effort": "reasoning.effort",
    "thinking.summary": "reasoning.summary",
    "sampling.temperature": "temperature",
    "sampling.top_p": "top_p",
    "sampling.logprobs": "include",
    "sampling.top_logprobs": "top_logprobs",
}
"""A member of the request's value -> its address in a body of this dialect."""

LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"
TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
