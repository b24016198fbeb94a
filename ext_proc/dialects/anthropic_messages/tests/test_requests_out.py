"""Requests of other dialects, written for a provider."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import (
    Inline,
    Link,
    Media,
    Opaque,
    PlainText,
    Reasoning,
    Refusal,
    StoredFile,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import BuiltinTool, Request, ToolChoice
from ext_proc.dialects.anthropic_messages.tests.asked import (
    FIND,
    FOUND,
    TOOL,
    asking,
    encode,
    lost,
    told,
    turns,
)
from ext_proc.dialects.anthropic_messages.words import NAME


def test_roles_alternate_and_results_come_first() -> None:
    later = ToolCall(id="c2", name="find", arguments="")
    request = turns(
        ("user", Text(text="a")),
        ("user", Text(text="b")),
        ("assistant", FIND),
        ("assistant", later),
        ("user", Text(text="and")),
        ("user", ToolResult(call_id="c2", content=())),
        ("user", FOUND),
        ("assistant", Text(text="  ")),
        ("assistant", Text(text="done ")),
    )
    assert told(request) == [
        ("user", ["text", "text"]),
        ("assistant", ["tool_use", "tool_use"]),
        ("user", ["tool_result", "tool_result", "text"]),
        ("assistant", ["text"]),
    ]
    assert encode(request).body["messages"][-1]["content"][0]["text"] == "done", "a prefill ends in a word"


def test_calls_without_ids_are_matched_by_name_and_order() -> None:
    first, second = replace(FIND, id=""), replace(FIND, id="", name="look")
    request = turns(
        ("assistant", first),
        ("assistant", second),
        ("assistant", first),
        ("user", ToolResult(call_id="", name="look", content=())),
        ("user", ToolResult(call_id="", name="find", content=())),
        ("user", ToolResult(call_id="", content=())),
    )
    calls, results = encode(request).body["messages"]
    ids = [block["id"] for block in calls["content"]]
    assert len(set(ids)) == 3
    assert [block["tool_use_id"] for block in results["content"]] == [ids[1], ids[0], ids[2]]


def test_ids_are_unique_and_legal() -> None:
    odd = replace(FIND, id="a.b:0"), replace(FOUND, call_id="a.b:0")
    request = turns(
        ("assistant", FIND),
        ("user", FOUND),
        ("assistant", FIND),
        ("user", FOUND),
        ("assistant", odd[0]),
        ("user", odd[1]),
    )
    messages = encode(request).body["messages"]
    ids = [each["content"][0].get("id") or each["content"][0]["tool_use_id"] for each in messages]
    assert ids[:4] == ["c1", "c1", "c1_2", "c1_2"]
    assert ids[4] == ids[5] and ids[4].startswith("toolu_")


@pytest.mark.parametrize(
    ("request_", "at"),
    [
        (turns(("assistant", FIND)), "call"),
        (turns(("assistant", FIND), ("user", Text(text="never mind"))), "call"),
        (turns(("user", FOUND)), "result"),
        (turns(("assistant", FIND), ("user", FOUND), ("user", FOUND)), "result"),
        (asking(turns=()), "messages"),
        (turns(("user", Text(text=" "))), "messages"),
        (turns(("user", Text(text="a")), ("system", Media(kind="image", source=Link("https://a"), at="x"))), "x"),
        (turns(("assistant", Media(kind="image", source=Link("https://a"), at="x"))), "x"),
        (turns(("user", Opaque(origin="another", kind="k", raw={}, at="x"))), "x"),
    ],
)
def test_what_would_be_lost_is_refused(request_: Request, at: str) -> None:
    with pytest.raises(Unable) as refused:
        encode(request_)
    assert (refused.value.at, refused.value.capability) == (at, "content")


def test_what_says_nothing_is_left_out() -> None:
    request = turns(
        ("user", Text(text="a")),
        ("user", Opaque(origin="another", kind="k", raw={}, essential=False, at="messages[0].content[1]")),
        ("assistant", Reasoning(text="hm", cache="5m", at="messages[1].content[0]")),
        ("assistant", Refusal(text="")),
        ("developer", Refusal(text="no")),
    )
    assert told(request) == [("user", ["text"])]
    assert lost(request) == ["messages[].content[]", "messages[].content[].cache"]
    assert encode(request).body["system"] == [{"type": "text", "text": "no"}]


def test_a_conversation_in_which_tools_were_called_names_them() -> None:
    body = encode(turns(("assistant", FIND), ("user", FOUND))).body
    assert body["tools"] == [{"name": "find", "input_schema": {"type": "object"}}]
    assert body["tool_choice"] == {"type": "none"}


def test_arguments_that_are_no_object_travel_in_one() -> None:
    request = turns(("assistant", replace(FIND, arguments="[1")), ("user", FOUND))
    assert encode(request).body["messages"][0]["content"][0]["input"] == {"INVALID_JSON": "[1"}


# Media


@pytest.mark.parametrize(
    ("media", "source"),
    [
        (Media(kind="image", source=Inline("", "/9j/4AAQ")), ("base64", "image/jpeg")),
        (Media(kind="image", source=Inline("image/jpg; x=1", "AA==")), ("base64", "image/jpeg")),
        (Media(kind="document", source=Inline("", "JVBERi0x")), ("base64", "application/pdf")),
        (Media(kind="document", source=Inline("text/csv", "YSxi")), ("text", "text/plain")),
        (Media(kind="document", source=StoredFile("file_1", NAME)), ("file", None)),
    ],
)
def test_media_are_written(media: Media, source: tuple[str, str | None]) -> None:
    (block,) = encode(turns(("user", media))).body["messages"][0]["content"]
    assert (block["source"]["type"], block["source"].get("media_type")) == source


@pytest.mark.parametrize(
    ("media", "capability"),
    [
        (Media(kind="image", source=Inline("image/bmp", "AA==")), "images"),
        (Media(kind="image", source=Link("gs://bucket/a.png")), "files"),
        (Media(kind="image", source=PlainText("x")), "images"),
        (Media(kind="image", source=StoredFile("f", "another")), "files"),
        (Media(kind="document", source=Inline("application/zip", "AA==")), "documents"),
        (Media(kind="document", source=Inline("text/plain", "=")), "documents"),
        (Media(kind="video", source=Link("https://a.example/a.mp4")), "video"),
    ],
)
def test_media_nobody_here_takes_are_refused(media: Media, capability: str) -> None:
    with pytest.raises(Unable) as refused:
        encode(turns(("user", media)))
    assert refused.value.capability == capability


@pytest.mark.parametrize("capability", ["images", "image_urls", "tools", "builtin_tools", "tool_choice"])
def test_what_a_model_lacks_is_refused(capability: str) -> None:
    image = Media(kind="image", source=Link("https://a.example/a.png"))
    search = BuiltinTool(origin="another", kind="s", purpose="web_search", raw={})
    request = replace(turns(("user", image)), tools=(TOOL, search), tool_choice=ToolChoice(mode="required"))
    encode(request)
    with pytest.raises(Unable) as refused:
        encode(request, Model(id="m", lacks=frozenset({capability})))
    assert refused.value.capability == capability


# Tools
