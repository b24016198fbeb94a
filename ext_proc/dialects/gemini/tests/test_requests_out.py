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
    Part,
    Reasoning,
    Refusal,
    Signature,
    StoredFile,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import (
    BuiltinTool,
    JsonOutput,
    Request,
    Sampling,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from ext_proc.dialects.gemini import CLIENT, PROVIDER
from ext_proc.dialects.gemini.tests.answers import HELLO, PATH, PNG
from ext_proc.dialects.gemini.tests.bodies import SETTINGS, configured

SECOND = Model(id="gemini-2.5-flash")
THIRD = Model(id="gemini-3-flash-preview")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool(name="weather", parameters=SCHEMA, at="tools[0]")
SEARCH = BuiltinTool(origin="another", kind="s", purpose="web_search", raw={"type": "s"}, at="tools[1]")
PICTURE = Media(kind="image", source=Inline("image/png", PNG))


def user(*parts: Part) -> Turn:
    return Turn(role="user", parts=parts, at="messages[0]")


def model(*parts: Part) -> Turn:
    return Turn(role="assistant", parts=parts, at="messages[1]")


def asking(*turns: Turn, **more: Any) -> Request:
    return Request(origin="another", model="m", turns=turns or (user(Text(text="hello")),), **more)


def body(request: Request, to: Model = SECOND) -> dict[str, Any]:
    return dict(PROVIDER.encode_request(request, to).body)


def config(request: Request, to: Model = SECOND) -> dict[str, Any]:
    found: dict[str, Any] = body(request, to).get("generationConfig", {})
    return found


def dropped(request: Request, to: Model = SECOND) -> list[str]:
    return [each.at for each in PROVIDER.encode_request(request, to).dropped]


def call(id: str, name: str, signature: Signature | None = None, arguments: str = "{}") -> ToolCall:
    return ToolCall(id=id, name=name, arguments=arguments, signature=signature)


def result(id: str, text: str, **more: Any) -> ToolResult:
    return ToolResult(call_id=id, content=(Text(text=text),), **more)


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


@pytest.mark.parametrize(
    ("id", "effort", "told"),
    [
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}),
        ("gemini-2.5-flash", "high", {"thinkingBudget": 16384}),
        ("gemini-2.5-flash", "max", {"thinkingBudget": 24576}),
        ("gemini-3-flash", "none", {"thinkingLevel": "MINIMAL"}),
        ("gemini-3-flash", "medium", {"thinkingLevel": "MEDIUM"}),
        ("gemini-3-flash", "xhigh", {"thinkingLevel": "HIGH"}),
        ("gemini-3-pro-preview", "medium", {"thinkingLevel": "HIGH"}),
        ("gemini-3.1-pro-preview", "medium", {"thinkingLevel": "MEDIUM"}),
        ("gemini-3.1-pro-preview", "minimal", {"thinkingLevel": "LOW"}),
        ("gemini-flash-latest", "low", {"thinkingLevel": "LOW"}),
        ("gemini-4-argon", "newest", {"thinkingLevel": "NEWEST"}),
    ],
)
def test_how_much_to_think(id: str, effort: str, told: dict[str, Any]) -> None:
    request = asking(thinking=Thinking(enabled=effort != "none", effort=effort))
    assert config(request, Model(id=id))["thinkingConfig"] == told


