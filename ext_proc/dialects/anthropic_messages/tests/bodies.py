"""Requests as clients of the dialect send them, written from public documentation: Anthropic's API reference and what
is publicly known of the shape of Claude Code's requests. No text in them is anybody's prompt."""

from __future__ import annotations

from typing import Any

BETAS = "claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14"
MARK = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

SIMPLE: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Hello"}],
}

AGENT: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 32000,
    "stream": True,
    "temperature": 1,
    "metadata": {"user_id": "user_0a_account_11_session_22"},
    "thinking": {"type": "enabled", "budget_tokens": 31999},
    "system": [
        {"type": "text", "text": "x-billing: cli"},
        {"type": "text", "text": "You are a coding agent.", **MARK},
        {
            "type": "text",
            "text": "Long instructions.",
            "cache_control": {"type": "ephemeral", "ttl": "1h", "scope": "global"},
        },
    ],
    "tools": [
        {
            "name": "Bash",
            "description": "Runs a command",
            "input_schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"command": {"type": "string"}, "timeout": {"type": "number"}},
                "required": ["command"],
                "additionalProperties": False,
            },
        },
        {"name": "Read", "input_schema": {"type": "object", "properties": {}}, "eager_input_streaming": True},
        {
            "name": "Search",
            "description": "Found later",
            "input_schema": {"type": "object"},
            "defer_loading": True,
            "input_examples": [{"q": "x"}],
            "strict": True,
            "type": "custom",
        },
    ],
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>Be brief.</system-reminder>"},
                {"type": "text", "text": "What is in here?", **MARK},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "I look.", "signature": "EqQBCkYIBxgC"},
                {"type": "redacted_thinking", "data": "EmwKAhgB"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_01A", "name": "Bash", "input": {"command": "ls é"}},
                {"type": "tool_use", "id": "toolu_01B", "name": "Read", "input": {}, "caller": {"type": "direct"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_01A", "content": "a.txt"},
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_01B",
                    "is_error": True,
                    "content": [
                        {"type": "text", "text": "no such file"},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": PNG},
                        },
                    ],
                    **MARK,
                },
                {"type": "text", "text": "<system-reminder>Go on.</system-reminder>"},
            ],
        },
    ],
}

ADAPTIVE: dict[str, Any] = {
    **SIMPLE,
    "thinking": {"type": "adaptive", "display": "summarized"},
    "output_config": {
        "effort": "high",
        "format": {"type": "json_schema", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}},
        "task_budget": {"type": "tokens", "total": 20000},
    },
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "tools": [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3, "allowed_domains": ["a.example"]},
        {"type": "web_fetch_20250910", "name": "web_fetch"},
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 1000},
        {"type": "computer_20250124", "name": "computer", "display_width_px": 800, "display_height_px": 600},
        {"type": "memory_20250818", "name": "memory", **MARK},
        {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
        {"type": "mcp_toolset", "mcp_server_name": "calendar"},
    ],
    "mcp_servers": [{"type": "url", "name": "calendar", "url": "https://mcp.example"}],
    "container": {"id": "container_1", "skills": []},
    "service_tier": "standard_only",
    "inference_geo": "us",
    "speed": "fast",
    "stop_sequences": ["END"],
    "top_p": 0.9,
    "top_k": 40,
    "cache_control": {"type": "ephemeral"},
    "metadata": {"user_id": "u", "other": 1},
}

DOCUMENTS: dict[str, Any] = {
    **SIMPLE,
    "system": "Be kind.",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "url", "url": "https://a.example/a.png"}, **HOUR},
                {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"},
                    "title": "A",
                    "context": "from 2020",
                    "citations": {"enabled": True},
                    **MARK,
                },
                {"type": "document", "source": {"type": "url", "url": "https://a.example/a.pdf"}},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
                {"type": "document", "source": {"type": "file", "file_id": "file_2"}},
                {"type": "document", "source": {"type": "content", "content": "all of it"}},
                {
                    "type": "document",
                    "source": {
                        "type": "content",
                        "content": [{"type": "text", "text": "1"}, {"type": "text", "text": "2"}],
                    },
                },
                {
                    "type": "document",
                    "source": {
                        "type": "content",
                        "content": [{"type": "image", "source": {"type": "url", "url": "https://a.example/a.png"}}],
                    },
                },
                {
                    "type": "search_result",
                    "source": "https://a.example",
                    "title": "Found",
                    "content": [{"type": "text", "text": "it says"}],
                    "citations": {"enabled": True},
                    **MARK,
                },
                {"type": "container_upload", "file_id": "file_3"},
                {"type": "text", "text": "Which?"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "compaction", "content": "before", "encrypted_content": "e"},
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "srvtoolu_1",
                    "content": [
                        {
                            "type": "web_search_result",
                            "url": "https://a.example",
                            "title": "A",
                            "encrypted_content": "x",
                            "page_age": None,
                        }
                    ],
                },
                {
                    "type": "text",
                    "text": "This one.",
                    "citations": [
                        {
                            "type": "web_search_result_location",
                            "url": "https://a.example",
                            "title": "A",
                            "cited_text": "it says",
                            "encrypted_index": "i",
                        },
                        {
                            "type": "char_location",
                            "cited_text": "words",
                            "document_index": 2,
                            "document_title": "T",
                            "start_char_index": 0,
                            "end_char_index": 5,
                        },
                    ],
                },
                {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "list", "server_name": "calendar", "input": {}},
                {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": []},
                {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"a": [1, None, 2.5]}, **MARK},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "tool_reference", "tool_name": "find"}],
                }
            ],
        },
        {"role": "system", "content": "Now in French.", "clear_at": "next_user_message"},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}, {"type": "odd_block", "x": {"y": 1}}],
        },
        {"role": "assistant", "content": "Alors"},
    ],
}

BODIES = {
    "simple": SIMPLE,
    "claude code": AGENT,
    "adaptive": ADAPTIVE,
    "documents": DOCUMENTS,
    "older format": {**SIMPLE, "output_format": {"type": "json_schema", "schema": {"type": "object"}}},
    "thinking off": {**SIMPLE, "thinking": {"type": "disabled"}, "tool_choice": {"type": "none"}},
    "effort alone": {**SIMPLE, "output_config": {"effort": "low"}},
    "binding": {**SIMPLE, "thinking": {"type": "adaptive", "display": "updates", "block_binding": {"x": "y"}}},
    "between tools": {**SIMPLE, "thinking": {"type": "between_tools"}, "tool_choice": {"type": "any"}},
    "one tool": {
        **SIMPLE,
        "tools": [{"name": "a", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "a", "disable_parallel_tool_use": False},
    },
    "unsigned thoughts": {
        **SIMPLE,
        "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": ""}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": ""}]},
            {"role": "user", "content": []},
            {"role": "system", "output_config": {"effort": "low"}},
        ],
    },
}
