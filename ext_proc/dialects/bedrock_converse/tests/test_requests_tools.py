from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Model
from ext_proc.chat.parts import (
    CacheMark,
    Inline,
    Media,
    Reasoning,
    Signature,
    Text,
)
from ext_proc.chat.request import (
    BuiltinTool,
    CustomTool,
    JsonOutput,
    Request,
    Sampling,
    Thinking,
    ToolChoice,
    Turn,
)
from ext_proc.dialects.bedrock_converse.tests.asked import (
    ADAPTIVE,
    CALL,
    GPT_OSS,
    HELLO,
    LLAMA,
    NOVA,
    NOVA_2,
    RESULT,
    SONNET,
    TIME,
    WEATHER,
    asking,
    body,
    encode,
    looping,
    named,
    refused,
)


@pytest.mark.parametrize(
    ("lacking", "request_"),
    [
        ("images", asking(Media(kind="image", source=Inline("image/png", "x"), at="x"))),
        ("tools", asking(tools=(replace(WEATHER, at="x"),))),
        ("tools", looping(replace(CALL, at="x"))),
        ("builtin_tools", asking(tools=(BuiltinTool(origin="o", kind="k", raw={}, at="x"),))),
        ("tool_choice", asking(tools=(WEATHER,), tool_choice=ToolChoice(mode="required", at="x"))),
    ],
)
def test_what_the_model_lacks_is_refused(lacking: str, request_: Request) -> None:
    assert refused(request_, replace(SONNET, lacks=frozenset({lacking}))) == (lacking, "x")


def marked(mark: CacheMark = "5m") -> Request:
    call, result = replace(CALL, cache=mark), replace(RESULT, content=(Text(text="sunny", cache=mark),))
    request = looping(
        call, result=result, tools=(replace(WEATHER, cache=mark), TIME), system=(Text(text="s", cache=mark),)
    )
    user = Turn(role="user", parts=(replace(HELLO, cache=mark),), at="messages[0]")
    return replace(request, turns=(user, *request.turns[1:]))


def test_cache_points_stand_behind_what_is_marked_and_the_last_four_stay() -> None:
    encoded = encode(marked("1h"))
    point = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert [list(tool) for tool in encoded.body["toolConfig"]["tools"]] == [["toolSpec"], ["toolSpec"]]
    assert encoded.body["system"] == [{"text": "s"}, point]
    assert [message["content"][1:] for message in encoded.body["messages"]] == [[point]] * 3
    assert [each.at for each in encoded.dropped] == ["cache"]


def test_nova_keeps_prompts_for_five_minutes_and_no_tools() -> None:
    encoded = encode(marked("1h"), NOVA)
    assert "cachePoint" not in str(encoded.body["toolConfig"])
    assert encoded.body["system"][1] == {"cachePoint": {"type": "default"}}
    assert "tools[].cache" in [each.at for each in encoded.dropped]


def test_other_models_take_no_cache_points() -> None:
    assert "cachePoint" not in str(body(marked(), LLAMA))
    assert "messages[].content.cache" in named(marked(), LLAMA)


def test_a_marked_image_has_its_point() -> None:
    image = Media(kind="image", source=Inline("image/png", "x"), cache="5m")
    assert list(body(asking(image))["messages"][0]["content"][1]) == ["cachePoint"]


