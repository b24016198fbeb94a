"""Requests of other dialects, written for a provider: tools, settings, thinking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import (
    Reasoning,
    Signature,
    Text,
)
from ext_proc.chat.request import BuiltinTool, JsonOutput, Sampling, Thinking, Tool, ToolChoice
from ext_proc.dialects.anthropic_messages import CLIENT
from ext_proc.dialects.anthropic_messages.tests.asked import (
    ASK,
    FIND,
    FOUND,
    NEW,
    TOOL,
    asking,
    encode,
    lost,
    own,
    turns,
)
from ext_proc.dialects.anthropic_messages.tests.bodies import AGENT, MARK
from ext_proc.dialects.anthropic_messages.words import ALWAYS_ADAPTIVE, JSON_TOOL, NAME


def test_a_search_of_another_dialect() -> None:
    raw = {
        "type": "web_search",
        "filters": {"allowed_domains": ["a.example"]},
        "user_location": {"type": "approximate", "city": "Bern"},
        "search_context_size": "low",
    }
    search = BuiltinTool(origin="another", kind="web_search", purpose="web_search", raw=raw, at="tools[0]")
    encoded = encode(asking(tools=(search,)))
    assert encoded.body["tools"] == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "allowed_domains": ["a.example"],
            "user_location": {"type": "approximate", "city": "Bern"},
        }
    ]
    assert [each.at for each in encoded.dropped] == ["tools[].search_context_size"]
    nested = replace(search, raw={"user_location": {"approximate": {"city": "Bern"}}})
    assert encode(asking(tools=(nested,))).body["tools"][0]["user_location"]["city"] == "Bern"
    sandbox = replace(search, purpose="code_execution", raw={})
    assert encode(asking(tools=(sandbox,))).body["tools"][0]["name"] == "code_execution"


def test_only_allowed_tools_are_sent() -> None:
    other = Tool(name="other")
    choice = ToolChoice(mode="allowed", allowed=("find",), required=True)
    body = encode(asking(tools=(TOOL, other), tool_choice=choice)).body
    assert [tool["name"] for tool in body["tools"]] == ["find"]
    assert body["tool_choice"] == {"type": "any"}
    with pytest.raises(Unable):
        encode(asking(tools=(other,), tool_choice=choice))


def test_a_strict_tool_needs_a_model_that_can() -> None:
    request = asking(tools=(replace(TOOL, strict=True, at="tools[0]"),))
    assert encode(request).body["tools"][0]["strict"] is True
    lacking = encode(request, Model(id="m", lacks=frozenset({"structured_output"})))
    assert "strict" not in lacking.body["tools"][0]
    assert [each.at for each in lacking.dropped] == ["tools[].strict"]


def test_a_schema_is_closed_and_its_limits_are_told() -> None:
    schema: dict[str, Any] = {
        "$schema": "x",
        "type": "object",
        "properties": {
            "a": {"type": "integer", "minimum": 1, "description": "count"},
            "b": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 1},
            "c": {"oneOf": [{"$ref": "#/$defs/d"}, True]},
        },
        "$defs": {"d": {"properties": {}, "additionalProperties": True}},
    }
    written = encode(asking(output=JsonOutput(schema=schema))).body["output_config"]["format"]["schema"]
    assert written == {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "description": 'count\n\n{"minimum":1}'},
            "b": {"type": "array", "items": {"type": "string", "description": '{"maxLength":3}'}, "minItems": 1},
            "c": {"anyOf": [{"$ref": "#/$defs/d"}, True]},
        },
        "$defs": {"d": {"properties": {}, "additionalProperties": False}},
        "additionalProperties": False,
    }
    deep: dict[str, Any] = {"type": "string", "minLength": 1}
    for _ in range(70):
        deep = {"type": "array", "items": deep}
    assert "minLength" in str(encode(asking(output=JsonOutput(schema=deep))).body)


# Answers in JSON


PLAIN = Model(id="m", lacks=frozenset({"structured_output"}))


def test_a_model_that_cannot_be_held_to_a_schema_calls_a_tool() -> None:
    output = JsonOutput(schema={"type": "object", "properties": {}}, description="A place")
    body = encode(asking(output=output, thinking=Thinking(effort="low")), PLAIN).body
    assert body["tools"] == [
        {"name": JSON_TOOL, "description": "A place", "input_schema": {"type": "object", "properties": {}}}
    ]
    assert body["tool_choice"]["name"] == JSON_TOOL
    assert "thinking" not in body


def test_other_tools_stay_callable_beside_an_answer_in_json() -> None:
    body = encode(asking(output=JsonOutput(), tools=(TOOL,))).body
    assert [tool["name"] for tool in body["tools"]] == ["find", JSON_TOOL]
    assert body["tool_choice"] == {"type": "any"}
    forced = asking(output=JsonOutput(), tools=(TOOL,), tool_choice=ToolChoice(mode="required"))
    assert [tool["name"] for tool in encode(forced).body["tools"]] == ["find"], "the client's own wish goes first"
    barred = asking(output=JsonOutput(), tools=(TOOL,), tool_choice=ToolChoice(mode="none"))
    assert encode(barred).body["tool_choice"]["name"] == JSON_TOOL


@pytest.mark.parametrize("schema", [{"type": "array"}, {"type": "string"}])
def test_a_tool_cannot_answer_in_anything_but_an_object(schema: dict[str, Any]) -> None:
    with pytest.raises(Unable):
        encode(asking(output=JsonOutput(schema=schema)), PLAIN)


def test_without_tools_no_answer_in_json() -> None:
    with pytest.raises(Unable) as refused:
        encode(asking(output=JsonOutput()), Model(id="m", lacks=frozenset({"tools"})))
    assert refused.value.capability == "structured_output"


# Thinking, sampling, limits


@pytest.mark.parametrize(
    ("thinking", "max_tokens", "written", "limit"),
    [
        (Thinking(effort="high"), 4096, {"type": "enabled", "budget_tokens": 3072}, 4096),
        (Thinking(effort="high"), None, {"type": "enabled", "budget_tokens": 15360}, 20480),
        (Thinking(budget_tokens=100), 2000, {"type": "enabled", "budget_tokens": 1024}, 2000),
        (Thinking(budget_tokens=-1), 64000, {"type": "enabled", "budget_tokens": 8192}, 64000),
        (Thinking(adaptive=True), 64000, {"type": "enabled", "budget_tokens": 8192}, 64000),
        (Thinking(effort="low"), 1024, None, 1024),
        (Thinking(budget_tokens=0), 2000, {"type": "disabled"}, 2000),
        (Thinking(effort="none"), 2000, {"type": "disabled"}, 2000),
    ],
)
def test_budgets_fit_their_limit(thinking: Thinking, max_tokens: int | None, written: object, limit: int) -> None:
    body = encode(asking(thinking=thinking, max_tokens=max_tokens)).body
    assert body.get("thinking") == written
    assert body["max_tokens"] == limit


@pytest.mark.parametrize(
    ("thinking", "written", "effort"),
    [
        (Thinking(effort="minimal"), {"type": "adaptive"}, "low"),
        (Thinking(effort="xhigh", summary="auto"), {"type": "adaptive", "display": "summarized"}, "xhigh"),
        (Thinking(budget_tokens=5000), {"type": "adaptive"}, "medium"),
        (Thinking(budget_tokens=-1, show=False), {"type": "adaptive", "display": "omitted"}, None),
        (Thinking(enabled=False), {"type": "disabled"}, None),
    ],
)
def test_newer_models_decide_themselves(thinking: Thinking, written: object, effort: str | None) -> None:
    body = encode(asking(thinking=thinking), NEW).body
    assert body["thinking"] == written
    assert body.get("output_config", {}).get("effort") == effort


def test_an_older_client_at_a_newer_model() -> None:
    request = CLIENT.decode_request(AGENT | {"temperature": 0.3, "top_k": 3}, Asked(path="/v1/messages"))
    encoded = encode(request, NEW)
    assert encoded.body["thinking"] == {"type": "adaptive"}
    assert encoded.body["output_config"] == {"effort": "xhigh"}
    assert [each.at for each in encoded.dropped] == ["temperature", "top_k"]
    effort = encode(own(output_config={"effort": "low"}), NEW).body
    assert "thinking" not in effort and effort["output_config"] == {"effort": "low"}


def test_models_that_always_or_never_think() -> None:
    off = asking(thinking=Thinking(enabled=False, at="reasoning_effort"))
    always = Model(id="m", family=ALWAYS_ADAPTIVE)
    assert "thinking" not in encode(off, always).body
    assert lost(off, always) == ["reasoning_effort"]
    never = Model(id="m", lacks=frozenset({"reasoning"}))
    assert "thinking" not in encode(off, never).body
    assert lost(off, never) == []
    assert lost(own(thinking={"type": "enabled", "budget_tokens": 1024}), never) == ["thinking"]


def test_a_forced_tool_excludes_thinking() -> None:
    request = asking(thinking=Thinking(effort="low"), tools=(TOOL,), tool_choice=ToolChoice(mode="named", name="find"))
    assert lost(request) == lost(request, NEW) == ["reasoning"]
    thought = own(
        thinking={"type": "enabled", "budget_tokens": 1024},
        tools=[{"name": "a", "input_schema": {}}],
        tool_choice={"type": "any"},
    )
    assert encode(thought).body["thinking"], "what a client of this dialect combines is its own matter"


def test_a_tool_loop_without_its_thoughts_goes_on_without_thinking() -> None:
    thinking = Thinking(effort="low")
    request = replace(turns(("user", Text(text="a")), ("assistant", FIND), ("user", FOUND)), thinking=thinking)
    assert lost(request) == ["reasoning"]
    assert lost(request, NEW) == []
    signed = Reasoning(text="hm", signature=Signature(NAME, "s"))
    kept = turns(("user", Text(text="a")), ("assistant", signed), ("assistant", FIND), ("user", FOUND))
    assert lost(replace(kept, thinking=thinking)) == []


@pytest.mark.parametrize(
    ("sampling", "thinks", "written", "named"),
    [
        (Sampling(temperature=1.7), False, {"temperature": 1}, []),
        (Sampling(temperature=0.2, top_p=0.9), False, {"temperature": 0.2}, ["top_p"]),
        (Sampling(temperature=0.2, top_p=1), False, {"temperature": 0.2}, []),
        (Sampling(temperature=0.2, top_p=0.9, top_k=4), True, {}, ["temperature", "top_p", "top_k"]),
        (Sampling(temperature=1, top_p=0.95), True, {"top_p": 0.95}, []),
        (Sampling(top_p=0.95), True, {"top_p": 0.95}, []),
        (Sampling(choices=1, logprobs=False), False, {}, []),
    ],
)
def test_sampling(sampling: Sampling, thinks: bool, written: dict[str, float], named: list[str]) -> None:
    request = asking(sampling=sampling, thinking=Thinking(effort="low") if thinks else None)
    body = encode(request).body
    assert {name: body[name] for name in ("temperature", "top_p", "top_k") if name in body} == written
    assert lost(request) == named


def test_limits_of_tokens() -> None:
    assert encode(ASK).body["max_tokens"] == 4096
    assert encode(ASK, Model(id="m", max_output_tokens=8000)).body["max_tokens"] == 8000
    assert encode(asking(max_tokens=9000), Model(id="m", max_output_tokens=8000)).body["max_tokens"] == 8000
    assert encode(own(max_tokens=9000), Model(id="m", max_output_tokens=8000)).body["max_tokens"] == 9000


def test_settings() -> None:
    request = asking(stop=("A", " "), service_tier="default", stream=True, rest={"store": True})
    encoded = encode(request)
    assert encoded.body["stop_sequences"] == ["A"]
    assert encoded.body["service_tier"] == "standard_only"
    assert encoded.body["stream"] is True
    assert [each.at for each in encoded.dropped] == ["stop", "store"]
    assert "stop_sequences" not in encode(asking(stop=(" ",))).body


def test_four_marks_are_kept_the_last_ones() -> None:
    texts = tuple(Text(text=str(number), cache="1h") for number in range(4))
    result = replace(FOUND, content=(Text(text="r", cache="5m", at="x"),))
    request = replace(
        turns(("user", Text(text="a", cache="5m")), ("assistant", FIND), ("user", result)),
        system=texts,
        tools=(replace(TOOL, cache="5m"),),
    )
    encoded = encode(request)
    assert "cache_control" not in encoded.body["tools"][0]
    assert ["cache_control" in text for text in encoded.body["system"]] == [False, False, True, True]
    assert encoded.body["messages"][-1]["content"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
    assert [each.at for each in encoded.dropped] == ["tools[].cache_control", "system[].cache_control"]


def test_the_automatic_mark_counts_and_the_clients_body_stays() -> None:
    inner: dict[str, Any] = {"type": "odd", "text": "x", **MARK}
    block = {"type": "tool_result", "tool_use_id": "a", "content": [inner]}
    marked = [{"type": "text", "text": "x", **MARK}] * 3
    body = {"cache_control": {"type": "ephemeral"}, "messages": [{"role": "user", "content": [block, *marked]}]}
    encoded = encode(own(**body))
    assert "cache_control" not in encoded.body["messages"][0]["content"][0]["content"][0]
    assert MARK.items() <= inner.items()
    assert [each.at for each in encoded.dropped] == ["messages[].content[].content[].cache_control"]
