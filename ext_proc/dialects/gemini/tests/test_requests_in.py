"""A client's body, path and query become a request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Malformed, Unable
from ext_proc.chat.parts import Inline, Link, Media, Opaque, Reasoning, StoredFile, Text, ToolCall, ToolResult
from ext_proc.chat.request import BuiltinTool, JsonOutput, Request, Sampling, Thinking, Tool, ToolChoice
from ext_proc.dialects.gemini import CLIENT, PROVIDER, encode_count
from ext_proc.dialects.gemini.tests.answers import HELLO, PATH, PNG
from ext_proc.dialects.gemini.tests.bodies import BODIES, CALLED, MEDIA, SETTINGS, SNAKE, Body, configured, said


def read(body: Body, path: str = PATH, **query: str) -> Request:
    return CLIENT.decode_request(body, Asked(path=path, query=query))


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash"),
        ("/v1/models/openai/gpt-5:generateContent", "openai/gpt-5"),
        ("/v1beta/tunedModels/mine:generateContent", "tunedModels/mine"),
        ("/gateway/v1alpha/models/ft:gpt-5:x:generateContent", "ft:gpt-5:x"),
        ("/v1/projects/p/locations/eu/publishers/google/models/gemini-3:generateContent", "gemini-3"),
        ("/v1/projects/p/locations/eu/publishers/meta/models/l:generateContent", "publishers/meta/models/l"),
        ("/v1/projects/p/locations/eu/endpoints/123:generateContent", "endpoints/123"),
        ("/v1beta1/publishers/google/models/gemini-3:generateContent", "gemini-3"),
        ("/models/gemini-3:generateContent", "gemini-3"),
        ("/v1beta/models/openai%2Fgpt-5%3AgenerateContent", "openai/gpt-5"),
    ],
)
def test_the_model_stands_in_the_path(path: str, model: str) -> None:
    request = read(HELLO, path)
    assert request.model == model
    assert not request.stream


@pytest.mark.parametrize(
    ("query", "form"),
    [({"alt": "sse"}, ""), ({"$alt": "sse"}, ""), ({}, "json_array"), ({"alt": "json"}, "json_array")],
)
def test_the_method_and_the_query_say_how_it_is_streamed(query: dict[str, str], form: str) -> None:
    request = read(HELLO, "/v1beta/models/m:streamGenerateContent", **query)
    assert request.stream
    assert request.stream_form == form
    assert read(HELLO, **query).stream_form == ""


def test_members_in_snake_case() -> None:
    request = read(SNAKE)
    assert request.system == (Text(text="be kind"),)
    image, link = request.turns[0].parts
    assert isinstance(image, Media)
    assert image.source == Inline("image/png", PNG)
    assert isinstance(link, Media)
    assert (link.kind, link.source) == ("image", Link("gs://b/a.png", "image/png"))
    (tool,) = request.tools
    assert isinstance(tool, Tool)
    assert tool.parameters == {"type": "object", "properties": {"snake_name": {"type": "string", "minLength": 3}}}
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.tool_choice.name) == ("named", "f")
    assert (request.sampling.top_k, request.max_tokens) == (5, 100)
    assert request.names["sampling.top_k"] == "generation_config.top_k"
    assert request.names["thinking.budget_tokens"] == "generation_config.thinking_config.thinking_budget"
    assert request.names["tool_choice"] == "tool_config.function_calling_config"
    assert request.rest == {"safetySettings": [], "generationConfig.speechConfig": {}}
    assert request.turns[0].parts[0].at == "contents.parts[0]"


def test_a_conversation_with_calls() -> None:
    request = read(CALLED)
    _, model, results, last, _ = request.turns
    thought, first, second = model.parts
    assert thought == Reasoning(text="I look both up.")
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert (first.id, second.id) == ("call_1_1", "call_1_2")
    assert first.arguments == '{"city":"Bern"}'
    assert first.signature is not None
    assert [(each.call_id, each.error) for each in results.parts if isinstance(each, ToolResult)] == [
        ("call_1_1", False),
        ("call_1_2", True),
    ]
    assert [each.content[0] for each in results.parts if isinstance(each, ToolResult)] == [
        Text(text='{"sky":"blue","degrees":20}'),
        Text(text="no such town"),
    ]
    assert last.parts[1] == Text(text="", signature=replace(first.signature, data="bGFzdA=="))


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ({"output": "a"}, "a"),
        ({"result": "a"}, "a"),
        ({"result": {"b": 1}}, '{"b":1}'),
        ({"result": "a", "b": 1}, '{"result":"a","b":1}'),
    ],
)
def test_results_of_functions(response: Body, text: str) -> None:
    (part,) = read(said({"functionResponse": {"name": "f", "response": response}})).turns[0].parts
    assert isinstance(part, ToolResult)
    assert part.content == (Text(text=text),)
    assert part.call_id == "call_0_0"


def test_an_empty_result() -> None:
    (part,) = read(said({"functionResponse": {"name": "f", "response": {}}})).turns[0].parts
    assert isinstance(part, ToolResult)
    assert part.content == ()


def test_media() -> None:
    _, document, film, stored, image, code, _, _, search, draft = read(MEDIA).turns[0].parts
    assert isinstance(document, Media)
    assert (document.kind, document.title) == ("document", "a")
    assert isinstance(film, Media)
    assert film.kind == "video"
    assert isinstance(stored, Media)
    assert stored.source == StoredFile("https://generativelanguage.googleapis.com/v1beta/files/abc", "gemini")
    assert stored.kind == "audio"
    assert isinstance(image, Media)
    assert image.detail == "high"
    assert isinstance(code, Opaque)
    assert (code.kind, code.essential) == ("executableCode", True)
    assert isinstance(search, Opaque)
    assert (search.kind, search.essential) == ("toolCall", False)
    assert isinstance(draft, Opaque)
    assert (draft.kind, draft.essential) == ("thought", False)


def test_settings() -> None:
    request = read(SETTINGS)
    assert request.sampling == Sampling(
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        seed=7,
        choices=2,
        logprobs=True,
        top_logprobs=3,
    )
    assert (request.max_tokens, request.stop) == (1000, ("END",))
    assert request.thinking == Thinking(budget_tokens=1024, show=True)
    assert (request.service_tier, request.metadata) == ("flex", {"team": "a"})
    assert set(request.rest) == {
        "generationConfig.responseModalities",
        "generationConfig.speechConfig",
        "generationConfig.mediaResolution",
        "generationConfig.imageConfig",
        "safetySettings",
        "cachedContent",
        "store",
    }


@pytest.mark.parametrize(
    ("config", "thinking"),
    [
        ({}, Thinking(adaptive=True)),
        ({"thinkingBudget": 0}, Thinking(enabled=False, budget_tokens=0)),
        ({"thinkingBudget": -1}, Thinking(budget_tokens=-1, adaptive=True)),
        ({"thinkingLevel": "HIGH"}, Thinking(effort="high")),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, Thinking(adaptive=True)),
    ],
)
def test_thinking(config: Body, thinking: Thinking) -> None:
    assert read(configured(thinkingConfig=config)).thinking == thinking


def test_schemas_of_answers() -> None:
    schema = {
        "type": "OBJECT",
        "nullable": True,
        "properties": {
            "kind": {
                "type": "STRING",
                "format": "enum",
                "enum": ["a"],
                "nullable": True,
                "example": "a",
            },
            "none": {"title": None},
            "any": {"any_of": [{"type": "STRING"}, {"ref": "#/defs/x"}], "nullable": True},
            "map": {"type": "OBJECT", "additionalProperties": {"type": "NUMBER"}, "minProperties": "1"},
            "odd": True,
        },
        "defs": {"x": {"type": "NULL", "nullable": True}},
    }
    output = read(configured(responseMimeType="application/json", responseSchema=schema)).output
    assert output is not None
    assert output.schema == {
        "type": ["object", "null"],
        "properties": {
            "kind": {"type": ["string", "null"], "enum": ["a", None], "examples": ["a"]},
            "none": {},
            "any": {"anyOf": [{"type": "string"}, {"$ref": "#/defs/x"}, {"type": "null"}]},
            "map": {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1},
            "odd": True,
        },
        "$defs": {"x": {"type": "null"}},
    }
    assert read(configured(responseMimeType="text/plain")).output is None
    assert read(configured(responseMimeType="application/json")).output == JsonOutput()


def test_tools() -> None:
    weather, clock, search, code = read(CALLED).tools
    assert isinstance(weather, Tool)
    assert weather.parameters is not None
    assert weather.parameters["properties"]["city"] == {"type": ["string", "null"]}
    assert isinstance(clock, Tool)
    assert clock.parameters == {"type": "object"}
    assert isinstance(search, BuiltinTool)
    assert (search.purpose, search.raw) == ("web_search", {"googleSearch": {}})
    assert isinstance(code, BuiltinTool)
    assert code.purpose == "code_execution"


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice(mode="auto")),
        ({}, ToolChoice(mode="auto")),
        ({"mode": "NONE", "allowedFunctionNames": ["a"]}, ToolChoice(mode="none")),
        ({"mode": "ANY"}, ToolChoice(mode="required")),
        ({"mode": "ANY", "allowedFunctionNames": ["a"]}, ToolChoice(mode="named", name="a")),
        (
            {"mode": "ANY", "allowedFunctionNames": ["a", "b"]},
            ToolChoice(mode="allowed", allowed=("a", "b"), required=True),
        ),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["a"]}, ToolChoice(mode="allowed", allowed=("a",))),
    ],
)
def test_choices_of_tools(config: Body, choice: ToolChoice) -> None:
    found = read({**HELLO, "toolConfig": {"functionCallingConfig": config}}).tool_choice
    assert found is not None
    assert replace(found, extra={}) == choice


def test_pieces_of_a_streamed_answer_are_one_turn() -> None:
    contents: list[Any] = [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": [{"text": "Hm", "thought": True}]},
        {"role": "model", "parts": [{"text": "m.", "thought": True}]},
        {"role": "model", "parts": [{"text": "Good"}]},
        {"role": "model", "parts": [{"text": " day"}]},
        {"role": "model", "parts": [{"text": ""}]},
        {"role": "model", "parts": [{"text": "", "thoughtSignature": "c2ln"}]},
        {"role": "user", "parts": [{"text": "a"}]},
        {"role": "user", "parts": [{"text": "b"}]},
    ]
    turns = read({"contents": contents}).turns
    assert [turn.role for turn in turns] == ["user", "assistant", "user", "user"]
    thought, words, signed = turns[1].parts
    assert (thought, words) == (Reasoning(text="Hmm."), Text(text="Good day"))
    assert isinstance(signed, Text)
    assert signed.signature is not None


def test_a_part_with_a_signature_alone() -> None:
    (part,) = read({"contents": [{"role": "model", "parts": [{"thoughtSignature": "c2ln"}]}]}).turns[0].parts
    assert isinstance(part, Text)
    assert part.signature is not None


WRONG: list[tuple[Body, str]] = [
    ({}, "contents"),
    ({"contents": "hi"}, "contents"),
    ({"contents": ["hi"]}, "contents[0]"),
    ({"contents": [{"role": "system", "parts": []}]}, "contents[0].role"),
    (said({"text": 1}), "contents[0].parts[0].text"),
    (said({"text": "a", "thought": "yes"}), "contents[0].parts[0].thought"),
    (said({"inline_data": "x"}), "contents[0].parts[0].inline_data"),
    (said({"fileData": {}}), "contents[0].parts[0].fileData.fileUri"),
    (said({"functionCall": {"args": {}}}), "contents[0].parts[0].functionCall.name"),
    (said({"functionCall": {"name": "f", "args": {"x": float("nan")}}}), "contents[0].parts[0].functionCall"),
    ({**HELLO, "systemInstruction": {"parts": [{"inlineData": {}}]}}, "systemInstruction.parts[0]"),
    ({**HELLO, "tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
    (
        {**HELLO, "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": [1]}}},
        "toolConfig.functionCallingConfig.allowedFunctionNames[0]",
    ),
    (configured(stopSequences=[1]), "generationConfig.stopSequences[0]"),
    (configured(temperature=float("nan")), "generationConfig.temperature"),
    (configured(topK=1.5), "generationConfig.topK"),
    (configured(thinkingConfig={"thinkingBudget": "many"}), "generationConfig.thinkingConfig.thinkingBudget"),
]


@pytest.mark.parametrize(("body", "at"), WRONG, ids=[at for _, at in WRONG])
def test_what_is_wrong_is_named(body: Body, at: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(body)
    assert caught.value.at == at


def test_schemas_nested_too_deeply() -> None:
    schema: Body = {"type": "STRING"}
    for _ in range(200):
        schema = {"type": "ARRAY", "items": schema}
    with pytest.raises(Malformed):
        read({**HELLO, "tools": [{"functionDeclarations": [{"name": "f", "parameters": schema}]}]})


def test_what_others_lose_is_named_as_the_client_spells_it() -> None:
    request = replace(read(SNAKE), origin="another")
    dropped = PROVIDER.encode_request(request, Model(id="gemini-2.0-flash")).dropped
    assert [each.at for each in dropped] == ["generation_config.thinking_config", "generation_config.speech_config"]


def test_text_is_what_everybody_answers_with() -> None:
    assert read(configured(responseModalities=["TEXT"])).rest == {}
    pictures = replace(read(configured(responseModalities=["IMAGE"])), origin="another")
    with pytest.raises(Unable):
        PROVIDER.encode_request(pictures, Model(id="m"))


def test_counting() -> None:
    assert encode_count(7) == {"totalTokens": 7}
    assert BODIES