def test_only_allowed_tools_are_sent() -> None:
    choice = ToolChoice(mode="allowed", allowed=("time",), required=True)
    web = BuiltinTool(origin="another", kind="search", raw={})
    written = body(asking(tools=(WEATHER, TIME, web), tool_choice=choice))["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in written["tools"]] == ["time"]
    assert written["toolChoice"] == {"any": {}}
    none = ToolChoice(mode="allowed", allowed=("else",), at="tool_choice")
    assert refused(asking(tools=(WEATHER,), tool_choice=none)) == ("tool_choice", "tool_choice")


def test_a_conversation_with_calls_names_its_tools_though_none_may_be_called() -> None:
    none = ToolChoice(mode="none")
    spec = {"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}
    assert body(looping())["toolConfig"] == {"tools": [spec]}
    assert body(looping(tool_choice=none))["toolConfig"] == {"tools": [spec]}
    assert body(looping(tools=(TIME,), tool_choice=none))["toolConfig"]["tools"][0]["toolSpec"]["name"] == "time"
    assert named(looping(tools=(TIME,), tool_choice=none)) == ["tool_choice"]


def test_a_name_the_api_does_not_take_is_refused() -> None:
    assert refused(asking(tools=(replace(WEATHER, name="a.b"),))) == ("tools", "tools[0]")


def test_a_strict_tool_of_a_model_that_cannot_be_held_to_a_schema() -> None:
    request = asking(tools=(replace(WEATHER, strict=True),))
    lacking = replace(SONNET, lacks=frozenset({"structured_output"}))
    assert "strict" not in str(body(request, lacking))
    assert named(request, lacking) == ["tools[].strict"]


def test_nova_searches_the_web_and_runs_code() -> None:
    web = BuiltinTool(
        origin="another", kind="w", purpose="web_search", raw={"type": "w", "size": "high"}, at="tools[0]"
    )
    code = BuiltinTool(origin="another", kind="c", purpose="code_execution", raw={"type": "c"}, at="tools[1]")
    encoded = encode(asking(tools=(web, code)), NOVA_2)
    assert [tool["systemTool"]["name"] for tool in encoded.body["toolConfig"]["tools"]] == [
        "nova_grounding",
        "nova_code_interpreter",
    ]
    assert [each.at for each in encoded.dropped] == ["tools[].size"]
    assert refused(asking(tools=(web,)), NOVA) == ("builtin_tools", "tools[0]")


def test_a_text_tool_becomes_a_function() -> None:
    written = body(asking(tools=(CustomTool(name="run"),)))["toolConfig"]["tools"][0]["toolSpec"]
    assert written["inputSchema"]["json"]["required"] == ["input"]


def test_an_answer_of_a_schema() -> None:
    output = JsonOutput(schema={"type": "object", "properties": {}}, name="place", description="where")
    found = body(asking(output=output))["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert (found["name"], found["description"]) == ("place", "where")
    assert json.loads(found["schema"]) == {"type": "object", "properties": {}, "additionalProperties": False}


def test_a_schema_that_cannot_be_written() -> None:
    output = JsonOutput(schema={"type": "number", "const": float("nan")}, at="response_format")
    assert refused(asking(output=output)) == ("structured_output", "response_format")


def test_an_answer_in_json_beside_tools_is_a_tool_among_them() -> None:
    written = body(asking(tools=(WEATHER,), output=JsonOutput()))["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in written["tools"]] == ["weather", "plano_json_answer"]
    assert written["toolChoice"] == {"any": {}}
    forced = asking(tools=(WEATHER,), tool_choice=ToolChoice(mode="named", name="weather"), output=JsonOutput())
    assert len(body(forced)["toolConfig"]["tools"]) == 1


def test_an_answer_in_json_of_models_without_the_means() -> None:
    array = asking(output=JsonOutput(schema={"type": "array"}, at="response_format"))
    without = replace(SONNET, lacks=frozenset({"structured_output"}))
    assert refused(array, without) == ("structured_output", "response_format")
    assert refused(asking(output=JsonOutput()), replace(SONNET, lacks=frozenset({"tools"})))[0] == "structured_output"


def thinking(model: Model, thinking: Thinking, **members: Any) -> dict[str, Any]:
    written = body(asking(thinking=thinking, **members), model)
    effort = {"effort": found} if (found := written.get("outputConfig", {}).get("effort")) else {}
    return written.get("additionalModelRequestFields", {}) | effort


@pytest.mark.parametrize(
    ("model", "asked", "members", "written"),
    [
        (SONNET, Thinking(effort="high"), {}, {"thinking": {"type": "enabled", "budget_tokens": 15360}}),
        (
            SONNET,
            Thinking(budget_tokens=50_000),
            {"max_tokens": 4000},
            {"thinking": {"type": "enabled", "budget_tokens": 3000}},
        ),
        (
            SONNET,
            Thinking(adaptive=True),
            {"max_tokens": 20_000},
            {"thinking": {"type": "enabled", "budget_tokens": 8192}},
        ),
        (SONNET, Thinking(enabled=False), {}, {}),
        (ADAPTIVE, Thinking(budget_tokens=9000), {}, {"thinking": {"type": "adaptive"}, "effort": "high"}),
        (ADAPTIVE, Thinking(adaptive=True), {}, {"thinking": {"type": "adaptive"}}),
        (ADAPTIVE, Thinking(effort="minimal"), {}, {"thinking": {"type": "adaptive"}, "effort": "low"}),
        (ADAPTIVE, Thinking(effort="none"), {}, {"thinking": {"type": "disabled"}}),
        (NOVA_2, Thinking(effort="high"), {}, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
        (
            NOVA_2,
            Thinking(effort="max"),
            {"max_tokens": 9},
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}},
        ),
        (NOVA_2, Thinking(), {}, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}}),
        (GPT_OSS, Thinking(effort="xhigh"), {}, {"reasoning_effort": "high"}),
        (GPT_OSS, Thinking(), {}, {"reasoning_effort": "medium"}),
    ],
)
def test_thinking_in_the_words_of_the_maker(
    model: Model, asked: Thinking, members: dict[str, Any], written: dict[str, Any]
) -> None:
    if model is SONNET and not members:
        model = replace(model, max_output_tokens=20_480)
    assert thinking(model, asked, **members) == written


@pytest.mark.parametrize(
    ("model", "request_"),
    [
        (LLAMA, asking(thinking=Thinking(effort="low"))),
        (GPT_OSS, asking(thinking=Thinking(enabled=False))),
        (replace(SONNET, lacks=frozenset({"reasoning"})), asking(thinking=Thinking())),
        (replace(SONNET, family="always_adaptive"), asking(thinking=Thinking(enabled=False))),
        (SONNET, asking(thinking=Thinking(), max_tokens=1024)),
        (SONNET, asking(thinking=Thinking(), tools=(WEATHER,), tool_choice=ToolChoice(mode="required"))),
        (SONNET, looping(Reasoning(text="hm", signature=Signature("another", "s")), CALL, thinking=Thinking())),
    ],
)
def test_thinking_that_cannot_be_asked_for_is_named(model: Model, request_: Request) -> None:
    assert "additionalModelRequestFields" not in body(request_, model)
    assert named(request_, model) == ["reasoning"]


def test_thinking_in_a_tool_loop_goes_on_where_nothing_is_lost() -> None:
    own = Reasoning(text="hm", signature=Signature("bedrock_converse", "s"))
    assert "thinking" in body(looping(own, CALL, thinking=Thinking()))["additionalModelRequestFields"]
    assert "thinking" in body(looping(thinking=Thinking()))["additionalModelRequestFields"]
    lost = Reasoning(text="hm", signature=Signature("another", "s"))
    request = looping(lost, CALL, thinking=Thinking())
    turns = (*request.turns, Turn(role="assistant", parts=(Text(text="so"),)), Turn(role="user", parts=(HELLO,)))
    assert "thinking" in body(replace(request, turns=turns))["additionalModelRequestFields"]


@pytest.mark.parametrize(
    ("model", "sampling", "thinks", "written", "dropped"),
    [
        (SONNET, Sampling(temperature=1.7), False, {"temperature": 1}, []),
        (SONNET, Sampling(temperature=0.2, top_p=0.5), False, {"temperature": 0.2}, ["top_p"]),
        (SONNET, Sampling(temperature=1, top_p=0.5), False, {"topP": 0.5}, []),
        (SONNET, Sampling(temperature=0.2, top_p=0.5, top_k=3), True, {}, ["temperature", "top_p", "top_k"]),
        (SONNET, Sampling(top_p=0.96), True, {"topP": 0.96}, []),
        (ADAPTIVE, Sampling(temperature=0.2), False, {}, ["temperature"]),
        (NOVA, Sampling(temperature=0.2, top_p=0.5), False, {"temperature": 0.2, "topP": 0.5}, []),
        (LLAMA, Sampling(top_k=3), False, {}, ["top_k"]),
    ],
)
def test_sampling(
    model: Model, sampling: Sampling, *, thinks: bool, written: dict[str, float], dropped: list[str]
) -> None:
    request = asking(sampling=sampling, thinking=Thinking() if thinks else None)
    encoded = encode(request, model)
    assert encoded.body.get("inferenceConfig", {}) == written
    assert sorted(each.at for each in encoded.dropped) == sorted(dropped)


def test_nova_takes_top_k_elsewhere() -> None:
    assert body(asking(sampling=Sampling(top_k=3)), NOVA)["additionalModelRequestFields"] == {
        "inferenceConfig": {"topK": 3}
    }


@pytest.mark.parametrize(
    ("id", "adaptive"),
    [
        ("us.anthropic.claude-opus-4-7", True),
        ("anthropic.claude-opus-4-10-v1:0", True),
        ("anthropic.claude-opus-5", True),
        ("anthropic.claude-mythos-1", True),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-6-v1", False),
        ("anthropic.claude-opus-4-20250514-v1:0", False),
        ("anthropic.claude-opus-4-1-20250805-v1:0", False),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", False),
    ],
)
def test_which_models_refuse_budgets(id: str, *, adaptive: bool) -> None:
    written = thinking(Model(id=id), Thinking(budget_tokens=2048), max_tokens=8192)
    assert written["thinking"]["type"] == ("adaptive" if adaptive else "enabled")


def test_no_more_tokens_than_the_model_has() -> None:
    assert (
        body(asking(max_tokens=9000), replace(SONNET, max_output_tokens=4096))["inferenceConfig"]["maxTokens"] == 4096
    )


def test_stop_sequences() -> None:
    request = asking(stop=("END", "\n"))
    assert body(request)["inferenceConfig"]["stopSequences"] == ["END"]
    assert named(request) == ["stop"]
    assert "additionalModelResponseFieldPaths" in body(request)
    assert "additionalModelResponseFieldPaths" not in body(request, NOVA)


def test_a_tier_nobody_has_is_named() -> None:
    assert named(asking(service_tier="scale")) == ["service_tier"]
    assert body(asking(service_tier="auto")) == body(asking())


def test_metadata_the_log_cannot_take_is_named() -> None:
    many = {f"k{number}": "v" for number in range(20)}
    assert len(body(asking(metadata=many))["requestMetadata"]) == 16
    request = asking(metadata={"good": "a b", "bad": "ü", "worse": 1, "né": "x"})
    assert body(request)["requestMetadata"] == {"good": "a b"}
    assert named(request) == ["metadata"]


def test_members_of_its_own_go_back() -> None:
    guard = {"guardrailIdentifier": "g", "guardrailVersion": "1"}
    request = replace(asking(rest={"guardrailConfig": guard}), origin="bedrock_converse")
    assert body(request)["guardrailConfig"] == guard


def test_a_conversation_kept_elsewhere_is_refused() -> None:
    assert refused(asking(rest={"previous_response_id": "r"})) == ("stored_conversations", "previous_response_id")
