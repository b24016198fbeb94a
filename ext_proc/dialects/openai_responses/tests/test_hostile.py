"""Bodies with anything anywhere: refused as what they are, or read; never another exception."""

from __future__ import annotations

import contextlib
import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.answer import Ended, Failed
from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Garbled, Malformed, Unable
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.openai_responses import CLIENT, PROVIDER
from ext_proc.dialects.openai_responses.tests.answers import saying
from ext_proc.dialects.openai_responses.tests.bodies import PLAIN, REQUESTS
from ext_proc.dialects.openai_responses.tests.streams import FULL, RESPONSE, stream

ASKED = Asked(path="/v1/responses")
RECORDED = [
    json.loads((Path(__file__).parent / "recordings" / f"responses--{name}.json").read_text())
    for name in ("basic", "tool")
]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**400,
        math.inf,
        "",
        "x",
        "\ud800",
        [],
        {},
        [None],
        [1],
        [{}],
        {"type": 1},
        {"type": "x"},
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a body."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def changed(body: Any, path: tuple[Any, ...], odd: Any) -> Any:
    body = copy.deepcopy(body)
    parent = body
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = odd
    return body


def mutations(bodies: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(bodies).flatmap(
        lambda body: st.builds(changed, st.just(body), st.sampled_from(list(places(body))), ODD)
    )


@settings(max_examples=600)
@given(mutations(list(REQUESTS.values())))
def test_requests(body: Any) -> None:
    with contextlib.suppress(Malformed, Unable):
        request = CLIENT.decode_request(body, ASKED)
        PROVIDER.encode_request(request, Model(id="m"))


@settings(max_examples=300)
@given(mutations([RESPONSE, *RECORDED]))
def test_answers(body: Any) -> None:
    with contextlib.suppress(Garbled, AnswerFailed):
        CLIENT.encode_answer(PROVIDER.decode_answer(body), saying(PLAIN))


@settings(max_examples=400)
@given(mutations([FULL]).filter(lambda events: all(isinstance(each, dict) and "type" in each for each in events)))
def test_streams(events: Any) -> None:
    try:
        data = stream(events)
    except UnicodeEncodeError:
        data = b"data: " + json.dumps(events[0]).encode() + b"\n\n"
    decoder = PROVIDER.stream_decoder()
    found = decoder.feed(data) + decoder.flush()
    assert [isinstance(event, Ended | Failed) for event in found].count(True) == 1
    assert isinstance(found[-1], Ended | Failed)


@given(st.binary(max_size=200), st.booleans())
def test_bytes(data: bytes, framed: bool) -> None:
    decoder = PROVIDER.stream_decoder()
    found = decoder.feed(b"data: " + data + b"\n\n" if framed else data) + decoder.flush()
    assert isinstance(found[-1], Failed)


def test_half_a_surrogate_pair_is_escaped_on_the_way() -> None:
    body = PLAIN | {"input": "\ud800", "instructions": "\udfff"}
    encoded = PROVIDER.encode_request(CLIENT.decode_request(body, ASKED), Model(id="m"))
    assert b"\\ud800" in dumps(encoded.body)


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"model": 1}, "model"),
        (PLAIN | {"input": 5}, "input"),
        (PLAIN | {"input": [5]}, "input[0]"),
        (PLAIN | {"input": [{}]}, "input[0].type"),
        (PLAIN | {"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
        (PLAIN | {"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        (PLAIN | {"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].file_id"),
        (
            PLAIN | {"input": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            "input[0].content[0].input_audio",
        ),
        (PLAIN | {"input": [{"type": "function_call", "name": "f"}]}, "input[0].call_id"),
        (PLAIN | {"tools": [{"type": "function"}]}, "tools[0].name"),
        (PLAIN | {"tools": [{}]}, "tools[0].type"),
        (PLAIN | {"tool_choice": "maybe"}, "tool_choice"),
        (PLAIN | {"tool_choice": {}}, "tool_choice.type"),
        (PLAIN | {"temperature": math.nan}, "temperature"),
        (PLAIN | {"text": {"format": {}}}, "text.format.type"),
        (PLAIN | {"reasoning": {"effort": 3}}, "reasoning.effort"),
    ],
)
def test_what_is_wrong_is_named(body: Any, at: str) -> None:
    with pytest.raises(Malformed) as raised:
        CLIENT.decode_request(body, ASKED)
    assert raised.value.at == at


def test_an_answer_without_output_is_none() -> None:
    with pytest.raises(Garbled):
        PROVIDER.decode_answer({"id": "resp_1"})


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_whole_answer_may_say_that_it_failed(status: str) -> None:
    with pytest.raises(AnswerFailed) as raised:
        PROVIDER.decode_answer({"status": status, "error": {"code": "server_error", "message": "Oops"}, "output": []})
    assert raised.value.error.message == "Oops"


def test_times_that_are_none() -> None:
    assert PROVIDER.decode_answer(RESPONSE | {"created_at": math.inf}).created_s is None
    assert PROVIDER.decode_answer(RESPONSE | {"status": "queued"}).choices[0].stop.reason == "pause"
    refused = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}
    assert PROVIDER.decode_answer(RESPONSE | {"output": [refused]}).choices[0].stop.reason == "refusal"
