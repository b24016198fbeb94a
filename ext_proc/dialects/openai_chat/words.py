"""The dialect's names, and the words this gateway adds.

Facts are from OpenAI's public API reference, the types of its Python library, and what servers of the same API
(DeepSeek, vLLM, OpenRouter, Gemini's and Mistral's OpenAI surfaces) document of their additions.
"""

from __future__ import annotations

NAME = "openai_chat"
GEMINI = "gemini"
"""Origin of signatures in `extra_content.google.thought_signature`: Gemini's own API takes the same."""
FILES = frozenset({NAME, "openai_responses"})
"""Dialects whose ids of stored files mean the same files."""

MESSAGE = "message"
"""Where a system text keeps the members of its message."""
LEGACY = "legacy"
"""Kept in `extra` of tools, choices, calls and results in the words that came before tools: functions,
function_call."""
FIELD = "field"
"""Kept with thoughts without proof: the member of the message they stood in."""
EXTRA_CONTENT = "extra_content"
CACHE = "cache_control"

WEB_SEARCH = "web_search_options"
"""The member that asks for a web search; kept as a tool of this kind."""

MEMBERS = {
    "turns": "messages",
    "system": "messages",
    "output": "response_format",
    "thinking": "reasoning_effort",
    "thinking.effort": "reasoning_effort",
    "cache_key": "prompt_cache_key",
    "cache": CACHE,
    "include_usage": "stream_options.include_usage",
    "sampling.temperature": "temperature",
    "sampling.top_p": "top_p",
    "sampling.top_k": "top_k",
    "sampling.frequency_penalty": "frequency_penalty",
    "sampling.presence_penalty": "presence_penalty",
    "sampling.seed": "seed",
    "sampling.choices": "n",
    "sampling.logprobs": "logprobs",
    "sampling.top_logprobs": "top_logprobs",
    "sampling.logit_bias": "logit_bias",
}
"""A member of the request's value -> its address in a body of this dialect."""
