from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from ext_proc.chat.parts import (
    Citation,
    Inline,
    Link,
    Media,
    Opaque,
    PlainText,
    Reasoning,
    Refusal,
    Signature,
    StoredFile,
    Text,
)
from ext_proc.chat.request import (
    Turn,
)
from ext_proc.dialects.bedrock_converse.tests.asked import (
    CALL,
    HELLO,
    LLAMA,
    NOVA,
    PDF,
    RESULT,
    asking,
    body,
    looping,
    named,
    refused,
)


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
