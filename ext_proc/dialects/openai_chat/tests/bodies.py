"""Requests of clients, as the API's documentation, its libraries and the servers that speak it have them."""

from __future__ import annotations

from typing import Any

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": True,
    },
}
PATCH: dict[str, Any] = {
    "type": "custom",
    "custom": {
        "name": "patch",
        "description": "Applies a patch",
        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /.+/"}},
    },
}
HELLO = {"role": "user", "content": "hello"}
PLAIN: dict[str, Any] = {"model": "m", "messages": [HELLO]}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Bern"}'}}
CALL_2 = {"id": "call_2", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
TOOLS: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "be kind"},
        {"role": "developer", "content": [{"type": "text", "text": "be brief"}, {"type": "text", "text": "be good"}]},
        HELLO,
        {"role": "assistant", "content": "I look.", "tool_calls": [CALL, CALL_2]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "rainy"}]},
        {"role": "assistant", "content": "Sunny.", "refusal": None, "annotations": []},
        {"role": "system", "name": "boss", "content": "be careful"},
        {"role": "user", "name": "ann", "content": "thanks"},
    ],
    "tools": [WEATHER, PATCH],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
}
MEDIA: dict[str, Any] = {
    "model": "m",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}},
                {"type": "image_url", "image_url": {"url": "https://a.example/a.png"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "audio_url", "audio_url": {"url": "https://a.example/a.wav"}},
                {"type": "audio_url", "audio_url": {"url": "data:audio/wav;base64,UklGRg=="}},
                {"type": "video_url", "video_url": {"url": "https://a.example/a.mp4", "fps": 2}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
                {"type": "file", "file": {"filename": "b.pdf", "file_data": "JVBERi0="}},
                {"type": "file", "file": {"filename": "c.pdf", "file_data": "https://a.example/c.pdf"}},
                {"type": "file", "file": {"file_id": "file_1"}, "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "odd", "odd": 1},
            ],
        }
    ],
}
SAID: dict[str, Any] = {
    "model": "m",
    "messages": [
        HELLO,
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "assistant", "content": None, "refusal": "never"},
        {"role": "assistant", "audio": {"id": "audio_1"}},
        {"role": "assistant", "content": "hm", "prefix": True},
        {
            "role": "assistant",
            "content": "cited",
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A", "start_index": 0}}
            ],
        },
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call_3", "type": "custom", "custom": {"name": "patch", "input": "any text"}},
                {
                    "id": "call_4",
                    "type": "function",
                    "function": {"name": "weather", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "c2ln"}},
                },
            ],
        },
        {"role": "tool", "tool_call_id": "call_3", "content": "done", "cache_control": {"type": "ephemeral"}},
        {
            "role": "tool",
            "tool_call_id": "call_4",
            "content": [{"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}],
        },
    ],
}
THOUGHT: dict[str, Any] = {
    "model": "m",
    "messages": [
        HELLO,
        {"role": "assistant", "content": "a", "reasoning_content": "I think."},
        {"role": "assistant", "content": "b", "reasoning": "I also think."},
        {
            "role": "assistant",
            "content": "c",
            "reasoning": "So do I.",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "So do I.", "signature": "c2ln", "format": "x", "index": 0},
                {"type": "reasoning.summary", "summary": "Short.", "index": 1},
                {"type": "reasoning.encrypted", "data": "ZGF0YQ==", "id": "r1", "index": 2},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Mistral thinks."}]},
                {"type": "text", "text": "d"},
            ],
        },
        HELLO,
    ],
    "reasoning_effort": "low",
}
LEGACY: dict[str, Any] = {
    "model": "m",
    "messages": [
        HELLO,
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "function", "name": "weather", "content": "sunny"},
    ],
    "functions": [{"name": "weather", "description": "Tells", "parameters": {"type": "object"}}],
    "function_call": {"name": "weather"},
}
SETTINGS: dict[str, Any] = {
    "model": "m",
    "messages": [HELLO],
    "max_tokens": 100,
    "stop": ["END", "FIN"],
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "frequency_penalty": 0.1,
    "presence_penalty": -0.1,
    "seed": 7,
    "n": 2,
    "logprobs": True,
    "top_logprobs": 2,
    "logit_bias": {"50256": -100},
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "place", "description": "A place", "schema": {"type": "object"}, "strict": True},
    },
    "reasoning": {"max_tokens": 2000, "exclude": True, "odd": 1},
    "web_search_options": {"search_context_size": "low"},
    "user": "u1",
    "service_tier": "flex",
    "verbosity": "low",
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "implicit"},
    "prompt_cache_retention": "24h",
    "safety_identifier": "s",
    "moderation": {"model": "omni"},
    "metadata": {"a": "b"},
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "wav"},
    "prediction": {"type": "content", "content": "x"},
    "store": True,
    "future_member": [1],
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": False},
}
CHOICES: dict[str, Any] = {
    "named": PLAIN | {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
    "custom": PLAIN | {"tools": [PATCH], "tool_choice": {"type": "custom", "custom": {"name": "patch"}}},
    "allowed": PLAIN
    | {
        "tools": [WEATHER, PATCH],
        "tool_choice": {
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "required",
                "tools": [{"type": "function", "function": {"name": "weather"}}],
            },
        },
    },
    "any": PLAIN | {"tools": [WEATHER], "tool_choice": "any"},
    "object": PLAIN | {"tools": [WEATHER], "tool_choice": {"type": "required"}},
    "flat": PLAIN | {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "weather"}},
    "odd tools": PLAIN
    | {
        "tools": [
            {"type": "web_search_preview", "x": 1},
            {
                "type": "function",
                "function": {"name": "f", "odd": 1},
                "cache_control": {"type": "ephemeral"},
            },
            {"type": "custom", "custom": {"name": "free", "format": {"type": "text"}, "odd": 1}},
        ]
    },
}
THINKING: dict[str, Any] = {
    "none": PLAIN | {"reasoning_effort": "none"},
    "effort": PLAIN | {"reasoning": {"effort": "high"}},
    "effort none": PLAIN | {"reasoning": {"effort": "none"}},
    "off": PLAIN | {"reasoning": {"enabled": False}},
    "on": PLAIN | {"reasoning": {"enabled": True}},
    "shown": PLAIN | {"reasoning": {"exclude": False}},
    "two": PLAIN | {"reasoning_effort": "low", "reasoning": {"summary": "auto"}, "thinking": {"type": "enabled"}},
    "budget": PLAIN | {"thinking": {"type": "enabled", "budget_tokens": 2000, "clear_thinking": False}},
    "disabled": PLAIN | {"thinking": {"type": "disabled"}},
    "adaptive": PLAIN | {"thinking": {"type": "adaptive"}},
    "odd": PLAIN | {"thinking": True},
}
REQUESTS: dict[str, Any] = {
    "plain": PLAIN,
    "tools": TOOLS,
    "media": MEDIA,
    "said": SAID,
    "thought": THOUGHT,
    "legacy": LEGACY,
    "settings": SETTINGS,
    "newer limit": PLAIN | {"max_completion_tokens": 5, "max_tokens": 6},
    "one stop": PLAIN | {"stop": "END", "reasoning_effort": None},
    "json": PLAIN | {"response_format": {"type": "json_object"}},
    "nameless": PLAIN | {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}},
    "words": PLAIN | {"response_format": {"type": "text"}},
    "grammar": PLAIN | {"response_format": {"type": "grammar", "grammar": "x"}},
    "system with a picture": PLAIN
    | {"messages": [{"role": "system", "content": MEDIA["messages"][0]["content"][1:2]}, HELLO]},
    "no format of sound": PLAIN
    | {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "UklGRg=="}}]}]},
    **CHOICES,
    **THINKING,
}