@pytest.mark.parametrize(
    ("id", "thinking", "told"),
    [
        ("gemini-2.5-flash", Thinking(budget_tokens=5000), {"includeThoughts": True, "thinkingBudget": 5000}),
        ("gemini-2.5-flash-lite", Thinking(budget_tokens=1), {"includeThoughts": True, "thinkingBudget": 512}),
        ("gemini-2.5-flash", Thinking(budget_tokens=-1), {"includeThoughts": True, "thinkingBudget": -1}),
        ("gemini-2.5-flash", Thinking(adaptive=True, show=False), {"includeThoughts": False, "thinkingBudget": -1}),
        ("gemini-2.5-flash", Thinking(summary="auto"), {"includeThoughts": True}),
        ("gemini-3-flash", Thinking(budget_tokens=5000), {"includeThoughts": True, "thinkingLevel": "MEDIUM"}),
        ("gemini-3-flash", Thinking(budget_tokens=-1), {"includeThoughts": True}),
        ("gemini-3-flash", Thinking(adaptive=True), {"includeThoughts": True}),
    ],
)
def test_budgets(id: str, thinking: Thinking, told: dict[str, Any]) -> None:
    assert config(asking(thinking=thinking), Model(id=id))["thinkingConfig"] == told


def test_models_that_do_not_think() -> None:
    request = asking(thinking=Thinking(effort="high"))
    for each in (Model(id="gemini-2.0-flash"), Model(id="gemma-3"), Model(id="x", lacks=frozenset({"reasoning"}))):
        assert dropped(request, each) == ["thinking"]
        assert not dropped(asking(thinking=Thinking(enabled=False)), each)
    assert dropped(asking(thinking=Thinking(enabled=False)), Model(id="gemini-2.5-pro")) == ["thinking"]


@pytest.mark.parametrize(
    ("sent", "to", "told"),
    [
        ({"thinkingLevel": "HIGH"}, THIRD, {"thinkingLevel": "HIGH"}),
        ({"thinkingBudget": 0}, THIRD, {"thinkingBudget": 0}),
        ({"thinkingBudget": -1}, THIRD, {"thinkingBudget": -1}),
        ({"thinkingLevel": "HIGH"}, SECOND, {"thinkingBudget": 16384}),
        ({"thinkingLevel": "HIGH"}, Model(id="tuned", family="gemini-3"), {"thinkingLevel": "HIGH"}),
    ],
)
def test_own_clients_think_as_they_say(sent: dict[str, Any], to: Model, told: dict[str, Any]) -> None:
    request = CLIENT.decode_request(configured(thinkingConfig=sent), Asked(path=PATH))
    assert config(request, to)["thinkingConfig"] == told


@pytest.mark.parametrize(
    ("tier", "told"), [("default", "standard"), ("standard_only", "standard"), ("flex", "flex"), ("auto", None)]
)
def test_service_tiers(tier: str, told: str | None) -> None:
    assert body(asking(service_tier=tier)).get("serviceTier") == told
    assert dropped(asking(service_tier=tier)) == []
    assert dropped(asking(service_tier="scale")) == ["service_tier"]


def test_members_of_the_api_from_clients_of_others() -> None:
    request = asking(rest={"safety_settings": [1], "labels": {"a": "b"}, "odd": 1}, names={"odd": "o"})
    assert body(request)["safetySettings"] == [1]
    assert body(request)["labels"] == {"a": "b"}
    assert dropped(request) == ["o"]


def test_a_prompt_kept_by_another_provider() -> None:
    request = replace(CLIENT.decode_request(SETTINGS, Asked(path=PATH)), origin="another")
    with pytest.raises(Unable) as caught:
        body(request)
    assert caught.value.capability == "stored_conversations"


def test_several_answers_where_there_is_one() -> None:
    request = asking(sampling=Sampling(choices=2))
    with pytest.raises(Unable):
        body(request, Model(id="m", lacks=frozenset({"several_choices"})))


