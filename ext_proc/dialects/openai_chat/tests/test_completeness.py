from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.dialects.openai_chat.completeness import Completeness

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[]é'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a"\\}'), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(alphabet='a"\\}{'), JSON, max_size=3), st.data())
def test_an_object_is_whole_at_its_last_character_and_not_before(value: object, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=False)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text) - 1), max_size=6)))
    found = Completeness()
    for start, end in zip([0, *cuts], [*cuts, len(text) - 1], strict=True):
        found.feed(text[start:end])
        assert not found.whole
    found.feed(text[-1])
    assert found.whole


@pytest.mark.parametrize("text", ["", "5", '"x"', "null", '{"a', "}", '"\\"{}"'])
def test_what_is_no_closed_object(text: str) -> None:
    found = Completeness()
    found.feed(text)
    assert not found.whole
