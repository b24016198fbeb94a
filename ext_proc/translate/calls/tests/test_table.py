"""Every word of the plan has its translator, every path its call; whatever comes in, nothing but a fault comes out."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from control_plane.plan import calls as planned
from ext_proc.chat.errors import Garbled, Malformed, Unable
from ext_proc.translate.calls import table
from ext_proc.translate.calls.tests.asking import COUNT, EMBED, PATHS, RERANK, sending, told
from ext_proc.translate.calls.tests.test_counting import HELLO

SHAPES = sorted({shape.word for shapes in planned.SHAPES.values() for shape in shapes} | {planned.ESTIMATE})
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "parts", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    ["input", "content", "requests", "messages", "contents", "documents", "query", "dimensions", "top_n", "taskType"]
)
_KINDS = {
    path: ("embed",) if "mbed" in path else ("rerank",) if path == RERANK else ("count", "estimate") for path in PATHS
}
ANSWERS = st.sampled_from(
    ["embeddings", "embedding", "data", "usage", "meta", "results", "totalTokens", "input_tokens"]
)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_the_plan_is_known(shape: str) -> None:
    assert callable(table.translator(shape))
    assert table.error_reader(shape)(429, {}, b'{"message": "slow down"}').message == "slow down"


def test_the_calls_are_those_of_the_plan() -> None:
    assert set(table.CLIENTS) == {endpoint.value for endpoint in planned.SHAPES}
    assert set(table.COUNTS) == {endpoint.value for endpoint in planned.COUNTING}
    assert planned.ESTIMATE == table.ESTIMATE


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/v1/embeddings", "/v1/embeddings"),
        ("/v1/chat/completions", None),
        ("/v1/messages", None),
        ("/v1beta/models/m:generateContent", None),
        ("/v1beta/models/a/b:c:embedContent", "/v1beta/models/{model}:embedContent"),
        ("/v1/models/m:countTokens", "/v1beta/models/{model}:countTokens"),
    ],
)
def test_a_path_is_a_call_or_chat(path: str, call: str | None) -> None:
    assert table.call_of(path) == call


@given(st.sampled_from(PATHS), st.sampled_from(SHAPES), st.dictionaries(MEMBERS, JSON, max_size=4))
def test_odd_bodies_are_only_ever_refused(path: str, shape: str, body: dict[str, Any]) -> None:
    assume(shape.rpartition("_")[2] in _KINDS[path])
    with contextlib.suppress(Malformed, Unable):
        sending(path, shape, body)


@given(st.sampled_from(SHAPES), st.dictionaries(ANSWERS, JSON, max_size=4))
def test_odd_answers_are_only_ever_garbled(shape: str, answer: dict[str, Any]) -> None:
    kind = shape.rpartition("_")[2]
    path, body = {
        "embed": (EMBED, {"model": "x", "input": "a"}),
        "rerank": (RERANK, {"model": "x", "query": "q", "documents": ["a"]}),
    }.get(kind, (COUNT, HELLO[COUNT]))
    with contextlib.suppress(Garbled):
        told(path, shape, body, answer)
