"""The dialect's names: members, and what becomes of those only this dialect has.

Facts are from Google's public API reference and the types of its Python library.
"""

from __future__ import annotations

NAME = "gemini"
UNNUMBERED = "unnumbered"
"""In `extra` of a call or a result whose body gave it no id."""
RAW = "raw"
"""In `extra` of a value: what this dialect's body said, where the value says it in other words."""
SKIPPED_SIGNATURE = "skip_thought_signature_validator"
"""What Google documents for calls of a history that no Gemini model made."""

COMMON = ("thought", "thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution", "mediaProcessing")
"""Members of a part beside the one that says what it is."""
NOT_ESSENTIAL = frozenset({"toolCall", "toolResponse", "audioTranscription"})
"""Parts a conversation says the same without: searches and the like, whose results stand in the text behind them."""

PURPOSES = {
    "googleSearch": "web_search",
    "googleSearchRetrieval": "web_search",
    "enterpriseWebSearch": "web_search",
    "parallelAiSearch": "web_search",
    "exaAiSearch": "web_search",
    "codeExecution": "code_execution",
    "urlContext": "web_fetch",
    "fileSearch": "file_search",
    "retrieval": "file_search",
    "computerUse": "computer",
    "mcpServers": "mcp",
}
"""A tool's member -> what it is for."""

CONFIG = "generationConfig"
MEMBERS = {
    "system": "systemInstruction",
    "turns": "contents",
    "tool_choice": "toolConfig.functionCallingConfig",
    "max_tokens": f"{CONFIG}.maxOutputTokens",
    "stop": f"{CONFIG}.stopSequences",
    "sampling.temperature": f"{CONFIG}.temperature",
    "sampling.top_p": f"{CONFIG}.topP",
    "sampling.top_k": f"{CONFIG}.topK",
    "sampling.frequency_penalty": f"{CONFIG}.frequencyPenalty",
    "sampling.presence_penalty": f"{CONFIG}.presencePenalty",
    "sampling.seed": f"{CONFIG}.seed",
    "sampling.choices": f"{CONFIG}.candidateCount",
    "sampling.logprobs": f"{CONFIG}.responseLogprobs",
    "sampling.top_logprobs": f"{CONFIG}.logprobs",
    "output": f"{CONFIG}.responseMimeType",
    "output.schema": f"{CONFIG}.responseJsonSchema",
    "thinking": f"{CONFIG}.thinkingConfig",
    "thinking.effort": f"{CONFIG}.thinkingConfig.thinkingLevel",
    "thinking.budget_tokens": f"{CONFIG}.thinkingConfig.thinkingBudget",
    "thinking.show": f"{CONFIG}.thinkingConfig.includeThoughts",
    "service_tier": "serviceTier",
    "metadata": "labels",
    "detail": "mediaResolution",
    "is_error": "functionResponse.response.error",
}
"""A member of the request's value -> its address in a body of this dialect."""
