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
from ext_proc.dialects.openai_chat import CLIENT, PROVIDER
from ext_proc.dialects.openai_chat.tests.answers import saying
from ext_proc.dialects.openai_chat.tests.bodies import PLAIN, REQUESTS
from ext_proc.dialects.openai_chat.tests.streams import FULL, ROUTER, SIDE_BY_SIDE, decoded, wire
from ext_proc.dialects.openai_chat.tests.test_answer_in import ANSWER

ASKED = Asked(path="/v1/chat/completions")
RECORDED = json.loads((Path(__file__).parent / "recordings" / "completions--tool_call.json").read_text())
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
        {"type": "text", "text": "x"},
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


@settings(max_examples=1000)
@given(mutations(list(REQUESTS.values())), st.sampled_from(["m", "gpt-5", "mistral-large", "gemini-3", "claude"]))
def test_requests(body: Any, model: str) -> None:
    with contextlib.suppress(Malformed, Unable):
        request = CLIENT.decode_request(body, ASKED)
        PROVIDER.encode_request(request, Model(id=model))


@settings(max_examples=400)
@given(mutations([ANSWER, RECORDED]))
def test_answers(body: Any) -> None:
    with contextlib.suppress(Garbled, AnswerFailed):
        CLIENT.encode_answer(PROVIDER.decode_answer(body), saying(PLAIN))


@settings(max_examples=600)
@given(mutations([FULL, ROUTER, SIDE_BY_SIDE]))
def test_streams(events: Any) -> None:
    found = decoded(wire(*events))
    assert [isinstance(event, Ended | Failed) for event in found].count(True) == 1
    assert isinstance(found[-1], Ended | Failed)
    encoder = CLIENT.stream_encoder(saying(PLAIN))
    assert b"".join(encoder.encode(event) for event in found).endswith((b"[DONE]\n\n", b"}}\n\n"))


@given(st.binary(max_size=200), st.booleans())
def test_bytes(data: bytes, framed: bool) -> None:
    assert isinstance(decoded(b"data: " + data + b"\n\n" if framed else data)[-1], Failed)


def test_half_a_surrogate_pair_is_escaped_on_the_way() -> None:
    body = PLAIN | {"messages": [{"role": "user", "content": "\ud800"}], "user": "\udfff" * 70}
    encoded = PROVIDER.encode_request(CLIENT.decode_request(body, ASKED), Model(id="m"))
    assert b"\\ud800" in dumps(encoded.body)


def said(**members: Any) -> dict[str, Any]:
    return PLAIN | {"messages": [{"role": "assistant", **members}]}


def asked(*parts: Any) -> dict[str, Any]:
    return PLAIN | {"messages": [{"role": "user", "content": list(parts)}]}


AT = "messages[0].content[0]"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (PLAIN | {"model": 1}, "model"),
        ({"model": "m"}, "messages"),
        (PLAIN | {"messages": 5}, "messages"),
        (PLAIN | {"messages": [5]}, "messages[0]"),
        (PLAIN | {"messages": [{"content": "x"}]}, "messages[0].role"),
        (PLAIN | {"messages": [{"role": "robot"}]}, "messages[0].role"),
        (PLAIN | {"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        (PLAIN | {"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        (
            PLAIN | {"messages": [{"role": "tool", "tool_call_id": "c", "content": [{"type": "odd"}]}]},
            "messages[0].content",
        ),
        (asked({"type": "text"}), f"{AT}.text"),
        (asked({"type": "image_url"}), f"{AT}.image_url"),
        (asked({"type": "image_url", "image_url": {}}), f"{AT}.image_url.url"),
        (asked({"type": "input_audio"}), f"{AT}.input_audio"),
        (asked({"type": "file", "file": {}}), f"{AT}.file.file_id"),
        (said(tool_calls=[{"id": "c", "type": "function"}]), "messages[0].tool_calls[0].function"),
        (said(audio={}), "messages[0].audio.id"),
        (PLAIN | {"tools": [{}]}, "tools[0].type"),
        (PLAIN | {"tools": [{"type": "function"}]}, "tools[0].function"),
        (PLAIN | {"tools": [{"type": "custom", "custom": {}}]}, "tools[0].custom.name"),
        (PLAIN | {"tool_choice": "maybe"}, "tool_choice"),
        (PLAIN | {"tool_choice": {}}, "tool_choice.type"),
        (PLAIN | {"temperature": math.nan}, "temperature"),
        (PLAIN | {"logit_bias": {"1": "x"}}, "logit_bias.1"),
        (PLAIN | {"stop": [1]}, "stop"),
        (PLAIN | {"response_format": {}}, "response_format.type"),
        (PLAIN | {"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (PLAIN | {"reasoning_effort": 3}, "reasoning_effort"),
        (PLAIN | {"stream_options": {"include_usage": "x"}}, "stream_options.include_usage"),
    ],
)
def test_what_is_wrong_is_named(body: Any, at: str) -> None:
    with pytest.raises(Malformed) as raised:
        CLIENT.decode_request(body, ASKED)
    assert raised.value.at == at
