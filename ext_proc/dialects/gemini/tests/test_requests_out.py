"""Requests of other dialects become what Gemini takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import (
    Inline,
    Link,
    Media,
    Opaque,
    Reasoning,
    Refusal,
    Signature,
    StoredFile,
    Text,
    ToolResult,
)
from ext_proc.dialects.gemini import CLIENT
from ext_proc.dialects.gemini.tests.answers import HELLO, PATH, PNG
from ext_proc.dialects.gemini.tests.asking import (
    PICTURE,
    THIRD,
    WEATHER,
    asking,
    body,
    call,
    dropped,
    model,
    result,
    user,
)

CONVERSATION = asking(
    user(Text(text="go")),
    model(Text(text="")),
    model(call("a", "x"), call("b", "y")),
    user(result("b", "2")),
    user(Text(text="and then?"), result("a", "1", error=True)),
    model(Refusal(text="no")),
)


def test_results_stand_behind_their_calls_in_order() -> None:
    assert body(CONVERSATION)["contents"] == [
        {"role": "user", "parts": [{"text": "go"}]},
        {
            "role": "model",
            "parts": [{"functionCall": {"name": "x", "args": {}}}, {"functionCall": {"name": "y", "args": {}}}],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "x", "response": {"error": "1"}}},
                {"functionResponse": {"name": "y", "response": {"result": "2"}}},
            ],
        },
        {"role": "user", "parts": [{"text": "and then?"}]},
        {"role": "model", "parts": [{"text": "no"}]},
    ]


def test_the_third_generation_wants_ids_and_a_signature_on_the_first_call() -> None:
    calls = body(CONVERSATION, THIRD)["contents"][1]["parts"]
    assert calls == [
        {
            "functionCall": {"id": "a", "name": "x", "args": {}},
            "thoughtSignature": "skip_thought_signature_validator",
        },
        {"functionCall": {"id": "b", "name": "y", "args": {}}},
    ]
    results = body(CONVERSATION, THIRD)["contents"][2]["parts"]
    assert [part["functionResponse"]["id"] for part in results] == ["a", "b"]


def test_signatures_of_this_dialect_only() -> None:
    own, foreign = Signature("gemini", "c2ln"), Signature("another", "x")
    said = model(
        Reasoning(text="hm", signature=own),
        Reasoning(text="no", signature=foreign),
        Reasoning(text="never"),
        Text(text="yes", signature=own),
        Text(text="", signature=own),
        Text(text="so", signature=foreign),
        call("a", "x", own),
    )
    parts = body(asking(user(Text(text="go")), said), THIRD)["contents"][1]["parts"]
    assert parts == [
        {"text": "hm", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "yes", "thoughtSignature": "c2ln"},
        {"text": "", "thoughtSignature": "c2ln"},
        {"text": "so"},
        {"functionCall": {"id": "a", "name": "x", "args": {}}, "thoughtSignature": "c2ln"},
    ]


@pytest.mark.parametrize("arguments", ["", "no json", "[1]", '{"a":NaN}', '{"a":1e999}', "[" * 100_000])
def test_arguments_that_are_no_object(arguments: str) -> None:
    parts = body(asking(user(Text(text="go")), model(call("a", "x", arguments=arguments))))["contents"][1]["parts"]
    assert parts[0]["functionCall"]["args"] == ({"arguments": arguments} if arguments else {})


def test_media_in_results() -> None:
    shown = ToolResult(call_id="a", content=(Text(text="see"), PICTURE))
    request = asking(user(Text(text="go")), model(call("a", "x")), user(shown))
    picture = {"inlineData": {"mimeType": "image/png", "data": PNG}}
    answered = {"functionResponse": {"name": "x", "response": {"result": "see"}}}
    assert body(request)["contents"][2]["parts"] == [answered, picture]
    third = body(request, THIRD)["contents"][2]["parts"]
    assert third[0]["functionResponse"]["parts"] == [picture]
    assert len(third) == 1


def test_a_result_of_no_call() -> None:
    named = asking(user(result("z", "1", name="x")))
    assert body(named)["contents"][0]["parts"][0]["functionResponse"]["name"] == "x"
    with pytest.raises(Unable):
        body(asking(user(result("z", "1"))))


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (replace(PICTURE, source=Inline("", "/9j/AAA")), {"inlineData": {"mimeType": "image/jpeg", "data": "/9j/AAA"}}),
        (replace(PICTURE, source=Inline("", "AAAA")), {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
        (
            replace(PICTURE, source=Link("https://a.example/x.webp?y=1")),
            {"fileData": {"fileUri": "https://a.example/x.webp?y=1", "mimeType": "image/webp"}},
        ),
        (
            replace(PICTURE, source=Link("https://a.example/x")),
            {"fileData": {"fileUri": "https://a.example/x", "mimeType": "image/png"}},
        ),
        (
            replace(PICTURE, kind="video", source=Link("https://youtu.be/x")),
            {"fileData": {"fileUri": "https://youtu.be/x"}},
        ),
        (
            replace(PICTURE, source=Link("http://[x/a.gif", "image/gif")),
            {"fileData": {"fileUri": "http://[x/a.gif", "mimeType": "image/gif"}},
        ),
        (
            replace(PICTURE, source=Link("http://[x/a")),
            {"fileData": {"fileUri": "http://[x/a", "mimeType": "image/png"}},
        ),
        (replace(PICTURE, source=StoredFile("files/a", "gemini")), {"fileData": {"fileUri": "files/a"}}),
    ],
)
def test_media(media: Media, part: dict[str, Any]) -> None:
    assert body(asking(user(media)))["contents"][0]["parts"] == [part]


@pytest.mark.parametrize(("kind", "lack"), [("image", "images"), ("audio", "audio"), ("video", "video")])
def test_media_the_model_does_not_read(kind: Any, lack: str) -> None:
    with pytest.raises(Unable) as caught:
        body(asking(user(replace(PICTURE, kind=kind))), Model(id="m", lacks=frozenset({lack})))
    assert caught.value.capability == lack


def test_images_the_model_does_not_fetch() -> None:
    linked = asking(user(replace(PICTURE, source=Link("https://a.example/a.png"))))
    with pytest.raises(Unable):
        body(linked, Model(id="m", lacks=frozenset({"image_urls"})))


def test_cache_marks_are_named_once() -> None:
    marked = Text(text="a", cache="5m", at="messages[0].content[0]")
    request = asking(
        user(marked, replace(marked, at="messages[0].content[1]"), replace(PICTURE, cache="1h", at="x")),
        model(replace(call("a", "x"), cache="5m", at="c")),
        user(result("a", "1", cache="5m", at="")),
        tools=(replace(WEATHER, cache="5m"),),
    )
    assert dropped(request) == [
        "messages[].content[].cache_control",
        "x.cache_control",
        "c.cache_control",
        "cache_control",
        "tools[].cache_control",
    ]


def test_opaque_parts() -> None:
    part = Opaque(origin="another", kind="k", raw={}, essential=False, at="messages[1].content[0]")
    request = asking(user(Text(text="a")), model(part))
    assert dropped(request) == ["messages[].content[]"]
    with pytest.raises(Unable):
        body(asking(user(Text(text="a")), model(replace(part, essential=True))))


def test_nothing_to_answer() -> None:
    with pytest.raises(Unable):
        body(asking(user(Text(text=""))))


def test_own_calls_without_a_signature_go_to_models_that_demand_one() -> None:
    contents = [
        *HELLO["contents"],
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
    ]
    request = CLIENT.decode_request({"contents": contents}, Asked(path=PATH))
    written = body(request, THIRD)["contents"][1]["parts"]
    assert written == [
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "skip_thought_signature_validator"}
    ]
