"""Bodies nobody meant: only the exceptions of the contract, whatever comes."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.dialect import Asked, Model
from ext_proc.chat.errors import Garbled, Malformed, Unable
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.gemini import CLIENT, PROVIDER
from ext_proc.dialects.gemini.tests.answers import PATH, saying
from ext_proc.dialects.gemini.tests.bodies import BODIES, SNAKE
from ext_proc.dialects.gemini.tests.test_round_trip import ANSWERS
from ext_proc.dialects.gemini.tests.test_streams_in import FULL, SUPPORTS, chunk, sse

_ODD = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**30, "", "x", "\ud800", "STRING", [], {}, [[]], [{}], {"a": {}}, [1], {"text": "a"}]
)
CITED = chunk({"text": "Grüß Gott"}, finish="STOP", groundingMetadata=SUPPORTS)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


def _mutated(draw: st.DrawFn, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    body = copy.deepcopy(draw(st.sampled_from(bodies)))
    for _ in range(draw(st.integers(min_value=1, max_value=3))):
        path = draw(st.sampled_from(_places(body)[1:]))
        place: Any = body
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = copy.deepcopy(draw(_ODD))
    return body


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    return _mutated(draw, [*BODIES.values(), SNAKE])


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    return _mutated(draw, [*ANSWERS.values(), *FULL, CITED])


@settings(max_examples=400, deadline=None)
@given(requests(), st.sampled_from(["gemini-2.5-flash", "gemini-3-flash"]))
def test_requests(body: dict[str, Any], model: str) -> None:
    with contextlib.suppress(Malformed, Unable):
        dumps(PROVIDER.encode_request(CLIENT.decode_request(body, Asked(path=PATH)), Model(id=model)).body)


@settings(max_examples=400, deadline=None)
@given(answers())
def test_answers(body: dict[str, Any]) -> None:
    with contextlib.suppress(Garbled, AnswerFailed):
        dumps(CLIENT.encode_answer(PROVIDER.decode_answer(body), saying()))


@settings(max_examples=400, deadline=None)
@given(answers())
def test_streams(body: dict[str, Any]) -> None:
    decoder, encoder = PROVIDER.stream_decoder(), CLIENT.stream_encoder(saying())
    events = [*decoder.feed(sse(_sayable(body), *FULL)), *decoder.flush()]
    assert b"".join(encoder.encode(event) for event in events)


def _sayable(body: dict[str, Any]) -> Any:
    return json.loads(json.dumps(body).replace("\\ud800", "?"))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    decoder = PROVIDER.stream_decoder()
    events = [*decoder.feed(data), *decoder.flush()]
    assert events
