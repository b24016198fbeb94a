"""Bodies of requests as clients send them, written after public documentation: the API reference of OpenAI, and what
the Codex CLI is documented to send (a text tool with a lark grammar, shell tools, namespaces, encrypted thoughts)."""

from __future__ import annotations

from typing import Any

PNG = "iVBORw0KGgo="
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = {"type": "function", "name": "weather", "description": "Tells it", "parameters": SCHEMA, "strict": True}
PATCH: dict[str, Any] = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Use this tool to edit files. It is a freeform tool, do not wrap the patch in JSON.",
    "format": {
        "type": "grammar",
        "syntax": "lark",
        "definition": 'start: begin hunk+ end\nbegin: "*** Begin Patch" LF\nend: "*** End Patch" LF?\nhunk: /.+/ LF',
    },
}
TEXT = {"type": "input_text", "text": "be brief"}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": '{"city":"Bern"}'}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}

PLAIN: dict[str, Any] = {"model": "gpt-5.1", "input": [{"type": "message", "role": "user", "content": "hello"}]}

CODEX: dict[str, Any] = {
    "model": "gpt-5.1-codex",
    "instructions": "You are a coding agent.",
    "input": [
        {
            "type": "message",
            "role": "developer",
            "content": [{"type": "input_text", "text": "<permissions>read only</permissions>", "x": 1}],
        },
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "<environment_context/>"},
                {"type": "input_text", "text": "go on"},
            ],
        },
        {
            "type": "reasoning",
            "summary": [
                {"type": "summary_text", "text": "**Looking**"},
                {"type": "summary_text", "text": "Then more."},
            ],
            "content": None,
            "encrypted_content": "gAAAAABo",
        },
        {
            "type": "message",
            "role": "assistant",
            "phase": "commentary",
            "content": [{"type": "output_text", "text": "I look.", "annotations": []}],
        },
        {"type": "function_call", "name": "shell", "arguments": '{"command":["ls"]}', "call_id": "call_a"},
        {
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": "call_b",
            "name": "apply_patch",
            "input": "*** Begin",
        },
        {"type": "function_call_output", "call_id": "call_a", "output": "a.py"},
        {"type": "custom_tool_call_output", "call_id": "call_b", "output": "Done"},
        {
            "type": "local_shell_call",
            "call_id": "call_c",
            "status": "completed",
            "action": {"type": "exec", "command": ["pwd"], "env": {}},
        },
        {"type": "local_shell_call_output", "id": "call_c", "output": "{}"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "thanks"}]},
    ],
    "tools": [
        {"type": "function", "name": "shell", "description": "Runs", "strict": False, "parameters": {"type": "object"}},
        PATCH,
        {"type": "local_shell"},
        {"type": "web_search", "external_web_access": False},
        {
            "type": "namespace",
            "name": "mcp__docs",
            "description": "Documentation",
            "tools": [
                {"type": "function", "name": "find", "parameters": {"type": "object"}, "strict": False},
                {"type": "custom", "name": "query"},
            ],
        },
    ],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"effort": "medium", "summary": "auto"},
    "store": False,
    "stream": True,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "0199-thread",
    "text": {"verbosity": "low"},
}

MEDIA: dict[str, Any] = {
    "model": "gpt-4o",
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "look", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
                {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "high"},
                {"type": "input_image", "image_url": "https://a.example/a.png", "detail": "auto"},
                {"type": "input_image", "file_id": "file-1", "detail": "low"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
                {"type": "input_file", "filename": "b.pdf", "file_data": "JVBERi0="},
                {"type": "input_file", "file_url": "https://a.example/a.pdf"},
                {"type": "input_file", "file_id": "file-2", "detail": "high"},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
                {"type": "input_hologram", "data": "x"},
            ],
        }
    ],
}

