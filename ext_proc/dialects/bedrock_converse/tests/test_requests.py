from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import (
    CacheMark,
    Citation,
    Inline,
    Link,
    Media,
    Opaque,
    Part,
    PlainText,
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
    CustomTool,
    JsonOutput,
    Request,
    Sampling,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from ext_proc.dialects.bedrock_converse import PROVIDER

SONNET = Model(id="us.anthropic.claude-sonnet-4-5-20250929-v1:0")
ADAPTIVE = Model(id="anthropic.claude-opus-4-7")
NOVA = Model(id="amazon.nova-pro-v1:0")
NOVA_2 = Model(id="us.amazon.nova-2-lite-v1:0")
GPT_OSS = Model(id="openai.gpt-oss-20b-1:0")
LLAMA = Model(id="meta.llama3-3-70b-instruct-v1:0")
HELLO = Text(text="hello", at="messages[0].content")
WEATHER = Tool(name="weather", parameters={"type": "object"}, at="tools[0]")
TIME = Tool(name="time", parameters={"type": "object"}, at="tools[1]")
CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Bern"}', at="messages[1].tool_calls[0]")
RESULT = ToolResult(call_id="call_1", content=(Text(text="sunny"),), at="messages[2]")
PDF = Inline("application/pdf", "JVBERi0xLjQK")


def asking(*parts: Part, **members: Any) -> Request:
    turn = Turn(role="user", parts=parts or (HELLO,), at="messages[0]")
    return Request(origin="another", model="m", turns=(turn,), **members)


def looping(*parts: Part, result: ToolResult = RESULT, **members: Any) -> Request:
    """A conversation in which a tool was called and has answered."""
    turns = (Turn(role="assistant", parts=parts or (CALL,), at="messages[1]"), Turn(role="user", parts=(result,)))
    request = asking(**members)
    return replace(request, turns=(*request.turns, *turns))


def encode(request: Request, model: Model = SONNET) -> Encoded:
    return PROVIDER.encode_request(request, model)


def body(request: Request, model: Model = SONNET) -> dict[str, Any]:
    return dict(encode(request, model).body)


def named(request: Request, model: Model = SONNET) -> list[str]:
    return [each.at for each in encode(request, model).dropped]


def refused(request: Request, model: Model = SONNET) -> tuple[str, str]:
    with pytest.raises(Unable) as caught:
        encode(request, model)
    return caught.value.capability, caught.value.at


def test_neighbouring_turns_of_one_role_become_one() -> None:
    request = asking()
    turns = (*request.turns, Turn(role="user", parts=(Text(text=" \n"), Text(text="again"))))
    assert body(replace(request, turns=turns))["messages"] == [
        {"role": "user", "content": [{"text": "hello"}, {"text": "again"}]}
    ]


def test_a_turn_of_nothing_that_can_be_sent_does_not_separate_its_neighbours() -> None:
    silent = Turn(role="assistant", parts=(Reasoning(text="hm", signature=Signature("another", "s")), Text(text="")))
    request = asking()
    written = body(replace(request, turns=(*request.turns, silent, *request.turns)))
    assert [message["role"] for message in written["messages"]] == ["user"]


@pytest.mark.parametrize("turns", [(), (Turn(role="assistant", parts=(Text(text="hi"),)),)])
def test_the_user_begins(turns: tuple[Turn, ...]) -> None:
    assert refused(replace(asking(), turns=turns)) == ("content", "messages")


def test_a_beginning_the_model_shall_go_on_with_ends_without_white_space() -> None:
    request = asking()
    request = replace(request, turns=(*request.turns, Turn(role="assistant", parts=(Text(text="Well, "),))))
    assert body(request)["messages"][1]["content"] == [{"text": "Well,"}]


def test_later_instructions_move_behind_the_system_prompt() -> None:
    later = Turn(role="developer", parts=(Text(text="be brief"), Refusal(text="never mind")))
    request = asking(system=(Text(text="be kind"), Text(text=" ")))
    written = body(replace(request, turns=(*request.turns, later)))
    assert written["system"] == [{"text": "be kind"}, {"text": "be brief"}, {"text": "never mind"}]


def test_an_instruction_in_pictures_is_refused() -> None:
    image = Media(kind="image", source=Inline("image/png", "iVBORw0KGgo="), at="messages[1].content[0]")
    request = asking()
    turns = (*request.turns, Turn(role="system", parts=(image,)))
    assert refused(replace(request, turns=turns)) == ("content", "messages[1].content[0]")


def test_ids_the_api_does_not_take_are_fitted_alike_in_call_and_result() -> None:
    odd = "call/é" + "x" * 80
    written = body(looping(replace(CALL, id=odd), result=replace(RESULT, call_id=odd)))
    call, result = written["messages"][1]["content"][0], written["messages"][2]["content"][0]
    assert call["toolUse"]["toolUseId"] == result["toolResult"]["toolUseId"]
    assert len(call["toolUse"]["toolUseId"]) <= 64


def test_ids_counted_anew_in_every_turn_stay_apart() -> None:
    first = looping()
    written = body(replace(first, turns=(*first.turns, *first.turns[1:])))
    ids = [block["toolUse"]["toolUseId"] for m in written["messages"] for block in m["content"] if "toolUse" in block]
    assert ids == ["call_1", "call_1_2"]
    assert written["messages"][4]["content"][0]["toolResult"]["toolUseId"] == "call_1_2"


def test_calls_without_ids_are_answered_by_name_and_order() -> None:
    calls = (replace(CALL, id=""), replace(CALL, id="", name="time"))
    results = (replace(RESULT, call_id="", name="time"), replace(RESULT, call_id="", name="weather"))
    request = looping(*calls)
    written = body(replace(request, turns=(*request.turns[:2], Turn(role="user", parts=results))))
    asked = [block["toolUse"]["toolUseId"] for block in written["messages"][1]["content"]]
    answered = [block["toolResult"]["toolUseId"] for block in written["messages"][2]["content"]]
    assert answered == asked[::-1]


def test_results_come_first_in_their_turn() -> None:
    request = looping()
    turns = (*request.turns[:2], Turn(role="user", parts=(Text(text="and?"), RESULT)))
    assert [list(block) for block in body(replace(request, turns=turns))["messages"][2]["content"]] == [
        ["toolResult"],
        ["text"],
    ]


def test_a_result_without_its_call_is_refused() -> None:
    assert refused(asking(RESULT)) == ("content", "messages[2]")


@pytest.mark.parametrize("after", [(), (Turn(role="user", parts=(HELLO,)),)])
def test_a_call_without_its_result_is_refused(after: tuple[Turn, ...]) -> None:
    request = looping()
    assert refused(replace(request, turns=(*request.turns[:2], *after))) == ("content", CALL.at)


def test_arguments_that_are_no_object_travel_inside_one() -> None:
    written = body(looping(replace(CALL, arguments="not json")))
    assert written["messages"][1]["content"][0]["toolUse"]["input"] == {"INVALID_JSON": "not json"}


def test_a_failed_result_is_never_empty() -> None:
    empty = replace(RESULT, content=(Text(text=""),), error=True)
    block = body(looping(result=empty))["messages"][2]["content"][0]["toolResult"]
    assert (block["status"], block["content"]) == ("error", [{"json": {}}])


def test_models_that_are_told_of_no_failure_are_not_told() -> None:
    request = looping(result=replace(RESULT, error=True))
    assert "status" not in body(request, LLAMA)["messages"][2]["content"][0]["toolResult"]
    assert named(request, LLAMA) == ["messages[].error"]


def test_a_result_holds_documents_and_no_sound() -> None:
    shown = Media(kind="document", source=PDF, title="a.pdf")
    content = body(looping(result=replace(RESULT, content=(shown,))))["messages"][2]["content"][0]["toolResult"][
        "content"
    ]
    assert content[0]["document"]["format"] == "pdf"
    sound = Media(kind="audio", source=Inline("audio/wav", "UklGRg=="), at="messages[2].content[0]")
    assert refused(looping(result=replace(RESULT, content=(sound,)))) == ("audio", "messages[2].content[0]")


def test_own_citations_and_own_parts_go_back() -> None:
    raw = {"title": "A", "location": {"web": {"url": "https://a.example"}}}
    cited = Text(text="yes", citations=(Citation(origin="bedrock_converse", raw=raw),))
    guarded = Opaque(origin="bedrock_converse", kind="guardContent", raw={"guardContent": {"text": {"text": "x"}}})
    assert body(asking(HELLO, cited, guarded))["messages"][0]["content"][1:] == [
        {"citationsContent": {"content": [{"text": "yes"}], "citations": [raw]}},
        {"guardContent": {"text": {"text": "x"}}},
    ]


def test_a_part_of_another_dialect_is_left_out_only_where_it_says_nothing() -> None:
    note = Opaque(origin="another", kind="note", raw={}, essential=False, at="messages[0].content[3]")
    assert named(asking(HELLO, note)) == ["messages[].content[]"]


def test_hidden_thoughts_go_back() -> None:
    hidden = Reasoning(redacted=True, signature=Signature("bedrock_converse", "aGlk"), cache="5m", at="messages[1].x")
    written = body(looping(hidden, CALL))
    assert written["messages"][1]["content"][0] == {"reasoningContent": {"redactedContent": "aGlk"}}
    assert named(looping(hidden, CALL)) == ["messages[].x.cache"]


@pytest.mark.parametrize(
    ("media_type", "data", "written"),
    [
        ("image/jpg", "x", "jpeg"),
        ("IMAGE/PNG; q=1", "x", "png"),
        ("", "/9j/4AAQ", "jpeg"),
        ("image/webp", "x", "webp"),
    ],
)
def test_formats_of_images(media_type: str, data: str, written: str) -> None:
    image = Media(kind="image", source=Inline(media_type, data))
    assert body(asking(image))["messages"][0]["content"][0]["image"]["format"] == written


@pytest.mark.parametrize(
    ("media", "capability"),
    [
        (Media(kind="image", source=Inline("image/tiff", "x"), at="x"), "images"),
        (Media(kind="image", source=PlainText("x"), at="x"), "images"),
        (Media(kind="image", source=Link("https://a.example/a.png"), at="x"), "image_urls"),
        (Media(kind="image", source=StoredFile("f", "another"), at="x"), "files"),
        (Media(kind="video", source=Link("https://a.example/a.mp4"), at="x"), "files"),
        (Media(kind="document", source=Inline("application/zip", "x"), title="a.zip", at="x"), "documents"),
        (Media(kind="audio", source=Inline("", "x"), at="x"), "audio"),
    ],
)
def test_media_that_cannot_be_sent(media: Media, capability: str) -> None:
    assert refused(asking(HELLO, media)) == (capability, "x")


def test_what_lies_in_s3_is_named() -> None:
    video = Media(kind="video", source=Link("s3://films/a.3gp"))
    paper = Media(kind="document", source=Link("s3://films/b", "text/csv; charset=utf-8"))
    written = body(asking(HELLO, video, paper))["messages"][0]["content"]
    assert written[1]["video"] == {"format": "three_gp", "source": {"s3Location": {"uri": "s3://films/a.3gp"}}}
    assert written[2]["document"]["format"] == "csv"


def test_documents_have_names_the_api_takes_and_none_twice() -> None:
    titles = ["Q3_report  (final).pdf", "Q3/report (final)!pdf", "", "日本", "x" * 300]
    papers = [Media(kind="document", source=PDF, title=title) for title in titles]
    written = body(asking(HELLO, *papers))["messages"][0]["content"][1:]
    assert [block["document"]["name"] for block in written] == [
        "Q3 report (final) pdf",
        "Q3 report (final) pdf 2",
        "document",
        "document 2",
        "x" * 190,
    ]


def test_the_name_of_a_file_says_its_format_where_nothing_else_does() -> None:
    paper = Media(kind="document", source=Inline("application/octet-stream", "x"), title="a.DOCX")
    assert body(asking(HELLO, paper))["messages"][0]["content"][1]["document"]["format"] == "docx"


def test_a_document_as_text() -> None:
    paper = Media(kind="document", source=PlainText("häl\ud800"), title="n")
    source = body(asking(HELLO, paper))["messages"][0]["content"][1]["document"]["source"]
    assert base64.b64decode(source["bytes"]).decode() == "häl?"


def test_a_document_needs_words_beside_it() -> None:
    assert refused(asking(Media(kind="document", source=PDF))) == ("documents", "messages[0]")


def test_what_claude_knows_of_documents_is_kept() -> None:
    extra = {"context": "a law", "citations": {"enabled": True}}
    paper = Media(kind="document", source=PDF, origin="anthropic_messages", extra=extra)
    claude = body(asking(HELLO, paper))["messages"][0]["content"][1]["document"]
    assert (claude["context"], claude["citations"]) == ("a law", {"enabled": True})
    assert "context" not in body(asking(HELLO, paper), NOVA)["messages"][0]["content"][1]["document"]


def test_pictures_the_model_drew_cannot_be_sent_back() -> None:
    image = Media(kind="image", source=Inline("image/png", "iVBORw0KGgo="), at="messages[1].content[0]")
    assert refused(looping(image, CALL)) == ("content", "messages[1].content[0]")


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
