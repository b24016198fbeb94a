from __future__ import annotations

from typing import Any

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Malformed
from ext_proc.chat.parts import Citation, Media, Opaque, PlainText, Reasoning, Signature, StoredFile, Text, ToolCall
from ext_proc.chat.request import BuiltinTool, Request, ToolChoice
from ext_proc.chat.sealing import seal, seal_call
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER, encode_count
from ext_proc.dialects.anthropic_messages.tests.bodies import ADAPTIVE, AGENT, DOCUMENTS, SIMPLE
from ext_proc.dialects.anthropic_messages.words import NAME, UNSIGNED

ASKED = Asked(path="/v1/messages")


def decode(**members: Any) -> Request:
    return CLIENT.decode_request({**SIMPLE, **members}, ASKED)


def blocks(*content: dict[str, Any], role: str = "user") -> Request:
    return decode(messages=[{"role": role, "content": list(content)}])


def test_what_an_agent_sends_is_understood() -> None:
    request = CLIENT.decode_request(AGENT, ASKED)
    assert [text.cache for text in request.system] == [None, "5m", "1h"]
    assert request.user == "user_0a_account_11_session_22"
    assert request.thinking and request.thinking.budget_tokens == 31999
    assert [part.__class__ for part in request.turns[1].parts] == [Reasoning, Reasoning, Text, ToolCall, ToolCall]
    call = request.turns[1].parts[3]
    assert isinstance(call, ToolCall) and call.arguments == '{"command":"ls é"}'
    assert set(request.rest) == {"context_management"}
    assert request.stream


def test_tools_of_the_provider_have_a_purpose() -> None:
    tools = CLIENT.decode_request(ADAPTIVE, ASKED).tools
    purposes = [tool.purpose for tool in tools if isinstance(tool, BuiltinTool)]
    assert purposes == [
        "web_search",
        "web_fetch",
        "code_execution",
        "bash",
        "text_editor",
        "computer",
        "memory",
        "",
        "mcp",
    ]


def test_documents_of_all_sources() -> None:
    parts = CLIENT.decode_request(DOCUMENTS, ASKED).turns[0].parts
    media = [part for part in parts if isinstance(part, Media)]
    assert media[1].source == StoredFile("file_1", NAME)
    assert [part.source for part in media if isinstance(part.source, PlainText)] == [
        PlainText("words"),
        PlainText("all of it"),
        PlainText("1\n\n2"),
        PlainText("it says"),
    ]
    assert media[-1].title == "Found (https://a.example)"
    assert [part.kind for part in parts if isinstance(part, Opaque)] == ["document", "container_upload"]


def test_one_call_at_a_time() -> None:
    request = decode(tool_choice={"type": "any", "disable_parallel_tool_use": True})
    assert (request.tool_choice, request.parallel_tool_calls) == (ToolChoice(mode="required"), False)


def test_a_leading_message_of_the_system_belongs_to_the_prompt() -> None:
    messages = [{"role": "system", "content": "a"}, *SIMPLE["messages"], {"role": "system", "content": "b"}]
    request = decode(messages=messages)
    assert [text.text for text in request.system] == ["a"]
    assert [turn.role for turn in request.turns] == ["user", "system"]


def test_seals_are_opened() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": seal(Signature("another", "s"), NAME, "rs_1")}
    unsigned = {"type": "thinking", "thinking": "hm", "signature": seal(Signature(UNSIGNED, ""), NAME)}
    redacted = {"type": "redacted_thinking", "data": seal(Signature("another", "s"), NAME)}
    called = {"type": "tool_use", "id": seal_call("c1", Signature("another", "t")), "name": "n", "input": {}}
    parts = blocks(thought, unsigned, redacted, called, role="assistant").turns[0].parts
    assert parts[0] == Reasoning(text="hm", signature=Signature("another", "s"), id="rs_1")
    assert isinstance(parts[1], Reasoning) and parts[1].signature is None
    assert parts[2] == Reasoning(signature=Signature("another", "s"), redacted=True)
    assert parts[3] == ToolCall(id="c1", name="n", arguments="{}", signature=Signature("another", "t"))


