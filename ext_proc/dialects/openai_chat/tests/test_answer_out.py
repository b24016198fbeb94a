from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.answer import (
    Began,
    Cited,
    Closed,
    Ended,
    Failed,
    Grew,
    Metered,
    Opened,
    Pinged,
    Scored,
    Signed,
    Stop,
    Stopped,
    Usage,
)
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.parts import (
    Citation,
    Inline,
    Link,
    Media,
    PlainText,
    Reasoning,
    Signature,
    StoredFile,
    Text,
    ToolCall,
)
from ext_proc.chat.whole import collect, replay
from ext_proc.dialects.openai_chat import CLIENT, PROVIDER
from ext_proc.dialects.openai_chat.tests.answers import (
    CALL,
    CITED,
    FULL,
    PATCHED,
    SHOWN,
    SIGNED,
    SUMMARY,
    THOUGHT,
    WORDS,
    answer,
    lines,
    saying,
    streamed,
)
from ext_proc.dialects.openai_chat.tests.bodies import LEGACY, PATCH, PLAIN, WEATHER
from ext_proc.dialects.openai_chat.tests.streams import DONE, decoded
from ext_proc.dialects.openai_chat.words import NAME


def deltas(data: bytes) -> list[dict[str, Any]]:
    return [line["choices"][0]["delta"] for line in lines(data) if line != "[DONE]" and line["choices"]]


def message(*parts: Any, body: Any = PLAIN) -> Any:
    return CLIENT.encode_answer(answer(*parts), saying(body))["choices"][0]["message"]


def test_words_are_told_as_they_come() -> None:
    encoder = CLIENT.stream_encoder(saying(PLAIN))
    assert encoder.encode(Began(id="msg_1", model="upstream")) == b""
    (first,) = lines(encoder.encode(Opened(part=Text(text=""), index=0)))
    assert first == {
        "id": "chatcmpl-Ab12",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [
            {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}
        ],
    }
    assert deltas(encoder.encode(Grew(text="Grüße", index=0))) == [{"content": "Grüße"}]
    assert encoder.encode(Pinged()) == b": ping\n\n"
    assert encoder.encode(Closed(part=Text(text="Grüße"), index=0)) == b""
    (last,) = lines(encoder.encode(Stopped(stop=Stop(reason="length"))))
    assert last["choices"][0]["finish_reason"] == "length"
    assert encoder.encode(Metered(usage=Usage(input=1))) == b""
    assert encoder.encode(Ended()) == DONE


def test_the_last_counts_hold() -> None:
    body = PLAIN | {"stream_options": {"include_usage": True}}
    events = [Metered(usage=Usage(input=1, output=1)), Metered(usage=Usage(output=5)), Ended()]
    told = lines(streamed(events, body))
    assert told[0]["choices"] == []
    assert (told[0]["usage"]["prompt_tokens"], told[0]["usage"]["completion_tokens"]) == (1, 5)
    assert lines(streamed([Ended()], body)) == ["[DONE]"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end", "stop"),
        ("stop_sequence", "stop"),
        ("pause", "stop"),
        ("length", "length"),
        ("context", "length"),
        ("tool_use", "tool_calls"),
        ("content_filter", "content_filter"),
        ("refusal", "content_filter"),
    ],
)
def test_why_it_ended(reason: Any, expected: str) -> None:
    assert CLIENT.encode_answer(answer(WORDS, reason=reason), saying())["choices"][0]["finish_reason"] == expected


def test_a_failure_ends_the_stream() -> None:
    error = ProviderError(fault=Fault.CUT, status=502, message="cut", code="server_error")
    (told,) = lines(streamed([Failed(error=error)]))
    assert told == {"error": {"message": "cut", "type": "server_error", "param": None, "code": "server_error"}}


def test_texts_are_joined() -> None:
    assert message(WORDS, WORDS)["content"] == " Take a hat. Take a hat."
    assert message(WORDS, CALL, WORDS)["content"] == " Take a hat.\n\n Take a hat."
    assert message(THOUGHT, SUMMARY)["reasoning_content"] == "I should look.\n\nIn short."


def test_places_of_citations_are_counted_in_all_of_the_content() -> None:
    cited = replace(CITED, citations=CITED.citations[:1])
    found = message(WORDS, cited)["annotations"][0]["url_citation"]
    start = len(WORDS.text)
    assert (found["start_index"], found["end_index"]) == (start, start + 5)
    later = Cited(citation=Citation(origin="x", raw={}, url="https://a.example"), index=0)
    events = [Opened(part=Text(text="x"), index=0), later, later]
    told = [delta["annotations"][0]["index"] for delta in deltas(streamed(events)) if "annotations" in delta]
    assert told == [0, 1]


def test_thoughts_of_this_dialect_go_to_clients_as_they_came() -> None:
    detail = Reasoning(text="hm", signature=Signature(NAME, '{"type":"reasoning.text","signature":"c2ln"}'))
    plain = Reasoning(text="ja", signature=Signature(NAME, '{"field":"reasoning"}'))
    found = message(detail, plain)
    assert found["reasoning_details"] == [{"type": "reasoning.text", "text": "hm", "signature": "c2ln", "index": 0}]
    assert found["reasoning_content"] == "hm\n\nja"


def test_who_wants_no_thoughts_sees_none() -> None:
    body = PLAIN | {"reasoning": {"effort": "low", "exclude": True}}
    assert set(message(THOUGHT, WORDS, body=body)) == {"role", "content", "refusal"}


