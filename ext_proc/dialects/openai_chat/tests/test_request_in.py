"""What the words of a client come to mean."""

from __future__ import annotations

from typing import Any

import pytest

from ext_proc.chat.dialect import Asked
from ext_proc.chat.parts import Inline, Link, Media, Reasoning, Signature, StoredFile, Text, ToolCall, ToolResult
from ext_proc.chat.request import BuiltinTool, CustomTool, JsonOutput, Request, Thinking, Tool, ToolChoice
from ext_proc.dialects.openai_chat import CLIENT
from ext_proc.dialects.openai_chat.tests.bodies import (
    CHOICES,
    LEGACY,
    MEDIA,
    PLAIN,
    PNG,
    SAID,
    SETTINGS,
    THINKING,
    THOUGHT,
    TOOLS,
)
from ext_proc.dialects.openai_chat.words import NAME


def read(body: Any) -> Request:
    return CLIENT.decode_request(body, Asked(path="/v1/chat/completions"))


def test_leading_instructions_are_the_system() -> None:
    request = read(TOOLS)
    assert [text.text for text in request.system] == ["be kind", "be brief", "be good"]
    assert [turn.role for turn in request.turns] == [
        "user",
        "assistant",
        "user",
        "user",
        "assistant",
        "system",
        "user",
    ]
    assert request.turns[-1].name == "ann"


def test_calls_and_results() -> None:
    request = read(TOOLS)
    said, first, second = request.turns[1].parts, request.turns[2].parts[0], request.turns[3].parts[0]
    assert [type(part) for part in said] == [Text, ToolCall, ToolCall]
    assert isinstance(first, ToolResult)
    assert (first.call_id, first.content) == ("call_1", (Text(text="sunny"),))
    assert isinstance(second, ToolResult)
    assert second.content == (Text(text="rainy"),)
    tool, patch = request.tools
    assert isinstance(tool, Tool)
    assert (tool.name, tool.strict) == ("weather", True)
    assert isinstance(patch, CustomTool)
    assert patch.format == {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}


def test_media() -> None:
    parts = read(MEDIA).turns[0].parts
    assert isinstance(parts[0], Text)
    assert parts[0].cache == "1h"
    media = [part for part in parts if isinstance(part, Media)]
    assert [part.kind for part in media] == ["image", "image", "audio", "audio", "audio", "video", *["document"] * 4]
    assert media[0].source == Inline("image/png", PNG)
    assert media[0].detail == "high"
    assert media[2].source == Inline("audio/wav", "UklGRg==")
    assert [part.source for part in media[6:]] == [
        Inline("application/pdf", "JVBERi0="),
        Inline("", "JVBERi0="),
        Link("https://a.example/c.pdf"),
        StoredFile("file_1", NAME),
    ]
    assert media[9].cache == "5m"


def test_a_mark_on_a_message_is_one_on_its_last_part() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages = [{"role": "system", "content": parts, **mark}, {"role": "user", "content": "c", **mark}]
    request = read(PLAIN | {"messages": messages})
    assert [text.cache for text in request.system] == [None, "5m"]
    assert [part.cache for part in request.turns[0].parts if isinstance(part, Text)] == ["5m"]
    result = read(SAID).turns[-2].parts[0]
    assert isinstance(result, ToolResult)
    assert result.cache == "5m"
    life = {"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}
    part = read(PLAIN | {"messages": [{"role": "user", "content": [parts[0] | life]}]}).turns[0].parts[0]
    assert isinstance(part, Text)
    assert part.cache == "1h"


def test_signatures_of_gemini() -> None:
    calls = [part for turn in read(SAID).turns for part in turn.parts if isinstance(part, ToolCall)]
    assert [call.custom for call in calls] == [True, False]
    assert calls[1].signature == Signature("gemini", "c2ln")


def test_thoughts() -> None:
    request = read(THOUGHT)
    found = [part for turn in request.turns for part in turn.parts if isinstance(part, Reasoning)]
    assert [part.text for part in found] == ["I think.", "I also think.", "So do I.", "Short.", "", "Mistral thinks."]
    assert [part.signature is None for part in found] == [True, True, False, False, False, True]
    assert [part.redacted for part in found] == [False, False, False, False, True, False]
    assert request.thinking == Thinking(effort="low")


def test_functions() -> None:
    request = read(LEGACY)
    call, result = request.turns[1].parts[0], request.turns[2].parts[0]
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (call.id, result.call_id, result.name) == ("call_function_1", "call_function_1", "weather")
    assert request.parallel_tool_calls is False
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.tool_choice.name) == ("named", "weather")


