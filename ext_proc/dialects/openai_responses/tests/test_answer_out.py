"""What a client of this dialect is told: the events of every kind of part, in the API's order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.answer import (
    Answer,
    Began,
    Choice,
    Closed,
    Ended,
    Event,
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
from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.parts import Inline, Media, Opaque, Part, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.chat.whole import replay
from ext_proc.dialects.openai_responses import CLIENT, PROVIDER
from ext_proc.dialects.openai_responses.tests import answers
from ext_proc.dialects.openai_responses.tests.answers import (
    CITED,
    FOUND,
    FULL,
    HIDDEN,
    PATCHED,
    SHELL,
    THOUGHT,
    WORDS,
    answer,
    lines,
    saying,
    streamed,
)
from ext_proc.dialects.openai_responses.tests.bodies import CODEX, PLAIN
from ext_proc.dialects.openai_responses.tests.streams import FULL as PROVIDER_STREAM
from ext_proc.dialects.openai_responses.tests.streams import stream

BROKEN = ProviderError(fault=Fault.CUT, status=502, message="cut")
ITEM = ["response.output_item.added"]
DONE = ["response.output_item.done"]


def told(*parts: Part, **more: Any) -> list[dict[str, Any]]:
    return lines(streamed(replay(answer(*parts, **more))))


def kinds(*parts: Part) -> list[str]:
    """Without the first two events and the last."""
    return [event["type"] for event in told(*parts)][2:-1]


TEXT = ["response.content_part.added", "response.output_text.delta", "response.output_text.done"]
TEXT_DONE = ["response.content_part.done"]


@pytest.mark.parametrize(
    ("parts", "events"),
    [
        ([WORDS], [*ITEM, *TEXT, *TEXT_DONE, *DONE]),
        ([WORDS, WORDS], [*ITEM, *TEXT, *TEXT_DONE, *TEXT, *TEXT_DONE, *DONE]),
        (
            [CITED],
            [*ITEM, *TEXT[:2], "response.output_text.annotation.added", TEXT[2], *TEXT_DONE, *DONE],
        ),
        (
            [Refusal(text="no")],
            [*ITEM, TEXT[0], "response.refusal.delta", "response.refusal.done", *TEXT_DONE, *DONE],
        ),
        (
            [THOUGHT],
            [
                *ITEM,
                "response.reasoning_summary_part.added",
                "response.reasoning_summary_text.delta",
                "response.reasoning_summary_text.done",
                "response.reasoning_summary_part.done",
                *DONE,
            ],
        ),
        ([HIDDEN], [*ITEM, *DONE]),
        (
            [SHELL],
            [*ITEM, "response.function_call_arguments.delta", "response.function_call_arguments.done", *DONE],
        ),
        (
            [PATCHED],
            [*ITEM, "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", *DONE],
        ),
        ([Media(kind="image", source=Inline("image/png", "x"))], [*ITEM, *DONE]),
        ([Opaque(origin="openai_responses", kind="web_search_call", raw={"type": "web_search_call"})], [*ITEM, *DONE]),
        ([Opaque(origin="gemini", kind="executable_code", raw={})], []),
    ],
)
def test_the_events_of_a_part(parts: list[Part], events: list[str]) -> None:
    assert kinds(*parts) == events


def test_numbers_ids_and_places_agree() -> None:
    events = lines(streamed(replay(FULL)))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    output = events[-1]["response"]["output"]
    for event in events:
        if "output_index" not in event:
            continue
        item = output[event["output_index"]]
        assert event.get("item_id", item["id"]) == item["id"]
        assert event.get("item", item)["id"] == item["id"]
        assert event.get("item", item)["type"] == item["type"]
        if event["type"] == DONE[0]:
            assert event["item"] == item
    assert [item["id"] for item in output] == [
        "rs_Ab12_0",
        "rs_Ab12_1",
        "msg_Ab12_2",
        "fc_Ab12_3",
        "ctc_Ab12_4",
        "fc_Ab12_5",
    ]


def test_deltas_make_up_the_whole() -> None:
    found: dict[tuple[str, int], str] = {}
    for event in lines(streamed(replay(FULL))):
        if event["type"].endswith(".delta"):
            key = (event["item_id"], event.get("content_index", 0))
            found[key] = found.get(key, "") + event["delta"]
        if event["type"].endswith(("text.done", "arguments.done", "input.done")):
            key = (event["item_id"], event.get("content_index", 0))
            assert found[key] == next(event[name] for name in ("text", "arguments", "input") if name in event)
    assert len(found) == 6


def test_the_calls_of_a_client() -> None:
    """Text tools that were functions for the provider, names with namespaces, signatures that travel in ids."""
    _, patched, found = CLIENT.encode_answer(answer(SHELL, PATCHED, FOUND), saying())["output"]
    assert (patched["name"], patched["input"]) == ("apply_patch", "*** Begin Patch\n")
    assert (found["name"], found["namespace"]) == ("find", "mcp__docs")
    assert found["call_id"].startswith("call_Ab12_2__")


def test_a_text_call_stays_one() -> None:
    call = ToolCall(id="c", name="apply_patch", arguments="*** Begin", custom=True, item_id="ctc_9")
    item = CLIENT.encode_answer(answer(call), saying())["output"][0]
    assert (item["type"], item["input"], item["id"]) == ("custom_tool_call", "*** Begin", "ctc_9")


def test_a_proof_that_comes_last_is_kept() -> None:
    signature = Signature("anthropic_messages", "late")
    events = [
        Opened(part=Reasoning(text="a"), index=0),
        Signed(signature=signature, index=0),
        Closed(part=Reasoning(text="a"), index=0),
        Ended(),
    ]
    item = lines(streamed(events))[-1]["response"]["output"][0]
    assert item["encrypted_content"].startswith("plano1.")


def test_own_proofs_stay_as_they_are() -> None:
    own = Reasoning(text="a", summary=True, id="rs_7", signature=Signature("openai_responses", "secret"))
    item = CLIENT.encode_answer(answer(own), saying())["output"][0]
    assert item["id"] == "rs_7"
    assert item["encrypted_content"] == "secret"


def test_thoughts_without_proof_are_marked_as_ours() -> None:
    item = CLIENT.encode_answer(answer(Reasoning(text="a")), saying())["output"][0]
    request = CLIENT.decode_request(PLAIN | {"input": [item]}, Asked(path="/v1/responses"))
    assert request.turns[0].parts == (Reasoning(text="a"),)
    assert "input" not in PROVIDER.encode_request(request, Model(id="m")).body


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        ("end", "completed", None),
        ("tool_use", "completed", None),
        ("stop_sequence", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("context", "incomplete", "max_output_tokens"),
        ("pause", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("refusal", "incomplete", "content_filter"),
    ],
)
def test_how_it_ended(reason: str, status: str, why: str | None) -> None:
    last = told(WORDS, reason=reason)[-1]
    assert last["type"] == f"response.{status}"
    assert last["response"]["status"] == status
    assert last["response"]["incomplete_details"] == ({"reason": why} if why else None)
    item = last["response"]["output"][0]
    assert item["status"] == ("incomplete" if reason in ("length", "context") else "completed")


def test_a_refusal_in_words_is_whole() -> None:
    assert CLIENT.encode_answer(answers.REFUSED, saying())["status"] == "completed"


def test_usage_is_exact() -> None:
    assert CLIENT.encode_answer(FULL, saying())["usage"] == {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "output_tokens": 40,
        "output_tokens_details": {"reasoning_tokens": 15},
        "total_tokens": 140,
    }
    assert CLIENT.encode_answer(answer(WORDS, usage=None), saying())["usage"] is None
    events = [Metered(usage=Usage(input=1)), Metered(usage=Usage(output=2)), Ended()]
    assert lines(streamed(events))[-1]["response"]["usage"]["total_tokens"] == 3


def test_settings_are_repeated() -> None:
    response = CLIENT.encode_answer(FULL, saying())
    for name in (
        "instructions",
        "model",
        "parallel_tool_calls",
        "reasoning",
        "tools",
        "tool_choice",
        "prompt_cache_key",
    ):
        assert response[name] == CODEX[name]
    assert response["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert response["store"] is False
    assert (response["id"], response["created_at"]) == ("resp_Ab12", 5)
    own = CLIENT.encode_answer(replace(FULL, id="resp_9", created_s=None, rest={"service_tier": "flex"}), saying())
    assert (own["id"], own["created_at"], own["service_tier"]) == ("resp_9", 1_700_000_000, "flex")
    foreign = CLIENT.encode_answer(replace(FULL, rest={"service_tier": "standard", "x": 1}), saying())
    assert foreign["service_tier"] == "default"
    assert "x" not in foreign


def test_a_request_of_another_dialect_is_answered_too() -> None:
    foreign = replace(saying(), request=replace(saying().request, origin="openai_chat"))
    assert CLIENT.encode_answer(FULL, foreign)["instructions"] is None


def test_scores_are_told() -> None:
    scores = {"content": [{"token": "a"}]}
    events: list[Event] = [Opened(part=Text(text=""), index=0), Grew(text="a", index=0), Scored(logprobs=scores)]
    events += [Closed(part=Text(text="a"), index=0), Scored(logprobs={}), Ended()]
    found = lines(streamed(events))
    assert [event["logprobs"] for event in found if event["type"] == "response.output_text.delta"] == [
        [],
        [{"token": "a"}],
    ]
    assert found[-1]["response"]["output"][0]["content"][0]["logprobs"] == [{"token": "a"}]


def test_scores_of_a_message_that_is_over_are_in_the_response() -> None:
    said = answer(WORDS, SHELL)
    scored = replace(said, choices=(replace(said.choices[0], logprobs={"content": [{"token": "a"}]}),))
    response = CLIENT.encode_answer(scored, saying())
    assert response["output"][0]["content"][0]["logprobs"] == [{"token": "a"}]
    unsaid = replace(said, choices=(replace(said.choices[0], parts=(THOUGHT,), logprobs={"content": [1]}),))
    assert len(CLIENT.encode_answer(unsaid, saying())["output"]) == 1


def test_words_known_at_the_beginning_and_at_the_end() -> None:
    events: list[Event] = [
        Opened(part=Text(text="a"), index=0),
        Closed(part=Text(text="a"), index=0),
        Opened(part=Refusal(text=""), index=1),
        Closed(part=Refusal(text="late"), index=1),
        Opened(part=Reasoning(), index=2),
        Grew(text="", index=2),
        Scored(logprobs={"content": []}),
        Closed(part=Reasoning(text="late"), index=2),
        Opened(part=ToolCall(id="c", name="f", arguments="{"), index=3),
        Grew(text="}", index=3),
        Signed(signature=Signature("x", "y"), index=3),
        Closed(part=ToolCall(id="c", name="f", arguments="{}"), index=3),
        Opened(part=Text(text=""), index=4),
        Grew(text="", index=4),
        Signed(signature=Signature("x", "y"), index=4),
        Closed(part=Text(text=""), index=4),
        Ended(),
    ]
    found = [event["delta"] for event in lines(streamed(events)) if event["type"].endswith(".delta")]
    assert found == ["a", "late", "late", "{", "}"]


def test_only_the_first_choice_is_told() -> None:
    two = Answer(
        id="",
        model="m",
        choices=(Choice(parts=(WORDS,), stop=Stop(reason="end")), Choice(parts=(SHELL,), stop=Stop(reason="end"))),
    )
    assert len(CLIENT.encode_answer(two, saying())["output"]) == 1


def test_signs_of_life_are_comments() -> None:
    assert streamed([Pinged()]).startswith(b":")


class TestFailures:
    def test_before_the_response_began(self) -> None:
        found = lines(streamed([Failed(error=BROKEN), Ended()]))
        assert found == [
            {"type": "error", "sequence_number": 0, "code": "server_error", "message": "cut", "param": None}
        ]

    @pytest.mark.parametrize(
        ("part", "member", "begun"),
        [
            (Text(text=""), "content", [{"type": "output_text", "annotations": [], "logprobs": [], "text": "ha"}]),
            (Refusal(text=""), "content", [{"type": "refusal", "refusal": "ha"}]),
            (Reasoning(), "summary", [{"type": "summary_text", "text": "ha"}]),
            (ToolCall(id="c", name="f", arguments=""), "arguments", "ha"),
        ],
    )
    def test_within_a_part(self, part: Part, member: str, begun: Any) -> None:
        events = [Began(), Opened(part=part, index=0), Grew(text="ha", index=0), Failed(error=BROKEN), Ended()]
        last = lines(streamed(events))[-1]
        assert last["type"] == "response.failed"
        assert last["response"]["error"] == {"code": "server_error", "message": "cut"}
        item = last["response"]["output"][0]
        assert item[member] == begun
        assert item.get("status", "incomplete") == "incomplete"

    def test_between_parts_and_before_words(self) -> None:
        empty = Opened(part=Reasoning(), index=1)
        picture = Opened(part=Media(kind="image", source=Inline("", "x")), index=1)
        for event in (empty, picture):
            closed = Closed(part=Text(text=""), index=0)
            events = [Opened(part=Text(text=""), index=0), closed, event, Failed(error=BROKEN)]
            assert lines(streamed(events))[-1]["response"]["usage"] is None
        events = [Opened(part=Text(text="a"), index=0), Closed(part=Text(text="a"), index=0), Failed(error=BROKEN)]
        assert lines(streamed(events))[-1]["response"]["output"][0]["content"][0]["text"] == "a"


def test_a_providers_stream_reaches_a_client_of_the_same_dialect() -> None:
    decoder = PROVIDER.stream_decoder()
    found = lines(streamed(decoder.feed(stream(PROVIDER_STREAM)), PLAIN))
    response = found[-1]["response"]
    assert response["id"] == "resp_1"
    again = PROVIDER.decode_answer(response)
    whole = PROVIDER.decode_answer(PROVIDER_STREAM[-1]["response"])
    assert [_bare(part) for part in again.choices[0].parts] == [_bare(part) for part in whole.choices[0].parts]
    assert again.usage == whole.usage


def _bare(part: Part) -> Any:
    return part if isinstance(part, Opaque | Refusal) else replace(part, extra={})


PARTS = st.lists(
    st.sampled_from([THOUGHT, HIDDEN, CITED, WORDS, SHELL, PATCHED, FOUND, Refusal(text="no"), Reasoning(text="a")]),
    max_size=6,
)


def in_pieces(events: Iterator[Event], size: int) -> Iterator[Event]:
    for event in events:
        if not isinstance(event, Grew):
            yield event
            continue
        for start in range(0, len(event.text), size):
            yield replace(event, text=event.text[start : start + size])


@given(PARTS, st.integers(1, 5))
def test_streamed_and_whole_say_the_same(parts: list[Part], size: int) -> None:
    said = answer(*parts)
    last = lines(streamed(in_pieces(replay(said), size)))[-1]
    assert last["response"] == json.loads(json.dumps(CLIENT.encode_answer(said, saying())))


@given(PARTS, st.integers(0, 40))
def test_a_stream_that_breaks_ends_broken(parts: list[Part], count: int) -> None:
    events = list(replay(answer(*parts)))[:count]
    events = [event for event in events if not isinstance(event, Ended | Stopped)]
    found = lines(streamed([*events, Failed(error=BROKEN), Ended()]))
    assert found[-1]["type"] == ("response.failed" if count else "error")
    assert not any(event["type"] in ("response.completed", "response.incomplete") for event in found)
