from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.closed_schema import closed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def test_objects_are_closed_wherever_they_stand() -> None:
    place = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": True}
    found = closed(
        {
            "$schema": "x",
            "properties": {"home": place, "all": {"type": "array", "items": place, "minItems": 1}},
            "oneOf": [place, True],
            "$defs": {"place": place},
        }
    )
    shut = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
    assert found == {
        "properties": {"home": shut, "all": {"type": "array", "items": shut, "minItems": 1}},
        "anyOf": [shut, True],
        "$defs": {"place": shut},
        "additionalProperties": False,
    }


def test_limits_nobody_enforces_are_told_to_the_model() -> None:
    assert closed({"type": "integer", "minimum": 3}) == {"type": "integer", "description": '{"minimum":3}'}
    told = closed({"type": "string", "description": "a name", "maxLength": 9})
    assert told == {"type": "string", "description": 'a name\n\n{"maxLength":9}'}


def test_a_limit_that_is_no_number_is_none() -> None:
    assert closed({"type": "number", "maximum": float("nan")}) == {"type": "number"}


def test_what_lies_very_deep_stays_as_it_is() -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(70):
        schema = {"type": "array", "items": schema}
    found: Any = closed(schema)
    for _ in range(70):
        found = found["items"]
    assert found == {"type": "object"}


@given(st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "minimum", "$defs", "enum"]), JSON))
def test_a_closed_schema_is_closed_already(schema: dict[str, Any]) -> None:
    once = closed(schema)
    assert closed(once) == once
