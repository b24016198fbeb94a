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
    Allowance,
    Budget,
    ContractMismatch,
    Decision,
    Filter,
    Listener,
    Preference,
    Route,
    Router,
    RuntimeConfig,
    RuntimeFileError,
    Sessions,
    Source,
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


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TARGETS = st.builds(
    Target,
    cluster=TEXT,
    model=st.none() | TEXT,
    strip_prefix=TEXT,
    weight=st.integers(),
    dialect=TEXT,
    endpoints=TEXTS,
)
ROUTES = st.builds(Route, name=TEXT, groups=many(many(TARGETS)), native=TEXTS)
AGENTS = st.builds(
    Agent,
    id=TEXT,
    description=TEXT,
    examples=TEXTS,
    default=st.booleans(),
    key=TEXT,
    outbound=TEXT,
    endpoints=TEXTS,
    input_filters=TEXTS,
)
DECISIONS = st.builds(
    Decision,
    always=TEXTS,
    mode=TEXT,
    deadline_s=NUMBERS,
    total_s=NUMBERS,
    no_match=TEXT,
    router_failure=TEXT,
    agent_failure=TEXT,
    headers=st.booleans(),
)
ALLOWANCES = st.builds(Allowance, caller=TEXT, names=TEXTS, prefixes=TEXTS, default=st.booleans())
NAMES = st.dictionaries(TEXT, TEXT, max_size=2)
LISTENERS = st.builds(
    Listener,
    name=TEXT,
    kind=TEXT,
    router=st.none() | TEXT,
    decision=st.none() | DECISIONS,
    agents=many(AGENTS),
    routes=many(ROUTES),
    names=NAMES,
    prefixes=NAMES,
    default=st.none() | TEXT,
    allowances=many(ALLOWANCES),
    input_filters=TEXTS,
    output_filters=TEXTS,
)
ROUTERS = st.builds(
    Router,
    kind=TEXT,
    outbound=st.none() | TEXT,
    model=st.none() | TEXT,
    prompt=TEXT,
    context_tokens=st.integers(),
    threshold=st.none() | NUMBERS,
)
SOURCES = st.builds(Source, kind=TEXT, format=TEXT, outbound=TEXT, path=TEXT, refresh_s=NUMBERS, aliases=NAMES)
BUDGETS = st.builds(
    Budget,
    max_switch_spend_pct=NUMBERS,
    replenish_on_rebind=st.booleans(),
    cache_read_discount=NUMBERS,
    record_counterfactual=st.booleans(),
)
SESSIONS = st.builds(
    Sessions,
    ttl_s=NUMBERS,
    max_entries=st.integers(),
    store=TEXT,
    url=st.none() | TEXT,
    tenant_header=st.none() | TEXT,
    implicit=st.booleans(),
    route_on_user_only=st.booleans(),
    budget=st.none() | BUDGETS,
)
CONFIGS = st.builds(
    RuntimeConfig,
    listeners=many(LISTENERS),
    preferences=many(st.builds(Preference, name=TEXT, description=TEXT, examples=TEXTS, models=TEXTS, prefer=TEXT)),
    router=ROUTERS,
    sources=many(SOURCES),
    sessions=SESSIONS,
    filters=many(st.builds(Filter, id=TEXT, url=TEXT, type=TEXT, transport=TEXT, tool=TEXT)),
    settings=st.dictionaries(TEXT, JSON, max_size=3),
)
EMPTY = RuntimeConfig(
    listeners=(),
    preferences=(),
    router=Router(kind="embedded", outbound=None, model=None, prompt="", context_tokens=1, threshold=None),
    sources=(),
    sessions=Sessions(
        ttl_s=1.0,
        max_entries=1,
        store="memory",
        url=None,
        tenant_header=None,
        implicit=False,
        route_on_user_only=False,
        budget=None,
    ),
    filters=(),
    settings={},
)


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
