"""Every word for something a request may hold: what the table of fates in the documentation has a row for."""

from __future__ import annotations

from typing import Literal

Fate = Literal["carried", "mapped", "dropped", "refused"]
"""carried: as it is; mapped: to the nearest thing; dropped: left out and named; refused: the request is not sent."""

CONTENT = (
    "text",
    "image.inline",
    "image.url",
    "image.file",
    "image.detail",
    "audio.inline",
    "video.inline",
    "document.inline",
    "document.url",
    "document.file",
    "document.text",
    "citations",
    "refusal",
    "reasoning.own",
    "reasoning.foreign",
    "tool_call",
    "tool_call.custom",
    "tool_call.signature",
    "tool_result",
    "tool_result.error",
    "tool_result.image",
    "turn.name",
    "turn.system_later",
    "system",
    "cache_mark",
    "opaque.own",
    "opaque.foreign",
)
TOOLS = (
    "tool",
    "tool.strict",
    "tool.namespace",
    "tool.custom",
    "tool.builtin.own",
    "tool.builtin.web_search",
    "tool.builtin.foreign",
    "tool_choice.auto",
    "tool_choice.none",
    "tool_choice.required",
    "tool_choice.named",
    "tool_choice.allowed",
    "parallel_tool_calls",
)
SETTINGS = (
    "max_tokens",
    "stop",
    "temperature",
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "choices",
    "logprobs",
    "logit_bias",
    "output.json",
    "output.schema",
    "thinking.effort",
    "thinking.budget",
    "thinking.off",
    "user",
    "service_tier",
    "verbosity",
    "cache_key",
    "metadata",
    "store",
    "unknown",
)
WORDS = CONTENT + TOOLS + SETTINGS
