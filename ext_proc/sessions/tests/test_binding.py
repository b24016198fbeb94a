"""The record of a conversation: what goes in comes out, and nothing that comes out of a store raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.sessions.binding import MAX_BYTES, MAX_HISTORY, Binding, Visit, decode, encode, visited
from ext_proc.sessions.tests.samples import BINDINGS, VISITS, binding

FIELDS = [
    *("anchor_model", "default_model", "requested_model", "route_name", "prefix_hash", "last_used", "cached_tokens"),
    *("baseline_usd", "switch_spend_usd", "switches", "history", "session_cost_usd", "model"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=20,
)
HOSTILE = st.dictionaries(st.sampled_from(FIELDS), VALUES).map(lambda found: {"anchor_model": "m"} | found)


@settings(deadline=None)
@given(BINDINGS)
def test_what_is_kept_comes_back(known):
    assert decode(encode(known)) == known


def test_the_record_has_the_documented_fields_and_leaves_absent_ones_out():
    record = json.loads(encode(binding(history=(Visit("m", 5, 6),))))
    assert record == {
        "anchor_model": "openai/gpt-4o",
        "default_model": "openai/gpt-4o",
        "requested_model": "openai/gpt-4o-mini",
        "route_name": "code",
        "prefix_hash": 7,
        "last_used": 1000,
        "cached_tokens": 0,
        "baseline_usd": 0.0,
        "switch_spend_usd": 0.0,
        "switches": 0,
        "history": [{"model": "m", "last_used": 5, "cached_tokens": 6}],
        "session_cost_usd": 0.0,
    }
    assert not {"route_name", "prefix_hash"} & set(json.loads(encode(binding(route_name=None, prefix_hash=None))))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"anchor_model": "m"}, {}),
        ({"anchor_model": "m", "default_model": "", "requested_model": None, "route_name": ""}, {}),
        ({"anchor_model": "m", "prefix_hash": 2**64 - 1}, {"prefix_hash": 2**64 - 1}),
        ({"anchor_model": "m", "prefix_hash": "00ff", "last_used": "x", "switches": True}, {}),
        ({"anchor_model": "m", "last_used": 12.9, "cached_tokens": -4}, {"last_used_s": 12}),
        ({"anchor_model": "m", "baseline_usd": -1, "switch_spend_usd": 1}, {"switch_spend_usd": 1.0}),
        ({"anchor_model": "m", "history": [7, {}, {"model": "n", "last_used": 3}]}, {"history": (Visit("n", 3, 0),)}),
        ({"anchor_model": "m", "unheard_of": 1}, {}),
    ],
)
def test_records_of_others_are_read_as_far_as_they_go(record, expected):
    empty = Binding(
        anchor_model="m",
        default_model="m",
        requested_model="",
        route_name=None,
        prefix_hash=None,
        last_used_s=0,
        cached_tokens=0,
    )
    found = decode(json.dumps(record).encode())
    assert found == Binding(**{name: expected.get(name, getattr(empty, name)) for name in Binding.__slots__})


@pytest.mark.parametrize(
    "record", [b"", b"{}", b"[]", b'"m"', b'{"anchor_model": ""}', b'{"anchor_model": 1}', b"\xff"]
)
def test_what_is_no_record_is_none(record):
    assert decode(record) is None


def test_names_no_store_can_hold_are_kept_as_far_as_possible():
    odd = "openai/\ud800"
    found = decode(encode(binding(odd, requested_model=odd, route_name=odd, history=(Visit(odd, 1, 2),))))
    assert found == binding(
        "openai/?", requested_model="openai/?", route_name="openai/?", history=(Visit("openai/?", 1, 2),)
    )


def test_an_enormous_record_is_none():
    assert decode(json.dumps({"anchor_model": "m", "x": "y" * MAX_BYTES}).encode()) is None
    assert decode(json.dumps({"anchor_model": "m" * 1000}).encode()) is None


@settings(deadline=None)
@given(HOSTILE)
def test_hostile_records_raise_nothing_and_are_bounded(record):
    found = decode(json.dumps(record).encode())
    if found is not None:
        assert len(found.history) <= MAX_HISTORY
        assert min(found.last_used_s, found.cached_tokens, found.switches, found.baseline_usd) >= 0
        assert decode(encode(found)) == found


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_noise_raises_nothing(record):
    decode(record)


@settings(deadline=None)
@given(st.lists(VISITS, max_size=20))
def test_the_history_has_each_model_once_and_the_latest_of_them(visits):
    history: tuple[Visit, ...] = ()
    for visit in visits:
        history = visited(history, visit)
    models = [visit.model for visit in history]
    latest = {visit.model: visit for visit in visits}
    assert len(models) == len(set(models)) <= MAX_HISTORY
    assert all(latest[visit.model] == visit for visit in history)
    assert len(history) == min(len(latest), MAX_HISTORY)


def test_of_too_many_models_the_one_longest_unused_is_forgotten():
    history: tuple[Visit, ...] = ()
    for place in [*range(MAX_HISTORY), 100]:
        history = visited(history, Visit(f"m{place}", place, 0))
    assert [visit.model for visit in history] == [*(f"m{place}" for place in range(1, MAX_HISTORY)), "m100"]