def test_what_only_others_can_read_is_not_sent_back() -> None:
    """Sealed thoughts and calls of another provider, in a conversation that goes on here."""
    sealed_id = seal_call("functions.find:0", Signature("another", "t"))
    request = decode(
        thinking={"type": "enabled", "budget_tokens": 1024},
        messages=[
            *SIMPLE["messages"],
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": seal(Signature("another", "s"), NAME)},
                    {"type": "tool_use", "id": sealed_id, "name": "n", "input": {}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": sealed_id, "content": "r"}]},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "", "signature": seal(Signature(UNSIGNED, ""), NAME)}],
            },
        ],
    )
    encoded = PROVIDER.encode_request(request, Model(id="m"))
    called, result = encoded.body["messages"][1]["content"], encoded.body["messages"][2]["content"]
    assert [block["type"] for block in called] == ["tool_use"]
    assert called[0]["id"] == result[0]["tool_use_id"]
    assert called[0]["id"].replace("_", "").isalnum()
    assert len(encoded.body["messages"]) == 3
    assert "thinking" not in encoded.body
    assert [each.at for each in encoded.dropped] == ["thinking"]


def test_a_citation_of_another_provider_is_known_again() -> None:
    raw = {
        "type": "web_search_result_location",
        "url": "https://a.example",
        "title": "A",
        "cited_text": "c",
        "encrypted_index": seal(Signature("another", ""), NAME),
    }
    request = blocks({"type": "text", "text": "t", "citations": [raw]}, role="assistant")
    (text,) = request.turns[0].parts
    assert isinstance(text, Text)
    assert text.citations == (Citation(origin="another", raw={}, url="https://a.example", title="A", cited_text="c"),)
    encoded = PROVIDER.encode_request(request, Model(id="m"))
    assert encoded.body["messages"][0]["content"] == [{"type": "text", "text": "t"}]


def test_tokens_are_counted_without_a_limit() -> None:
    body = {name: value for name, value in SIMPLE.items() if name != "max_tokens"}
    assert CLIENT.decode_request(body, Asked(path="/v1/messages/count_tokens")).max_tokens is None
    with pytest.raises(Malformed, match="max_tokens"):
        CLIENT.decode_request(body, ASKED)
    assert encode_count(7) == {"input_tokens": 7}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no messages": ({"messages": None}, "messages"),
    "a message that is none": ({"messages": ["x"]}, "messages[0]"),
    "role": ({"messages": [{"role": "developer", "content": "x"}]}, "messages[0].role"),
    "content": ({"messages": [{"role": "user"}]}, "messages[0].content"),
    "content of a number": ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
    "system": ({"system": 1}, "system"),
    "temperature": ({"temperature": float("inf")}, "temperature"),
    "stop": ({"stop_sequences": [1]}, "stop_sequences"),
    "choice": ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
    "format": ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
    "budget": ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
    "tool without a name": ({"tools": [{"input_schema": {}}]}, "tools[0].name"),
    "limit": ({"max_tokens": "many"}, "max_tokens"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_body_that_is_none_says_where(name: str) -> None:
    members, at = WRONG[name]
    with pytest.raises(Malformed) as wrong:
        decode(**members)
    assert wrong.value.at == at


WRONG_BLOCKS: dict[str, tuple[dict[str, Any], str]] = {
    "no type": ({}, "type"),
    "no text": ({"type": "text"}, "text"),
    "no source": ({"type": "image"}, "source"),
    "no data": ({"type": "image", "source": {"type": "base64"}}, "source.data"),
    "no redacted data": ({"type": "redacted_thinking"}, "data"),
    "no call": ({"type": "tool_use", "name": "a", "input": {}}, "id"),
    "not JSON": ({"type": "tool_use", "id": "i", "name": "a", "input": {"x": float("nan")}}, "input"),
    "no call answered": ({"type": "tool_result", "content": "x"}, "tool_use_id"),
    "bare result": ({"type": "search_result", "title": "x"}, "source"),
}


@pytest.mark.parametrize("name", WRONG_BLOCKS)
def test_a_block_that_is_none_says_where(name: str) -> None:
    block, at = WRONG_BLOCKS[name]
    with pytest.raises(Malformed) as wrong:
        blocks(block)
    assert wrong.value.at == f"messages[0].content[0].{at}"


def test_a_source_nobody_knows_stays_as_it_is() -> None:
    (part,) = blocks({"type": "image", "source": {"type": "new"}}).turns[0].parts
    assert isinstance(part, Opaque)
