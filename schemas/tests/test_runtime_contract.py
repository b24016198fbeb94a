"""The runtime file: what is written is what is read, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.runtime import (
    CONTRACT,
    Agent,
    ContractMismatch,
    Filter,
    Listener,
    Preference,
    Route,
    RuntimeConfig,
    RuntimeFileError,
    Target,
    content_hash,
    dump,
    load,
)

TEXT = st.text(max_size=8)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


def many(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


TARGETS = st.builds(Target, cluster=TEXT, model=st.none() | TEXT, strip_prefix=TEXT, weight=st.integers(), dialect=TEXT)
ROUTES = st.builds(Route, name=TEXT, groups=many(many(TARGETS)), native=TEXTS)
AGENTS = st.builds(
    Agent,
    id=TEXT,
    description=TEXT,
    default=st.booleans(),
    cluster=TEXT,
    path_prefix=TEXT,
    input_filters=TEXTS,
)
NAMES = st.dictionaries(TEXT, TEXT, max_size=2)
LISTENERS = st.builds(
    Listener,
    name=TEXT,
    kind=TEXT,
    router=st.none() | TEXT,
    agents=many(AGENTS),
    routes=many(ROUTES),
    names=NAMES,
    prefixes=NAMES,
    default=st.none() | TEXT,
    input_filters=TEXTS,
    output_filters=TEXTS,
)
CONFIGS = st.builds(
    RuntimeConfig,
    listeners=many(LISTENERS),
    preferences=many(st.builds(Preference, name=TEXT, description=TEXT, models=TEXTS, prefer=TEXT)),
    filters=many(st.builds(Filter, id=TEXT, url=TEXT, type=TEXT, transport=TEXT, tool=TEXT)),
    settings=st.dictionaries(TEXT, JSON, max_size=3),
)
EMPTY = RuntimeConfig(listeners=(), preferences=(), filters=(), settings={})


@given(CONFIGS)
def test_round_trip(config: RuntimeConfig) -> None:
    text = dump(config)
    assert load(text) == config
    assert dump(load(text)) == text


@given(CONFIGS, CONFIGS)
def test_the_hash_tells_contents_apart(one: RuntimeConfig, other: RuntimeConfig) -> None:
    assert (content_hash(one) == content_hash(other)) == (dump(one) == dump(other))


def changed(**fields: Any) -> str:
    return json.dumps({**json.loads(dump(EMPTY)), **fields})


@pytest.mark.parametrize(
    "text, error",
    [
        pytest.param(changed(contract=CONTRACT + 1), ContractMismatch, id="later contract"),
        pytest.param("[]", ContractMismatch, id="no contract at all"),
        pytest.param("{", RuntimeFileError, id="not JSON"),
        pytest.param("[" * 100_000, RuntimeFileError, id="deep"),
        pytest.param(changed(config={}), RuntimeFileError, id="changed afterwards"),
    ],
)
def test_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        load(text)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({}, id="fields missing"),
        pytest.param({**json.loads(dump(EMPTY))["config"], "more": 1}, id="a field too many"),
        pytest.param({**json.loads(dump(EMPTY))["config"], "filters": [1]}, id="wrong type inside"),
        pytest.param({**json.loads(dump(EMPTY))["config"], "listeners": {}}, id="wrong type"),
    ],
)
def test_a_wrong_shape_is_refused_even_with_a_right_hash(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schemas.runtime._hash", lambda _: "same")
    with pytest.raises(RuntimeFileError, match="render it again"):
        load(changed(config=config, hash="same"))
