"""Requests of other dialects' clients as providers of this one get them: tools, settings, thinking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import (
    Opaque,
    Reasoning,
    Refusal,
    Signature,
    Text,
)
from ext_proc.chat.request import (
    BuiltinTool,
    CustomTool,
    JsonOutput,
    Sampling,
    Thinking,
    ToolChoice,
    Turn,
)
from ext_proc.dialects.openai_chat.tests.asked import (
    CALL,
    HELLO,
    PATCH,
    PLAIN,
    PNG,
    RESULT,
    WEATHER,
    dropped,
    messages,
    turns,
    written,
)
from ext_proc.dialects.openai_chat.words import NAME


def test_signatures_go_to_gemini() -> None:
    signed = replace(CALL, signature=Signature("gemini", "c2ln"))
    request = turns(("assistant", (signed,)), ("user", (RESULT,)))
    call = messages(request, "gemini-3-pro")[0]["tool_calls"][0]
    assert call["extra_content"] == {"google": {"thought_signature": "c2ln"}}
    assert "extra_content" not in messages(request)[0]["tool_calls"][0]


def test_thoughts_without_a_proof_go_back_while_tools_are_used() -> None:
    thought = Reasoning(text="hm", signature=Signature(NAME, '{"field":"reasoning_content"}'))
    request = turns(
        ("user", (Text(text="a"),)),
        ("assistant", (thought, Text(text="b"))),
        ("user", (Text(text="c"),)),
        ("assistant", (thought, thought, CALL)),
        ("user", (RESULT,)),
    )
    found = messages(request, "deepseek-chat")
    assert "reasoning_content" not in found[1]
    assert found[3]["reasoning_content"] == "hmhm"
    assert "reasoning_content" not in messages(request, "gpt-4o")[3]


def test_deepseek_wants_thoughts_with_every_call() -> None:
    request = turns(("assistant", (CALL,)), ("user", (RESULT,)), ("user", (Text(text="a"),)))
    assert messages(request, "deepseek-reasoner")[0]["reasoning_content"] == ""
    assert "reasoning_content" not in messages(request)[0]
    thought = Reasoning(text="hm", signature=Signature(NAME, '{"field":"reasoning_content"}'))
    request = turns(("assistant", (thought, CALL)), ("user", (RESULT,)), ("user", (Text(text="a"),)))
    assert messages(request, "deepseek/deepseek-v3.2")[0]["reasoning_content"] == "hm"


def test_mistral_refuses_what_it_does_not_know() -> None:
    request = replace(
        PLAIN,
        turns=(replace(HELLO, name="ann"),),
        sampling=Sampling(seed=1, logprobs=True, top_logprobs=1, logit_bias={"1": 1}),
        user="u",
        service_tier="flex",
        stream=True,
        thinking=Thinking(effort="low", at="think"),
    )
    model = "mistral-large-latest"
    assert written(request, model) == {
        "model": model,
        "messages": [{"role": "user", "content": "hello"}],
        "random_seed": 1,
        "stream": True,
    }
    lost = ["messages[].name", "logprobs", "top_logprobs", "logit_bias", "think", "user", "service_tier"]
    assert dropped(request, model) == lost
    thought = Reasoning(text="hm", signature=Signature(NAME, '{"field":"reasoning_content"}'))
    assert "reasoning_content" not in messages(turns(("assistant", (thought, Text(text="a")))), model)[0]
    elsewhere = written(request, "mistralai/mistral-large")
    assert elsewhere["stream_options"] == {"include_usage": True}
    assert elsewhere["user"] == "u"


def test_details_go_back_as_they_came() -> None:
    hidden = Reasoning(redacted=True, signature=Signature(NAME, '{"type":"reasoning.encrypted","data":"x"}'))
    short = Reasoning(text="s", signature=Signature(NAME, '{"type":"reasoning.summary","id":"r"}'))
    request = turns(("user", (Text(text="a"),)), ("assistant", (hidden, short, Text(text="b"))))
    assert messages(request)[1]["reasoning_details"] == [
        {"type": "reasoning.encrypted", "data": "x"},
        {"type": "reasoning.summary", "id": "r", "summary": "s"},
    ]


def test_what_the_model_said() -> None:
    said = turns(("user", (Text(text="a"),)), ("assistant", (Refusal(text="no"), Refusal(text=" way"))))
    assert messages(said)[1] == {"role": "assistant", "content": None, "refusal": "no way"}
    with pytest.raises(Unable):
        written(turns(("assistant", (PNG,))))
    minor = Opaque(origin="x", kind="k", raw={}, essential=False, at="messages[0].content[0]")
    assert dropped(turns(("assistant", (minor, Text(text="a"))))) == ["messages[].content[]"]
    named = replace(PLAIN, turns=(Turn(role="assistant", parts=(Text(text="x"),), name="bob"),))
    assert messages(named)[0] == {"role": "assistant", "name": "bob", "content": "x"}


def test_text_tools() -> None:
    call = replace(CALL, name="patch", arguments="any", custom=True)
    request = replace(turns(("assistant", (call,)), ("user", (RESULT,))), tools=(PATCH,))
    tool = written(request, "gpt-5")["tools"][0]
    assert tool["custom"]["format"] == {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /x/"}}
    assert messages(request, "gpt-5")[0]["tool_calls"][0]["custom"] == {"name": "patch", "input": "any"}
    for model in ("o3", "m", "gpt-4o"):
        assert written(request, model)["tools"][0]["type"] == "function"
        assert messages(request, model)[0]["tool_calls"][0]["function"]["arguments"] == '{"input":"any"}'
    described = CustomTool(name="free", description="Free text", format={"type": "text"})
    assert written(replace(PLAIN, tools=(described,)), "gpt-5.1")["tools"][0]["custom"] == {
        "name": "free",
        "description": "Free text",
        "format": {"type": "text"},
    }


def test_choices_among_tools() -> None:
    spaced = replace(WEATHER, name="find", namespace="docs", parameters=None)
    both = replace(PLAIN, tools=(WEATHER, spaced))
    named = written(replace(both, tool_choice=ToolChoice(mode="named", name="find")))
    assert named["tool_choice"] == {"type": "function", "function": {"name": "docs__find"}}
    assert named["tools"][1]["function"]["parameters"] == {"type": "object", "properties": {}}
    allowed = replace(both, tool_choice=ToolChoice(mode="allowed", allowed=("find",), required=True))
    assert [tool["function"]["name"] for tool in written(allowed)["tools"]] == ["docs__find"]
    assert written(allowed)["tool_choice"] == "required"
    assert written(allowed, "gpt-5")["tool_choice"]["allowed_tools"] == {
        "mode": "required",
        "tools": [{"type": "function", "function": {"name": "docs__find"}}],
    }
    nothing = replace(PLAIN, tool_choice=ToolChoice(mode="required"), parallel_tool_calls=True)
    assert dropped(nothing) == ["tool_choice"]
    assert dropped(replace(PLAIN, tool_choice=ToolChoice(mode="auto"))) == []
    assert dropped(replace(both, parallel_tool_calls=True), "o4-mini") == ["parallel_tool_calls"]
    assert "parallel_tool_calls" not in written(both)


def test_searches() -> None:
    raw = {
        "type": "web_search",
        "name": "web_search",
        "search_context_size": "low",
        "user_location": {"type": "approximate", "city": "Bern", "region": None},
        "max_uses": 3,
        "allowed_domains": [],
    }
    tool = BuiltinTool(origin="another", kind="web_search", purpose="web_search", raw=raw, at="tools[0]")
    request = replace(PLAIN, tools=(tool,))
    assert written(request, "gpt-4o-search-preview")["web_search_options"] == {
        "search_context_size": "low",
        "user_location": {"type": "approximate", "approximate": {"city": "Bern"}},
    }
    assert dropped(request, "m", family="search") == ["tools[].max_uses"]
    with pytest.raises(Unable):
        written(request, "gpt-4o")


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        ("m", "max_tokens"),
        ("gpt-4o", "max_tokens"),
        ("gpt-oss-120b", "max_tokens"),
        ("o3-mini", "max_completion_tokens"),
        ("openai/gpt-5.1", "max_completion_tokens"),
        ("gpt-5-chat-latest", "max_completion_tokens"),
        ("ft:o4-mini:org", "max_completion_tokens"),
    ],
)
def test_the_limit_has_two_names(model: str, limit: str) -> None:
    assert written(replace(PLAIN, max_tokens=5), model)[limit] == 5


def test_a_family_that_data_names_goes_before_the_name() -> None:
    request = replace(PLAIN, max_tokens=5, sampling=Sampling(temperature=0.5))
    assert written(request, "deployment", family="openai_reasoning")["max_completion_tokens"] == 5
    assert written(request, "gpt-5", family="compatible")["temperature"] == 0.5


def test_thinking_models_refuse_most_settings() -> None:
    sampling = Sampling(temperature=1, top_p=0.5, logprobs=False, top_logprobs=1, seed=3, choices=1)
    request = replace(PLAIN, sampling=sampling, stop=("a",))
    assert dropped(request, "gpt-5") == ["stop", "top_p", "top_logprobs"]
    assert written(request, "gpt-5")["seed"] == 3
    assert dropped(request) == []
    assert written(replace(PLAIN, stop=tuple("abcde")), "gpt-4o")["stop"] == list("abcd")
    assert dropped(replace(PLAIN, stop=tuple("abcde")), "gpt-4o") == ["stop"]
    assert written(replace(PLAIN, stop=tuple("abcde")))["stop"] == list("abcde")


@pytest.mark.parametrize(
    ("model", "thinking", "expected"),
    [
        ("o3", Thinking(effort="minimal"), "low"),
        ("o3", Thinking(effort="max"), "high"),
        ("gpt-5", Thinking(effort="none", enabled=False), "minimal"),
        ("gpt-5", Thinking(effort="minimal"), "minimal"),
        ("gpt-5.1", Thinking(enabled=False), "none"),
        ("gpt-5.1", Thinking(effort="minimal"), "low"),
        ("gpt-5.2", Thinking(effort="max"), "xhigh"),
        ("gpt-5.2", Thinking(adaptive=True), "medium"),
        ("gpt-5.2", Thinking(adaptive=True, summary="auto"), None),
        ("deployment", Thinking(effort="max"), "high"),
        ("m", Thinking(adaptive=True), None),
        ("m", Thinking(budget_tokens=-1), "medium"),
        ("m", Thinking(budget_tokens=1024), "low"),
        ("m", Thinking(budget_tokens=30_000), "high"),
        ("m", Thinking(effort="novel"), "novel"),
        ("gpt-4o", Thinking(effort="high"), None),
    ],
)
def test_how_much_to_think(model: str, thinking: Thinking, expected: str | None) -> None:
    family = "openai_reasoning" if model == "deployment" else ""
    assert written(replace(PLAIN, thinking=thinking), model, family=family).get("reasoning_effort") == expected


def test_what_thinking_loses() -> None:
    off = Thinking(enabled=False, at="think")
    assert dropped(replace(PLAIN, thinking=off), "o3") == ["think"]
    assert dropped(replace(PLAIN, thinking=off), "gpt-4o") == []
    assert dropped(replace(PLAIN, thinking=Thinking(effort="low", at="think")), "gpt-4o") == ["think"]
    assert dropped(replace(PLAIN, thinking=Thinking(effort="low", summary="auto"))) == ["summary"]


def test_forms_of_answers() -> None:
    output = JsonOutput(schema={"type": "object"}, description="d", strict=False)
    assert written(replace(PLAIN, output=output))["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}, "description": "d", "strict": False},
    }


def test_names_that_are_too_long() -> None:
    request = replace(PLAIN, user="u" * 200, cache_key="k" * 65)
    found = written(request, "gpt-4o")
    assert len(found["user"]) == len(found["prompt_cache_key"]) == 64
    assert written(request, "gpt-4o") == found


@pytest.mark.parametrize(
    ("tier", "model", "expected", "lost"),
    [
        ("standard_only", "gpt-4o", "default", []),
        ("auto", "m", None, []),
        ("odd", "gpt-4o", None, ["service_tier"]),
        ("priority", "m", "priority", []),
    ],
)
def test_tiers(tier: str, model: str, expected: str | None, lost: list[str]) -> None:
    request = replace(PLAIN, service_tier=tier)
    assert written(request, model).get("service_tier") == expected
    assert dropped(request, model) == lost


def test_what_only_openai_takes() -> None:
    rest = {"store": True, "safety_identifier": "s", "truncation": "auto"}
    request = replace(PLAIN, rest=rest, metadata={"a": "b"}, verbosity="medium")
    found = written(request, "gpt-5")
    assert (found["store"], found["metadata"], found["verbosity"]) == (True, {"a": "b"}, "medium")
    assert found["safety_identifier"] == "s"
    assert dropped(request, "gpt-5") == ["truncation"]
    assert dropped(request, "gpt-4o") == ["truncation"]
    assert dropped(request) == ["verbosity", "metadata", "store", "safety_identifier", "truncation"]
    assert written(replace(PLAIN, rest={"store": True}), "gpt-4o")["store"] is True


def test_what_another_api_keeps_is_refused() -> None:
    with pytest.raises(Unable):
        written(replace(PLAIN, rest={"previous_response_id": "r"}))


def test_counts_are_always_asked_for() -> None:
    assert written(replace(PLAIN, stream=True))["stream_options"] == {"include_usage": True}
    assert "stream_options" not in written(PLAIN)
