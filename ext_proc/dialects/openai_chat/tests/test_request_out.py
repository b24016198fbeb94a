"""Requests of other dialects' clients as providers of this one get them."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import (
    Citation,
    Inline,
    Link,
    Media,
    Reasoning,
    StoredFile,
    Text,
    ToolResult,
)
from ext_proc.chat.request import (
    JsonOutput,
    Request,
    Thinking,
    ToolChoice,
)
from ext_proc.dialects.openai_chat.tests.asked import (
    CALL,
    PLAIN,
    PNG,
    RESULT,
    WEATHER,
    dropped,
    messages,
    says,
    turns,
    written,
)


def test_instructions_have_the_role_the_model_knows() -> None:
    request = replace(PLAIN, system=(Text(text="be kind"), Text(text="be brief"), Text(text="")))
    assert messages(request)[0] == {"role": "system", "content": "be kind\n\nbe brief"}
    assert messages(request, "gpt-5-mini")[0]["role"] == "developer"
    assert messages(request, "gpt-4o")[0]["role"] == "system"
    later = turns(("user", (Text(text="a"),)), ("developer", (Text(text="b"),)))
    assert messages(later)[1]["role"] == "system"
    assert messages(later, "openai/gpt-4o")[1]["role"] == "developer"


def test_cache_marks_go_to_claude_only() -> None:
    marked = replace(
        PLAIN, system=(Text(text="a", cache="1h", at="system[0]"), Text(text="b", cache="5m", at="system[1]"))
    )
    assert messages(marked, "anthropic/claude-sonnet-4.5")[0]["content"] == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}},
    ]
    assert messages(marked)[0]["content"] == "a\n\nb"
    assert dropped(marked) == ["system[].cache_control"]
    tool = replace(PLAIN, tools=(replace(WEATHER, cache="5m"),))
    assert written(tool, "claude")["tools"][0]["cache_control"] == {"type": "ephemeral"}
    result = turns(("assistant", (CALL,)), ("user", (replace(RESULT, cache="5m"),)))
    assert messages(result, "claude")[1]["content"] == [
        {"type": "text", "text": "sunny", "cache_control": {"type": "ephemeral"}}
    ]
    assert dropped(result) == ["messages[].content[].cache_control"]


def test_texts_are_one_string() -> None:
    assert messages(says(Text(text="a"), Text(text=""), Text(text="b"))) == [{"role": "user", "content": "a\n\nb"}]
    cited = Text(text="b", citations=(Citation(origin="x", raw={}),), at="messages[1].content[1]")
    said = turns(("user", (Text(text="x"),)), ("assistant", (Text(text="a"), cited)))
    assert messages(said)[1]["content"] == "ab"
    assert dropped(said) == ["messages[].content[].citations"]


def test_what_says_nothing_is_left_out() -> None:
    request = turns(("user", (Text(text=""),)), ("assistant", (Reasoning(text="x"),)), ("user", (Text(text="hi"),)))
    assert messages(request) == [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (PNG, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}),
        (
            Media(kind="audio", source=Inline("audio/mpeg", "AAAA")),
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
        ),
        (
            Media(kind="document", source=Inline("", "JVBERi0=")),
            {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
        ),
        (
            Media(kind="document", source=StoredFile("file_1", "openai_responses")),
            {"type": "file", "file": {"file_id": "file_1"}},
        ),
    ],
)
def test_media(media: Media, expected: Any) -> None:
    assert messages(says(Text(text="look"), media))[0]["content"] == [{"type": "text", "text": "look"}, expected]


def test_documents_of_text_become_text() -> None:
    inline = Inline("text/markdown", base64.b64encode(b"# words").decode())
    media = Media(kind="document", source=inline, title="a.md")
    assert messages(says(media))[0]["content"] == "a.md\n\n# words"
    with pytest.raises(Unable):
        written(says(replace(media, source=Inline("text/plain", "////"))))


@pytest.mark.parametrize(
    ("media", "capability"),
    [
        (replace(PNG, source=Link("gs://a/b.png")), "image_urls"),
        (replace(PNG, source=StoredFile("f", "x")), "files"),
        (Media(kind="audio", source=Link("https://a.example")), "audio"),
        (Media(kind="audio", source=Inline("audio/ogg", "AAAA")), "audio"),
        (Media(kind="video", source=Inline("video/mp4", "AAAA")), "video"),
        (Media(kind="document", source=Link("https://a.example")), "documents"),
        (Media(kind="document", source=StoredFile("f", "x")), "files"),
    ],
)
def test_media_that_cannot_be_sent(media: Media, capability: str) -> None:
    with pytest.raises(Unable) as raised:
        written(says(media))
    assert raised.value.capability == capability


def test_what_a_model_lacks() -> None:
    for part, word in ((PNG, "images"), (replace(PNG, source=Link("https://a.example")), "image_urls")):
        with pytest.raises(Unable):
            written(says(part), lacks=frozenset({word}))
    with pytest.raises(Unable):
        written(replace(PLAIN, tools=(WEATHER,)), lacks=frozenset({"tools"}))
    with pytest.raises(Unable):
        written(replace(PLAIN, output=JsonOutput()), lacks=frozenset({"structured_output"}))
    with pytest.raises(Unable):
        required = replace(PLAIN, tools=(WEATHER,), tool_choice=ToolChoice(mode="required"))
        written(required, lacks=frozenset({"tool_choice"}))
    thinks = replace(PLAIN, thinking=Thinking(effort="low", at="think"))
    assert dropped(thinks, lacks=frozenset({"reasoning"})) == ["think"]


def test_members_of_media_that_only_its_api_has_are_named() -> None:
    media = replace(PNG, kind="document", detail="high", extra={"citations": True}, origin="another")
    assert dropped(says(media)) == ["messages[].content[].extra", "messages[].content[].detail"]


def test_pictures_of_tools_stand_behind_all_results() -> None:
    second = replace(CALL, id="call_2")
    shown = ToolResult(call_id="call_2", content=(Text(text="see"), PNG), at="r")
    only = replace(RESULT, content=(PNG,))
    request = turns(
        ("user", (Text(text="go"),)),
        ("assistant", (CALL, second)),
        ("user", (only, shown, Text(text="and now?"))),
    )
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}
    assert messages(request)[2:] == [
        {"role": "tool", "tool_call_id": "call_1", "content": "The output is in the next message of the user."},
        {"role": "tool", "tool_call_id": "call_2", "content": "see"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Output of the tool call call_1:"},
                image,
                {"type": "text", "text": "Output of the tool call call_2:"},
                image,
                {"type": "text", "text": "and now?"},
            ],
        },
    ]
    last = turns(
        ("assistant", (CALL,)), ("user", (only,)), ("system", (Text(text="s"),)), ("assistant", (Text(text="x"),))
    )
    assert [message["role"] for message in messages(last)] == ["assistant", "tool", "user", "system", "assistant"]
    ends = turns(("assistant", (CALL,)), ("user", (only,)))
    assert [message["role"] for message in messages(ends)] == ["assistant", "tool", "user"]


def test_results_stand_directly_behind_their_calls() -> None:
    request = turns(
        ("user", (Text(text="go"),)),
        ("assistant", (Text(text="a"),)),
        ("assistant", (CALL,)),
        ("user", (Text(text="wait"),)),
        ("user", (RESULT,)),
    )
    assert messages(request)[1:] == [
        {
            "role": "assistant",
            "content": "a",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "user", "content": "wait"},
    ]


@pytest.mark.parametrize(
    "request_",
    [
        turns(("assistant", (CALL,)), ("user", (Text(text="x"),))),
        turns(("user", (RESULT,))),
        turns(("assistant", (CALL,)), ("user", (RESULT, RESULT))),
    ],
    ids=["no result", "no call", "two results"],
)
def test_calls_without_results(request_: Request) -> None:
    with pytest.raises(Unable):
        written(request_)


def ids(request: Request, model: str = "m") -> list[tuple[str, str]]:
    found = messages(request, model)
    calls = [call["id"] for message in found for call in message.get("tool_calls", ())]
    return list(zip(calls, [message["tool_call_id"] for message in found if message["role"] == "tool"], strict=True))


def test_ids_are_legal_and_equal() -> None:
    twice = turns(("assistant", (CALL,)), ("user", (RESULT,)), ("assistant", (CALL,)), ("user", (RESULT,)))
    assert ids(twice) == [("call_1", "call_1"), ("call_1_2", "call_1_2")]
    long = "x" * 60
    named = turns(("assistant", (replace(CALL, id=long),)), ("user", (replace(RESULT, call_id=long),)))
    ((called, answered),) = ids(named)
    assert called == answered
    assert len(called) <= 40
    ((called, answered),) = ids(named, "mistral-large-latest")
    assert called == answered
    assert len(called) == 9
    nameless = turns(
        ("assistant", (replace(CALL, id=""), replace(CALL, id="", name="other"))),
        ("user", (replace(RESULT, call_id="", name="other"), replace(RESULT, call_id=""))),
    )
    found = messages(nameless)
    assert [call["id"] for call in found[0]["tool_calls"]] == ["call_0", "call_1"]
    assert [message["tool_call_id"] for message in found[1:]] == ["call_1", "call_0"]
