"""Which content-length counts as too large."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_plane.xds.oversize import larger

SIZES = st.integers(0, 1 << 45)


@given(limit=SIZES, size=SIZES)
def test_sizes_above_the_limit_and_no_others(limit: int, size: int) -> None:
    assert bool(re.fullmatch(larger(limit), str(size))) == (size > limit)


@given(limit=SIZES, apart=st.integers(-2, 2), zeros=st.sampled_from(["", "0", "00000000000000000000"]))
def test_sizes_at_the_limit(limit: int, apart: int, zeros: str) -> None:
    size = max(0, limit + apart)
    assert bool(re.fullmatch(larger(limit), f"{zeros}{size}")) == (size > limit)


@pytest.mark.parametrize("text", ["", "-1", "1e9", "99x", "+999999"])
def test_what_is_no_size_is_left_to_others(text: str) -> None:
    assert not re.fullmatch(larger(100), text)
