"""Settings and tools of other dialects become what Gemini takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.request import (
    JsonOutput,
    Sampling,
    Thinking,
    ToolChoice,
)
from ext_proc.dialects.gemini import CLIENT
from ext_proc.dialects.gemini.tests.answers import PATH
from ext_proc.dialects.gemini.tests.asking import (
    SEARCH,
    SECOND,
    THIRD,
    WEATHER,
    asking,
    body,
    config,
    dropped,
)
from ext_proc.dialects.gemini.tests.bodies import SETTINGS, configured


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
        ({"includeThoughts": False}, SECOND, {"includeThoughts": False}),
        ({"thinkingLevel": "HIGH"}, Model(id="endpoints/1"), {"thinkingLevel": "HIGH"}),
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
