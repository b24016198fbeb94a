"""What requests need, where, and what becomes of those a model cannot serve."""

from __future__ import annotations

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.loss import Dropped
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import Request
from ext_proc.translate import languages
from ext_proc.translate.needs import BYTES_PER_TOKEN, check, checked, fit, needs

PNG = "iVBORw0KGgo="
TOOL = {"type": "object", "properties": {}}


def chat(*content: Plain | str, **more: object) -> Request:
    body = {"model": "m", "messages": [{"role": "user", "content": list(content)}], **more}
    return languages.client("openai_chat").decode_request(body, Asked(path="/v1/chat/completions"))


def messages(*content: Plain, **more: object) -> Request:
    said = {"role": "user", "content": list(content)}
    body = {"model": "m", "max_tokens": 10, "messages": [said], **more}
    return languages.client("anthropic_messages").decode_request(body, Asked(path="/v1/messages"))


def text(words: str) -> Plain:
    return {"type": "text", "text": words}


IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
FILE = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": TOOL}}
PDF = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}
WORDS = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}}
SHOWN = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
CALLED = {"type": "tool_result", "tool_use_id": "t", "content": [SHOWN]}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (chat(text("hi")), []),
        (chat(text("hi"), IMAGE, IMAGE), [("images", "messages[0].content[1]")]),
        (chat(SOUND, FILE), [("audio", "messages[0].content[0]"), ("documents", "messages[0].content[1]")]),
        (chat(text("hi"), tools=[FUNCTION]), [("tools", "tools[0]")]),
        (chat(text("hi"), reasoning_effort="high", response_format={"type": "json_object"}), []),
        (messages(PDF), [("documents", "messages[0].content[0]")]),
        (messages(WORDS), []),
        (messages(CALLED), [("images", "messages[0].content[0].content[0]")]),
    ],
)
def test_what_is_needed_and_where(request_: Request, expected: list[tuple[str, str]]) -> None:
    assert [(need.capability, need.at) for need in needs(request_)] == expected


def test_a_model_is_refused_for_what_it_lacks_only() -> None:
    request = chat(text("look"), IMAGE, tools=[FUNCTION])
    check(request, Model(id="m"), 100)
    check(request, Model(id="m", lacks=frozenset({"audio", "documents"})), 100)
    with pytest.raises(Unable, match="the model m cannot take images") as blind:
        check(request, Model(id="m", lacks=frozenset({"images"})), 100)
    assert (blind.value.at, blind.value.capability) == ("messages[0].content[1]", "images")
    with pytest.raises(Unable, match="the model m cannot call tools") as idle:
        check(request, Model(id="m", lacks=frozenset({"tools"})), 100)
    assert (idle.value.at, idle.value.capability) == ("tools[0]", "tools")


def test_only_what_is_far_too_long_is_refused() -> None:
    small = Model(id="m", context_tokens=10)
    fits, too_long = "x" * 10 * BYTES_PER_TOKEN, "x" * 11 * BYTES_PER_TOKEN
    check(chat(text(fits)), small, 10_000)
    check(chat(text(too_long)), Model(id="m"), 10_000)
    with pytest.raises(Unable, match="10 tokens") as refused:
        check(chat(text(too_long)), small, 10_000)
    assert (refused.value.at, refused.value.capability) == ("messages", "context_length")
    assert "xx" not in str(refused.value)


def test_bytes_of_images_are_no_words() -> None:
    large = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG * 1000}}
    check(chat(text("hi"), large), Model(id="m", context_tokens=10), 12_000)


def test_longer_answers_than_a_model_gives_are_not_asked_for() -> None:
    model = Model(id="m", max_output_tokens=100)
    asked = chat(text("hi"), max_completion_tokens=200)
    lowered, dropped = fit(asked, model)
    assert lowered.max_tokens == 100
    assert [each.at for each in dropped] == ["max_completion_tokens"]
    assert all(isinstance(each, Dropped) and "100" in each.why for each in dropped)
    assert fit(asked, Model(id="m")) == (asked, ())
    unlimited, fitting = chat(text("hi")), chat(text("hi"), max_completion_tokens=100)
    assert fit(unlimited, model) == (unlimited, ()) and fit(fitting, model) == (fitting, ())


def test_documents_of_text_reach_models_without_documents() -> None:
    request = messages(WORDS)
    blind = Model(id="m", lacks=frozenset({"documents", "images"}))
    check(request, blind, 100)
    body = languages.provider("openai_chat").encode_request(request, checked(blind)).body
    assert "words" in str(body["messages"])
    assert checked(blind).lacks == {"images"}
