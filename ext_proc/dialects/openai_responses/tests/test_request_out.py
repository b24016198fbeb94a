"""What a provider of this dialect is sent of other dialects' requests, beyond the table of fates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.loss import Dropped
from ext_proc.chat.parts import (
    Citation,
    Inline,
    Link,
    Media,
    Opaque,
    Part,
    PlainText,
    Reasoning,
    Signature,
    StoredFile,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import (
    BuiltinTool,
    CustomTool,
    JsonOutput,
    Request,
    Sampling,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from ext_proc.dialects.openai_responses import PROVIDER

HELLO = Turn(role="user", parts=(Text(text="hello"),))
PLAIN = Request(origin="anthropic_messages", model="m", turns=(HELLO,))
IMAGE = Media(kind="image", source=Inline("", "x"), at="messages[0].content[0]")


def encode(request: Request, *lacks: str) -> Encoded:
    return PROVIDER.encode_request(request, Model(id="m", lacks=frozenset(lacks)))


def written(*parts: Part, role: Any = "user") -> list[Any]:
    body = encode(replace(PLAIN, turns=(Turn(role=role, parts=parts, at="messages[0]"),))).body
    return list(body.get("input", ()))


def addresses(encoded: Encoded) -> list[str]:
    return [dropped.at for dropped in encoded.dropped]


def refused(request: Request, *lacks: str) -> str:
    with pytest.raises(Unable) as raised:
        encode(request, *lacks)
    return raised.value.capability


def says(part: Part) -> Request:
    return replace(PLAIN, turns=(Turn(role="user", parts=(part,)),))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ("iVBORw0", "image/png"),
        ("/9j/4AA", "image/jpeg"),
        ("R0lGODl", "image/gif"),
        ("UklGRg", "image/webp"),
        ("x", "image/png"),
    ],
)
def test_an_image_without_a_type_gets_one(data: str, media_type: str) -> None:
    content = written(replace(IMAGE, source=Inline("", data)))[0]["content"]
    assert content[0]["image_url"] == f"data:{media_type};base64,{data}"


def test_a_document_without_a_name_gets_one() -> None:
    document = Media(kind="document", source=Inline("", "JVBERi0"))
    assert written(document)[0]["content"] == [
        {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERi0"}
    ]
    assert written(Media(kind="document", source=PlainText("words")))[0]["content"] == "words"


def test_files_stored_at_openai_stay() -> None:
    stored = StoredFile("file-1", "openai_chat")
    assert written(replace(IMAGE, source=stored))[0]["content"][0]["file_id"] == "file-1"
    assert written(Media(kind="document", source=stored))[0]["content"][0]["file_id"] == "file-1"


@pytest.mark.parametrize(
    ("part", "capability"),
    [
        (replace(IMAGE, source=Link("gs://bucket/a.png")), "image_urls"),
        (Media(kind="document", source=Link("s3://bucket/a.pdf")), "documents"),
        (Media(kind="audio", source=Link("https://a.example/a.wav")), "audio"),
        (Media(kind="audio", source=Inline("audio/flac", "x")), "audio"),
        (Opaque(origin="gemini", kind="executable_code", raw={}, at="contents[0].parts[0]"), "content"),
    ],
)
def test_what_has_no_place_is_refused(part: Part, capability: str) -> None:
    assert refused(says(part)) == capability


def test_pictures_of_the_model_itself_are_refused() -> None:
    request = replace(PLAIN, turns=(HELLO, Turn(role="assistant", parts=(IMAGE,))))
    assert refused(request) == "content"


@pytest.mark.parametrize(
    ("request_", "capability"),
    [
        (says(IMAGE), "images"),
        (says(replace(IMAGE, source=Link("https://a.example"))), "image_urls"),
        (says(Media(kind="document", source=Link("https://a.example"))), "documents"),
        (replace(PLAIN, tools=(Tool(name="a"),)), "tools"),
        (replace(PLAIN, tools=(BuiltinTool(origin="x", kind="s", raw={}, purpose="web_search"),)), "builtin_tools"),
        (replace(PLAIN, tools=(Tool(name="a"),), tool_choice=ToolChoice(mode="required")), "tool_choice"),
        (replace(PLAIN, output=JsonOutput()), "structured_output"),
    ],
)
def test_what_the_model_lacks_is_refused(request_: Request, capability: str) -> None:
    assert refused(request_, capability) == capability


def test_a_model_without_text_tools_gets_functions() -> None:
    call = ToolCall(id="c", name="patch", arguments="*** Begin", custom=True)
    turns = (Turn(role="assistant", parts=(call,)), Turn(role="user", parts=(ToolResult(call_id="c", content=()),)))
    body = encode(replace(PLAIN, tools=(CustomTool(name="patch"),), turns=turns), "custom_tools").body
    assert body["tools"][0]["type"] == "function"
    assert body["input"] == [
        {"type": "function_call", "call_id": "c", "name": "patch", "arguments": '{"input":"*** Begin"}'},
        {"type": "function_call_output", "call_id": "c", "output": ""},
    ]
    body = encode(replace(PLAIN, turns=turns)).body
    assert [item["type"] for item in body["input"]] == ["custom_tool_call", "custom_tool_call_output"]


def test_what_only_a_lost_api_knows_is_named() -> None:
    extra = Media(
        kind="document", source=PlainText("w"), origin="anthropic_messages", extra={"citations": {}}, cache="5m"
    )
    detailed = Media(
        kind="document",
        source=Inline("application/pdf", "x"),
        detail="high",
        origin="gemini",
        extra={"video_metadata": {}},
        at="messages[0].content[1]",
    )
    cited = Text(text="a", citations=(Citation(origin="x", raw={}),), at="messages[0].content[2]")
    search = Opaque(origin="x", kind="search", raw={}, essential=False, at="messages[0].content[3]")
    inside = replace(search, at="messages[0]")
    turn = Turn(role="user", parts=(replace(extra, at="messages[0].content[0]"), detailed, cited, search, inside))
    assert addresses(encode(replace(PLAIN, turns=(turn,)))) == [
        "messages[].content[].cache_control",
        "messages[].content[].extra",
        "messages[].content[].detail",
        "messages[].content[].citations",
        "messages[].content[]",
        "messages[]",
    ]


def test_marks_for_the_cache_are_named_once() -> None:
    result = ToolResult(call_id="c", content=(), cache="1h", at="messages[1].content[0]")
    request = replace(
        PLAIN,
        tools=(Tool(name="a", cache="5m", at="tools[0]"), Tool(name="b", cache="5m", at="tools[1]")),
        turns=(HELLO, Turn(role="user", parts=(result,))),
    )
    assert addresses(encode(request)) == ["messages[].content[].cache_control", "tools[].cache_control"]
    assert encode(replace(PLAIN, names={"stop": "stop_sequences"}, stop=("x",))).dropped == (
        Dropped("stop_sequences", "the API has no stop sequences"),
    )


def test_long_ids_of_calls_stay_together() -> None:
    id = "toolu_" + "x" * 80
    call, result = ToolCall(id=id, name="a", arguments=""), ToolResult(call_id=id, content=(Text(text="r"),))
    request = replace(PLAIN, turns=(Turn(role="assistant", parts=(call,)), Turn(role="user", parts=(result,))))
    first, second = encode(request).body["input"]
    assert first["call_id"] == second["call_id"]
    assert len(first["call_id"]) <= 64
    assert first["arguments"] == "{}"


def test_empty_texts_are_left_out() -> None:
    assert written(Text(text="")) == []
    assert written(Text(text=""), Text(text="a"))[0]["content"] == "a"


def test_only_thoughts_this_api_can_prove_go_back() -> None:
    own = Reasoning(text="hm", summary=True, signature=Signature("openai_responses", "s"), id="rs_1")
    assert written(own, Reasoning(text="x"), Reasoning(text="y", id="rs_2"), role="assistant") == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "s",
        }
    ]


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [
        (Thinking(effort="max"), {"effort": "max"}),
        (Thinking(budget_tokens=-1), None),
        (Thinking(budget_tokens=1_000_000), {"effort": "xhigh"}),
        (Thinking(adaptive=True, show=True), {"summary": "auto"}),
        (Thinking(effort="high", summary="detailed", show=True), {"effort": "high", "summary": "detailed"}),
        (Thinking(enabled=False, summary="auto"), {"effort": "none", "summary": "auto"}),
    ],
)
def test_how_much_to_think(thinking: Thinking, reasoning: Any) -> None:
    assert encode(replace(PLAIN, thinking=thinking)).body.get("reasoning") == reasoning


def test_a_model_that_does_not_think() -> None:
    encoded = encode(replace(PLAIN, thinking=Thinking(effort="high")), "reasoning")
    assert addresses(encoded) == ["thinking"]
    assert encoded.body.keys() == {"model", "input", "store"}
    assert addresses(encode(replace(PLAIN, thinking=Thinking(enabled=False)), "reasoning")) == []


@pytest.mark.parametrize("id", ["gpt-4o", "gpt-4.1-mini", "openai/gpt-5-chat-latest", "ft:gpt-4o:x", "gpt-3.5-turbo"])
def test_a_model_known_not_to_think_is_not_asked_to(id: str) -> None:
    encoded = PROVIDER.encode_request(replace(PLAIN, thinking=Thinking(effort="high")), Model(id=id))
    assert addresses(encoded) == ["thinking"]
    assert "include" not in encoded.body


@pytest.mark.parametrize("id", ["gpt-5.1", "gpt-6-astra", "o3", "openai/o4-mini", "codex-mini"])
def test_a_model_known_to_think(id: str) -> None:
    """Its thoughts come back; it has no taste of its own to be set, unless it shall not think."""
    asked = replace(PLAIN, sampling=Sampling(temperature=1, top_p=0.5, logprobs=True))
    encoded = PROVIDER.encode_request(asked, Model(id=id))
    assert encoded.body["include"] == ["reasoning.encrypted_content"]
    assert addresses(encoded) == ["top_p", "logprobs"]
    assert not {"temperature", "top_p"} & encoded.body.keys()
    silent = PROVIDER.encode_request(replace(asked, thinking=Thinking(enabled=False)), Model(id=id))
    assert silent.body["top_p"] == 0.5


def test_a_model_nothing_is_known_of_is_asked_for_thoughts_with_reason() -> None:
    own = Reasoning(text="", signature=Signature("openai_responses", "s"), redacted=True)
    said = replace(PLAIN, turns=(HELLO, Turn(role="assistant", parts=(own,))))
    assert "include" not in encode(PLAIN).body
    assert encode(said).body["include"] == ["reasoning.encrypted_content"]
    assert encode(replace(PLAIN, thinking=Thinking(effort="low"))).body["include"] == ["reasoning.encrypted_content"]


def test_settings_others_share() -> None:
    rest = {"safety_identifier": "s", "prompt_cache_retention": "24h", "store": True, "top_a": 1}
    encoded = encode(replace(PLAIN, rest=rest, max_tokens=1, stream=True, service_tier="standard_only"))
    assert encoded.body["safety_identifier"] == "s"
    assert encoded.body["prompt_cache_retention"] == "24h"
    assert encoded.body["store"] is False
    assert encoded.body["max_output_tokens"] == 16
    assert encoded.body["service_tier"] == "default"
    assert encoded.body["stream"] is True
    assert addresses(encoded) == ["store", "top_a"]
    assert addresses(encode(replace(PLAIN, service_tier="batch"))) == ["service_tier"]
    assert encode(replace(PLAIN, sampling=Sampling(choices=1))).dropped == ()


def test_what_another_api_keeps_is_refused() -> None:
    assert refused(replace(PLAIN, rest={"mcp_servers": [{}]})) == "builtin_tools"


def test_a_schema_without_properties_gets_some() -> None:
    tool = Tool(name="a", parameters={"type": "object", "required": []}, strict=True)
    assert encode(replace(PLAIN, tools=(tool,))).body["tools"] == [
        {
            "type": "function",
            "name": "a",
            "parameters": {"type": "object", "properties": {}, "required": []},
            "strict": True,
        }
    ]


def test_words_about_tools_go_where_there_are_tools() -> None:
    body = encode(replace(PLAIN, tool_choice=ToolChoice(mode="auto"), parallel_tool_calls=True)).body
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & body.keys()


def test_instructions_alone_are_a_message() -> None:
    body = encode(replace(PLAIN, turns=(), system=(Text(text="one"), Text(text="two")))).body
    assert body["input"] == [{"type": "message", "role": "developer", "content": "one\n\ntwo"}]
    assert "instructions" not in body


def test_metadata_are_texts() -> None:
    encoded = encode(replace(PLAIN, metadata={"a": "b", "c": 1}))
    assert encoded.body["metadata"] == {"a": "b"}
    assert addresses(encoded) == ["metadata"]


def test_answers_of_a_form() -> None:
    form = encode(replace(PLAIN, output=JsonOutput(schema={}, description="d"))).body["text"]["format"]
    assert form == {"type": "json_schema", "name": "answer", "schema": {}, "description": "d"}


def test_a_function_without_parameters() -> None:
    tools = encode(replace(PLAIN, tools=(Tool(name="a"),))).body["tools"]
    assert tools == [
        {"type": "function", "name": "a", "parameters": {"type": "object", "properties": {}}, "strict": False}
    ]


@pytest.mark.parametrize(
    ("raw", "tool", "lost"),
    [
        (
            {
                "type": "web_search_20250305",
                "name": "web_search",
                "max_uses": 3,
                "allowed_domains": ["a.example"],
                "user_location": {"type": "approximate", "city": "Bern"},
            },
            {"filters": {"allowed_domains": ["a.example"]}, "user_location": {"type": "approximate", "city": "Bern"}},
            ["tools[].max_uses"],
        ),
        (
            {
                "search_context_size": "low",
                "user_location": {"type": "approximate", "approximate": {"city": "Bern"}},
            },
            {"search_context_size": "low", "user_location": {"type": "approximate", "city": "Bern"}},
            [],
        ),
        ({"google_search": {}}, {}, []),
    ],
)
def test_searches_of_others(raw: Any, tool: Any, lost: list[str]) -> None:
    search = BuiltinTool(origin="x", kind="search", raw=raw, purpose="web_search", at="tools[0]")
    encoded = encode(replace(PLAIN, tools=(search,), tool_choice=ToolChoice(mode="named", name="search")))
    assert encoded.body["tools"] == [{"type": "web_search"} | tool]
    assert encoded.body["tool_choice"] == {"type": "web_search"}
    assert addresses(encoded) == lost


def test_sandboxes_of_others() -> None:
    sandbox = BuiltinTool(origin="x", kind="code_execution", raw={}, purpose="code_execution")
    assert encode(replace(PLAIN, tools=(sandbox,))).body["tools"] == [
        {"type": "code_interpreter", "container": {"type": "auto"}}
    ]


def test_choices_among_tools() -> None:
    own = BuiltinTool(origin="openai_responses", kind="shell", raw={"type": "shell"})
    tools = (Tool(name="a"), CustomTool(name="b", description="d", format={"type": "text"}), own)
    choice = ToolChoice(mode="allowed", allowed=("a", "b", "shell", "gone"), required=True)
    body = encode(replace(PLAIN, tools=tools, tool_choice=choice)).body
    assert body["tool_choice"] == {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [
            {"type": "function", "name": "a"},
            {"type": "custom", "name": "b"},
            {"type": "shell"},
            {"type": "function", "name": "gone"},
        ],
    }
    assert body["tools"][1] == {"type": "custom", "name": "b", "description": "d", "format": {"type": "text"}}
