"""What the Codex CLI needs of a stream, as its public source reads it: events it knows by name, items with the members
it cannot do without, usage as whole numbers, failures by their code. Everything else it passes over."""

from __future__ import annotations

from typing import Any

import pytest

from ext_proc.chat.answer import Began, Event, Failed
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.flattening import called_tool, flat_call
from ext_proc.chat.parts import Opaque, Text, ToolCall
from ext_proc.chat.request import BuiltinTool, CustomTool, Tool
from ext_proc.chat.whole import replay
from ext_proc.dialects.openai_responses.tests.answers import FULL, lines, saying, streamed
from ext_proc.dialects.openai_responses.tests.bodies import BROUGHT, CODEX

NEEDED = {
    "message": {"role", "content"},
    "reasoning": {"summary"},
    "function_call": {"name", "arguments", "call_id"},
    "custom_tool_call": {"call_id", "name", "input"},
}
DELTAS = {
    "response.output_text.delta": (),
    "response.reasoning_summary_text.delta": ("summary_index",),
    "response.custom_tool_call_input.delta": ("item_id",),
    "response.function_call_arguments.delta": ("item_id",),
}


def read(data: bytes) -> tuple[list[Any], Any]:
    """The finished items and the last event."""
    active, items, last = False, [], None
    for event in lines(data):
        kind = event["type"]
        if kind in ("response.output_item.added", "response.output_item.done"):
            item = event["item"]
            assert NEEDED[item["type"]] <= item.keys()
            active = kind.endswith("added")
            items += [] if active else [item]
        elif kind in DELTAS:
            assert active
            assert isinstance(event["delta"], str)
            assert all(name in event for name in DELTAS[kind])
        last = event
    return items, last


def test_a_turn_with_thoughts_and_calls() -> None:
    items, last = read(streamed(replay(FULL)))
    assert [item["type"] for item in items] == [
        "reasoning",
        "reasoning",
        "message",
        "function_call",
        "custom_tool_call",
        "function_call",
    ]
    assert all(isinstance(item["encrypted_content"], str) for item in items[:2])
    assert items[4]["input"] == "*** Begin Patch\n"
    assert last["type"] == "response.completed"
    usage = last["response"]["usage"]
    assert all(isinstance(usage[name], int) for name in ("input_tokens", "output_tokens", "total_tokens"))
    assert usage["input_tokens_details"]["cached_tokens"] == 60


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.CONTEXT_LENGTH, "context_length_exceeded"),
        (Fault.QUOTA, "insufficient_quota"),
        (Fault.RATE_LIMIT, "rate_limit_exceeded"),
        (Fault.OVERLOADED, "server_is_overloaded"),
        (Fault.OUTAGE, "server_error"),
    ],
)
def test_failures_have_the_codes_it_acts_on(fault: Fault, code: str) -> None:
    error = ProviderError(fault=fault, status=500, message="Please try again in 1.5s")
    events: list[Event] = [Began(), Failed(error=error)]
    _, last = read(streamed(events))
    assert last["type"] == "response.failed"
    assert last["response"]["error"] == {"code": code, "message": "Please try again in 1.5s"}


def test_its_tools_are_known() -> None:
    shell, patch, local, search, find, query = saying().request.tools
    assert isinstance(shell, Tool)
    assert isinstance(patch, CustomTool)
    assert (patch.format or {})["syntax"] == "lark"
    assert isinstance(local, BuiltinTool)
    assert local.purpose == "bash"
    assert isinstance(search, BuiltinTool)
    assert search.purpose == "web_search"
    assert isinstance(find, Tool)
    assert isinstance(query, CustomTool)
    assert find.namespace == query.namespace == "mcp__docs"
    call = ToolCall(id="c", name="query", arguments="words", custom=True, namespace="mcp__docs")
    assert called_tool(flat_call(call), saying().request.tools) == query


def test_tools_in_items_are_the_requests_too() -> None:
    request = saying(BROUGHT).request
    assert [tool.at for tool in request.tools] == ["input[0].tools[0]", "input[0].tools[1]", "input[4].tools[0]"]
    assert [text.text for text in request.system] == ["be brief"]
    assert [turn.role for turn in request.turns] == ["user", "assistant", "user"]
    assert all(not part.essential for turn in request.turns for part in turn.parts if isinstance(part, Opaque))


def test_its_instructions_and_messages() -> None:
    request = saying().request
    assert [text.text for text in request.system] == [
        "You are a coding agent.",
        "<permissions>read only</permissions>",
    ]
    assert [turn.role for turn in request.turns] == ["user", "assistant", "user", "assistant", "user", "user"]
    assert isinstance(request.turns[0].parts[1], Text)
    assert request.rest == {"store": False, "include": CODEX["include"]}