HISTORY: dict[str, Any] = {
    "model": "gpt-5.1",
    "input": [
        {"role": "system", "content": "be kind"},
        {
            "role": "developer",
            "content": [{"type": "input_text", "text": "be brief"}, {"type": "input_text", "text": "be"}],
        },
        {"role": "user", "content": "weather?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VjcmV0", "status": "completed"},
        CALL | {"status": "completed"},
        RESULT
        | {"output": [{"type": "input_text", "text": "a"}, {"type": "input_image", "file_id": "f", "detail": "auto"}]},
        {"type": "function_call", "call_id": "call_9", "name": "find", "namespace": "mcp__docs", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_9", "output": [{"type": "odd_part"}]},
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "Sunny, see a.example",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://a.example",
                            "title": "A",
                            "start_index": 11,
                            "end_index": 20,
                        },
                        {"type": "file_citation", "file_id": "file-1", "filename": "a.txt", "index": 3},
                    ],
                },
                {"type": "refusal", "refusal": "I may not say more."},
            ],
        },
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "And more."}]},
        {"role": "user", "content": "again"},
        {"role": "system", "content": "now be loud"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PNG},
        {"type": "mcp_approval_request", "id": "mcpr_1", "name": "n", "server_label": "s", "arguments": "{}"},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        {"type": "compaction", "encrypted_content": "abc"},
        {"id": "msg_7"},
        {"type": "never_heard_of", "a": [1]},
    ],
}

SETTINGS: dict[str, Any] = PLAIN | {
    "tools": [
        WEATHER,
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "browser"},
        {"type": "image_generation", "partial_images": 1},
        {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example"},
        {"type": "web_search_preview_2025_03_11"},
        {"type": "apply_patch"},
        {"type": "shell", "environment": {"type": "local"}},
        {"type": "namespace", "name": "odd", "description": "d", "tools": [{"type": "shell"}]},
        {"type": "tool_search"},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [{"type": "function", "name": "weather"}, {"type": "mcp", "server_label": "docs"}, {"type": "shell"}],
    },
    "parallel_tool_calls": False,
    "max_output_tokens": 500,
    "max_tool_calls": 3,
    "temperature": 0.5,
    "top_p": 0.9,
    "top_logprobs": 2,
    "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
    "text": {
        "format": {"type": "json_schema", "name": "place", "description": "d", "schema": SCHEMA, "strict": True},
        "verbosity": "high",
        "future": 1,
    },
    "reasoning": {"effort": "high", "summary": "detailed", "context": "all_turns"},
    "metadata": {"a": "b"},
    "user": "u1",
    "safety_identifier": "s1",
    "service_tier": "flex",
    "prompt_cache_key": "k",
    "prompt_cache_retention": "24h",
    "truncation": "auto",
    "store": True,
    "background": True,
    "previous_response_id": "resp_1",
    "conversation": {"id": "conv_1"},
    "prompt": {"id": "pmpt_1"},
    "stream": True,
    "stream_options": {"include_obfuscation": False},
    "future_member": {"x": 1},
}

BROUGHT: dict[str, Any] = PLAIN | {
    "input": [
        {"type": "additional_tools", "role": "developer", "tools": [WEATHER, {"type": "web_search"}]},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "be brief"}]},
        {"type": "message", "role": "user", "content": "hello"},
        {"type": "message", "role": "assistant", "content": "hi"},
        {"type": "additional_tools", "role": "developer", "tools": [PATCH]},
    ]
}

REQUESTS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "tools in items": BROUGHT,
    "tools alone": PLAIN | {"input": BROUGHT["input"][:1]},
    "text": {"model": "m", "input": "hello", "instructions": "be kind"},
    "codex": CODEX,
    "media": MEDIA,
    "history": HISTORY,
    "settings": SETTINGS,
    "json": PLAIN | {"text": {"format": {"type": "json_object"}}, "tool_choice": "required"},
    "odd format": PLAIN | {"text": {"format": {"type": "grammar", "definition": "x"}}},
    "no thoughts": PLAIN | {"reasoning": {"effort": "none"}},
    "one tool": PLAIN | {"tools": [WEATHER, PATCH], "tool_choice": {"type": "custom", "name": "apply_patch"}},
    "stored prompt": {"prompt": {"id": "pmpt_1"}, "model": "m"},
}