def test_text_tools_get_their_input_back() -> None:
    body = PLAIN | {"tools": [PATCH]}
    found = message(PATCHED, body=body)["tool_calls"][0]
    assert found == {"id": "toolu_2", "type": "custom", "custom": {"name": "patch", "input": "*** Begin Patch\n"}}
    custom = ToolCall(id="c", name="patch", arguments="any", custom=True)
    begun = Opened(part=replace(custom, arguments="a"), index=0)
    events = [begun, Grew(text="ny", index=0), Closed(part=custom, index=0)]
    told = [delta["tool_calls"][0]["custom"] for delta in deltas(streamed(events, body)) if "tool_calls" in delta]
    assert told == [{"name": "patch", "input": ""}, {"input": "a"}, {"input": "ny"}]


def test_a_call_told_at_its_end_only() -> None:
    events = [Opened(part=replace(CALL, arguments=""), index=0), Closed(part=CALL, index=0)]
    told = [delta["tool_calls"][0]["function"] for delta in deltas(streamed(events)) if "tool_calls" in delta]
    assert told == [{"name": "weather", "arguments": ""}, {"arguments": '{"city":"Bern"}'}]


def test_a_signature_behind_the_id() -> None:
    call = ToolCall(id="c", name="weather", arguments="{}")
    signature = Signature("gemini", "c2ln")
    events = [Opened(part=call, index=0), Signed(signature=signature, index=0), Closed(part=call, index=0)]
    events += [Stopped(stop=Stop(reason="tool_use")), Ended()]
    found = collect(decoded(streamed(events))).choices[0].parts[0]
    assert isinstance(found, ToolCall)
    assert (found.id, found.signature) == ("c", signature)


def test_a_function_call_has_no_signature() -> None:
    events = [Opened(part=CALL, index=0), Signed(signature=Signature("gemini", "c2ln"), index=0)]
    assert deltas(streamed(events, LEGACY))[-1] == {"function_call": {"arguments": '{"city":"Bern"}'}}


def test_calls_of_a_client_that_knows_functions_only() -> None:
    found = message(CALL, CALL, body=LEGACY)
    assert found["function_call"] == {"name": "weather", "arguments": '{"city":"Bern"}'}
    assert [call["id"] for call in found["tool_calls"]] == ["toolu_1"]


def test_ids_for_calls_without_one() -> None:
    calls = message(replace(SIGNED, signature=None), replace(SIGNED, signature=None), body=PLAIN | {"tools": [WEATHER]})
    assert [call["id"] for call in calls["tool_calls"]] == ["call_Ab12_0_0", "call_Ab12_0_1"]


def test_what_a_model_made() -> None:
    found = CLIENT.encode_answer(SHOWN, saying(PLAIN))["choices"][0]["message"]
    assert [image["index"] for image in found["images"]] == [0, 1]
    assert found["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert found["audio"] == {
        "id": "audio_Ab12",
        "expires_at": 1_700_003_600,
        "transcript": "",
        "data": "UklGRg==",
    }
    assert found["files"][0]["file"] == {"filename": "a.pdf", "file_data": "https://a.example/a.pdf"}
    own = Media(kind="audio", source=Inline("", "AAAA"), origin=NAME, extra={"id": "audio_1", "transcript": "la"})
    assert message(own)["audio"]["transcript"] == "la"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Inline("", "AAAA"), "data:video/mp4;base64,AAAA"),
        (Link("https://a.example"), "https://a.example"),
        (PlainText("words"), "words"),
        (StoredFile("file_1", "x"), "file_1"),
    ],
)
def test_files_a_model_made(source: Any, expected: str) -> None:
    assert message(Media(kind="video", source=source))["files"][0]["file"]["file_data"] == expected


def test_ids_and_names_of_answers() -> None:
    own = replace(FULL, id="chatcmpl-9")
    nameless = replace(saying(PLAIN), model="")
    assert CLIENT.encode_answer(own, nameless)["id"] == "chatcmpl-9"
    assert CLIENT.encode_answer(own, nameless)["model"] == "upstream"
    assert CLIENT.encode_answer(replace(own, model=""), nameless)["model"] == "unknown"


def test_scores_may_come_first() -> None:
    events = [Scored(logprobs={"content": [{"token": "x"}]})]
    told = lines(streamed(events))
    assert told[-1]["choices"][0]["logprobs"] == {"content": [{"token": "x"}], "refusal": None}


def test_what_was_written_can_be_read() -> None:
    said = replace(
        answer(THOUGHT, SUMMARY, WORDS, CALL, reason="tool_use"), rest={}, created_s=1_700_000_000, id="chatcmpl-1"
    )
    body = PLAIN | {"stream_options": {"include_usage": True}}
    whole = PROVIDER.decode_answer(CLIENT.encode_answer(said, saying(body)))
    read = collect(decoded(streamed(replay(said), body)))
    assert (whole.usage, read.usage) == (said.usage, said.usage)
    assert _bare(whole.choices[0].parts[2:]) == _bare(read.choices[0].parts[2:]) == _bare(said.choices[0].parts[2:])
    for found in (whole, read):
        thoughts = [part for part in found.choices[0].parts if isinstance(part, Reasoning)]
        assert [thought.text for thought in thoughts] == ["I should look.", "In short."]
        assert [thought.signature.origin for thought in thoughts if thought.signature] == [NAME, NAME]


def _bare(parts: Any) -> list[Any]:
    return [replace(part, at="") for part in parts]