def test_schemas() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "kind": {"const": "a"},
            "pet": {"$ref": "#/$defs/pet", "description": "a pet", "$comment": "x"},
            "plain": {"$ref": "#/$defs/pet"},
            "one": {"allOf": [{"type": "string"}], "title": "t"},
            "more": {"allOf": [{"type": "string"}, {"minLength": 1}]},
            "both": {"const": 1, "enum": [1]},
            "const": {"type": "array", "items": {"const": 2}, "prefixItems": [True]},
        },
        "$defs": {"pet": {"type": "string"}},
    }
    told = config(asking(output=JsonOutput(schema=schema)))
    assert told["responseMimeType"] == "application/json"
    assert told["responseJsonSchema"] == {
        "type": "object",
        "properties": {
            "kind": {"enum": ["a"]},
            "pet": {"description": "a pet", "$comment": "x", "anyOf": [{"$ref": "#/$defs/pet"}]},
            "plain": {"$ref": "#/$defs/pet"},
            "one": {"type": "string", "title": "t"},
            "more": {"allOf": [{"type": "string"}, {"minLength": 1}]},
            "both": {"const": 1, "enum": [1]},
            "const": {"type": "array", "items": {"enum": [2]}, "prefixItems": [True]},
        },
        "$defs": {"pet": {"type": "string"}},
    }


def test_a_tool_without_parameters_has_none() -> None:
    for parameters in (None, {}, {"type": "object", "properties": {}}):
        tools = body(asking(tools=(replace(WEATHER, parameters=parameters),)))["tools"]
        assert tools == [{"functionDeclarations": [{"name": "weather"}]}]


def test_functions_beside_other_things() -> None:
    both = asking(tools=(WEATHER, SEARCH, replace(WEATHER, name="w2")))
    written = body(both, THIRD)
    assert [list(entry) for entry in written["tools"]] == [["functionDeclarations"], ["googleSearch"]]
    assert len(written["tools"][0]["functionDeclarations"]) == 2
    assert written["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert "toolConfig" not in body(both, replace(THIRD, family="vertex"))
    with pytest.raises(Unable) as caught:
        body(both)
    assert caught.value.at == "tools[1]"
    with pytest.raises(Unable):
        body(asking(tools=(WEATHER,), output=JsonOutput()))
    assert config(asking(tools=(WEATHER,), output=JsonOutput()), THIRD)


def test_searches_of_others() -> None:
    raw = {"type": "s", "blocked_domains": ["a.example"], "max_uses": 3, "user_location": None}
    request = asking(tools=(replace(SEARCH, raw=raw),))
    assert body(request)["tools"] == [{"googleSearch": {"excludeDomains": ["a.example"]}}]
    assert dropped(request) == ["tools[].max_uses"]


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (ToolChoice(mode="auto"), {"mode": "AUTO"}),
        (ToolChoice(mode="none"), {"mode": "NONE"}),
        (ToolChoice(mode="required"), {"mode": "ANY"}),
        (ToolChoice(mode="named", name="weather"), {"mode": "ANY", "allowedFunctionNames": ["sky__weather"]}),
        (ToolChoice(mode="named", name="other"), {"mode": "ANY", "allowedFunctionNames": ["other"]}),
        (
            ToolChoice(mode="allowed", allowed=("sky__weather",), required=True),
            {"mode": "ANY", "allowedFunctionNames": ["sky__weather"]},
        ),
        (ToolChoice(mode="allowed", allowed=("w",)), {"mode": "VALIDATED", "allowedFunctionNames": ["w"]}),
    ],
)
def test_choices(choice: ToolChoice, told: dict[str, Any]) -> None:
    request = asking(tools=(replace(WEATHER, namespace="sky"),), tool_choice=choice)
    assert body(request)["toolConfig"] == {"functionCallingConfig": told}


def test_what_a_model_lacks() -> None:
    def lacking(word: str) -> Model:
        return Model(id="gemini-3-x", lacks=frozenset({word}))

    asked = {
        "tools": asking(tools=(WEATHER,)),
        "builtin_tools": asking(tools=(SEARCH,)),
        "tool_choice": asking(tools=(WEATHER,), tool_choice=ToolChoice(mode="required")),
        "structured_output": asking(output=JsonOutput()),
    }
    for word, request in asked.items():
        with pytest.raises(Unable) as caught:
            body(request, lacking(word))
        assert caught.value.capability == word


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