def test_settings() -> None:
    request = read(SETTINGS)
    sampling = request.sampling
    assert (request.max_tokens, request.stop, request.user) == (100, ("END", "FIN"), "u1")
    assert (sampling.temperature, sampling.top_k, sampling.choices, sampling.seed) == (0.5, 40, 2, 7)
    assert (sampling.logprobs, sampling.top_logprobs, sampling.logit_bias) == (True, 2, {"50256": -100})
    assert request.output == JsonOutput(schema={"type": "object"}, name="place", description="A place", strict=True)
    assert (request.service_tier, request.verbosity, request.cache_key) == ("flex", "low", "k")
    assert (request.metadata, request.stream, request.include_usage) == ({"a": "b"}, True, True)
    assert isinstance(request.tools[0], BuiltinTool)
    assert (request.tools[0].purpose, request.tools[0].raw) == ("web_search", {"search_context_size": "low"})
    assert request.rest["future_member"] == [1]
    assert request.rest["stream_options"] == {"include_obfuscation": False}
    assert request.names["sampling.choices"] == "n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("named", ToolChoice(mode="named", name="weather")),
        ("custom", ToolChoice(mode="named", name="patch")),
        ("allowed", ToolChoice(mode="allowed", allowed=("weather",), required=True)),
        ("any", ToolChoice(mode="required")),
        ("object", ToolChoice(mode="required")),
        ("flat", ToolChoice(mode="named", name="weather")),
    ],
)
def test_choices_among_tools(name: str, expected: ToolChoice) -> None:
    found = read(CHOICES[name]).tool_choice
    assert found is not None
    assert (found.mode, found.name, found.allowed, found.required) == (
        expected.mode,
        expected.name,
        expected.allowed,
        expected.required,
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none", Thinking(enabled=False, effort="none")),
        ("effort", Thinking(effort="high")),
        ("effort none", Thinking(enabled=False, effort="none")),
        ("off", Thinking(enabled=False)),
        ("on", Thinking(adaptive=True)),
        ("shown", Thinking(adaptive=True, show=True)),
        ("two", Thinking(effort="low")),
        ("budget", Thinking(budget_tokens=2000)),
        ("disabled", Thinking(enabled=False)),
        ("adaptive", Thinking(adaptive=True)),
        ("odd", None),
    ],
)
def test_how_much_to_think(name: str, expected: Thinking | None) -> None:
    assert read(THINKING[name]).thinking == expected


@pytest.mark.parametrize(
    ("members", "address"),
    [({"max_tokens": 1}, "max_tokens"), ({"max_completion_tokens": 1}, "max_completion_tokens")],
)
def test_the_limit_is_called_as_the_client_called_it(members: Any, address: str) -> None:
    request = read(PLAIN | members)
    assert (request.max_tokens, request.names["max_tokens"]) == (1, address)


def test_an_address_may_stand_without_an_object_around_it() -> None:
    part = {"type": "image_url", "image_url": "https://a.example/a.png"}
    found = read(PLAIN | {"messages": [{"role": "user", "content": [part]}]}).turns[0].parts[0]
    assert isinstance(found, Media)
    assert found.source == Link("https://a.example/a.png")
