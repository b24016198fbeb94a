from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.conversation import ConversationError, read_body, write_body

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=3))
def test_every_value_survives_the_round_trip(body):
    assert read_body(write_body(body)) == body


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": ' + "[" * 100_000,
        b"\xff{}",
    ],
    ids=["empty", "list", "number", "cut", "nan", "infinite", "endless", "deep", "no utf-8"],
)
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(ConversationError):
        read_body(text)


def test_text_stays_text_and_half_a_surrogate_pair_stays_valid_json():
    assert write_body({"a": "é"}) == '{"a":"é"}'.encode()
    assert json.loads(write_body(read_body('{"a": "\\ud83d"}'))) == {"a": "\ud83d"}


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_json_cannot_say_is_not_written(value):
    with pytest.raises(ConversationError):
        write_body({"a": value})
