from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.conversation import ConversationError, read_body, view_body, write_body

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=3))
def test_every_value_survives_the_round_trip(body):
    assert read_body(write_body(body)) == body


BODIES = st.dictionaries(st.text(max_size=8), VALUES, max_size=3)
ODD = ["\ufeff{}", '{"a": "\\ud83d"}', '{"a": NaN}', '{"a": 1, "a": 2}', "[]", "", '{"a": -0}']


@given(BODIES.map(json.dumps) | st.text(max_size=20) | st.sampled_from(ODD))
def test_whoever_only_looks_sees_the_same(text):
    """But for the digits of integers that are longer than 64 bits."""
    data = text.encode("utf-8", "surrogatepass")
    try:
        expected = read_body(data)
    except ConversationError:
        with pytest.raises(ConversationError):
            view_body(data)
    else:
        assert _shortened(view_body(data)) == _shortened(expected)


def _shortened(value):
    """Types count, too: 1 is not 1.0."""
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return ("number", float(value))
    return ("number", value) if isinstance(value, float) and abs(value) >= 2**63 else (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{",
        '{"a": NaN}',
        '{"a": ' + "[" * 100_000,
        b"\xff{}",
    ],
    ids=["empty", "list", "number", "cut", "nan", "deep", "no utf-8"],
)
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(ConversationError):
        read_body(text)
    with pytest.raises(ConversationError):
        view_body(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000])
def test_a_number_nobody_can_hold_keeps_nobody_from_looking(number):
    """Whoever passes the text on as it came has no need to understand it."""
    text = f'{{"a": {number}, "b": "c"}}'
    assert view_body(text.encode()) == {"a": float(number), "b": "c"}
    with pytest.raises(ConversationError):
        read_body(text)


def test_text_stays_text_and_half_a_surrogate_pair_stays_valid_json():
    assert write_body({"a": "é"}) == '{"a":"é"}'.encode()
    assert json.loads(write_body(read_body('{"a": "\\ud83d"}'))) == {"a": "\ud83d"}


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_json_cannot_say_is_not_written(value):
    with pytest.raises(ConversationError):
        write_body({"a": value})
