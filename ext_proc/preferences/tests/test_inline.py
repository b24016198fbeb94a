"""The preferences a request brings along: what is read, and what is refused with which address."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.preferences.inline import (
    MAX_EXAMPLES,
    MAX_MODELS,
    MAX_PREFERENCES,
    MAX_TEXTS,
    InvalidPreferences,
    read,
)
from schemas.runtime import Preference

CODE = {"name": "code", "description": "writing code", "models": ["openai/gpt-4o", "fast"]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
SECRET = "the-secret-prompt"


def problems(entries, key="routing_preferences"):
    with pytest.raises(InvalidPreferences) as raised:
        read({key: entries})
    return raised.value.problems


@pytest.mark.parametrize("key", ["routing_preferences", "routing_policy"])
def test_both_spellings_say_the_same(key):
    assert read({"model": "m", key: [CODE]}) == (
        Preference(
            name="code",
            description="writing code",
            examples=(),
            models=("openai/gpt-4o", "fast"),
            prefer="none",
        ),
    )


@pytest.mark.parametrize(
    ("policy", "prefer"),
    [
        ({"selection_policy": {"prefer": "cheapest"}}, "cheapest"),
        ({"selection_policy": {"prefer": "fastest"}}, "fastest"),
        ({"selection_policy": {"prefer": "none"}}, "none"),
        ({"selection_policy": {"prefer": None}}, "none"),
        ({"selection_policy": {"prefer": ""}}, "none"),
        ({"selection_policy": {}}, "none"),
        ({"selection_policy": None}, "none"),
        ({}, "none"),
    ],
    ids=json.dumps,
)
def test_how_models_are_ordered(policy, prefer):
    (preference,) = read({"routing_preferences": [CODE | policy]}) or ()
    assert preference.prefer == prefer


def test_examples_are_kept_and_a_model_named_twice_is_tried_once():
    (preference,) = read({"routing_preferences": [CODE | {"models": ["a", "b", "a"], "examples": ["fix this"]}]}) or ()
    assert preference.models == ("a", "b")
    assert preference.examples == ("fix this",)


def test_no_preferences_and_none_wanted_are_two_things():
    assert read({"model": "m"}) is None
    assert read({"routing_preferences": None}) is None
    assert read({"routing_preferences": []}) == ()


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("text", ["routing_preferences: must be a list"]),
        ([CODE, 7], ["routing_preferences[1]: must be an object"]),
        ([{}], ["[0].name: must be", "[0].description: must be", "[0].models: must be"]),
        ([CODE | {"name": "  "}], ["[0].name: must be"]),
        ([CODE | {"description": None}], ["[0].description: must be"]),
        ([CODE | {"models": []}], [f"[0].models: must be a list of 1 to {MAX_MODELS} model names"]),
        ([CODE | {"models": ["m"] * (MAX_MODELS + 1)}], ["[0].models: must be"]),
        ([CODE | {"models": "m"}], ["[0].models: must be"]),
        ([CODE | {"models": ["m", 3, ""]}], ["[0].models[1]: must be", "[0].models[2]: must be"]),
        ([CODE | {"selection_policy": "cheapest"}], ["[0].selection_policy: must be an object"]),
        ([CODE | {"selection_policy": {"prefer": "best"}}], ["[0].selection_policy.prefer: must be cheapest, fastest"]),
        ([CODE | {"selection_policy": {"prefer": ["none"]}}], ["[0].selection_policy.prefer: must be"]),
        ([CODE | {"examples": "one"}], ["[0].examples: must be a list"]),
        ([CODE | {"examples": ["one", 2]}], ["[0].examples[1]: must be a text"]),
        ([CODE, CODE], ["[1].name: the same as routing_preferences[0].name"]),
        ([CODE] * (MAX_PREFERENCES + 1), [f"routing_preferences: at most {MAX_PREFERENCES}"]),
        ([CODE | {"name": "n" * 20_000}], ["[0].name: must be"]),
    ],
)
def test_every_mistake_is_told_with_its_address(entries, expected):
    found = problems(entries)
    assert len(found) == len(expected)
    for problem, part in zip(found, expected, strict=True):
        assert problem.startswith("routing_preferences")
        assert part in problem


def test_the_address_has_the_spelling_of_the_request():
    assert problems([{"name": "a", "models": ["m"]}], "routing_policy") == (
        "routing_policy[0].description: must be a text",
    )


def test_as_many_as_are_allowed_are_read():
    entry = CODE | {"models": [f"m{i}" for i in range(MAX_MODELS)], "examples": ["e" * 10] * 3}
    found = read({"routing_preferences": [entry | {"name": f"n{i}"} for i in range(MAX_PREFERENCES)]}) or ()
    assert len(found) == MAX_PREFERENCES
    assert len(found[0].models) == MAX_MODELS
    assert len(found[0].examples) == 3


SEVERAL = {"description": "Writing code. Fixing code.\nReviewing code"}


def test_examples_are_limited_by_preference_and_in_all():
    fifty = CODE | {"examples": ["e"] * MAX_EXAMPLES}
    six = [fifty | {"name": f"n{i}"} for i in range(MAX_TEXTS // MAX_EXAMPLES)]
    too_many = ("routing_preferences: at most 300 examples and sentences of descriptions in all",)
    assert read({"routing_preferences": six})
    assert problems([*six, CODE | {"examples": ["one more"]}]) == too_many
    assert problems([*six, CODE | SEVERAL]) == too_many
    assert problems([CODE | {"examples": ["e"] * 51}]) == (
        "routing_preferences[0].examples: must be a list of at most 50 texts",
    )


@pytest.mark.parametrize(("sentences", "allowed"), [(300, True), (301, False)])
def test_long_descriptions_are_work_as_examples_are(sentences, allowed):
    entries = [
        CODE | {"name": f"n{number}", "description": " ".join(["Writing code."] * share)}
        for number, share in enumerate([100, 100, sentences - 200])
    ]
    with nullcontext() if allowed else pytest.raises(InvalidPreferences, match="at most 300 examples and sentences"):
        assert read({"routing_preferences": entries})


def test_all_texts_together_are_limited():
    """Routers keep what they worked out about options: nobody fills their memory with a few large requests."""
    entry = CODE | {"examples": ["e" * 10_000] * 10}
    assert read({"routing_preferences": [entry]})
    assert problems([entry, entry | {"name": "other"}]) == ("routing_preferences: at most 200000 characters in all",)


def test_the_text_of_many_problems_is_short():
    with pytest.raises(InvalidPreferences) as raised:
        read({"routing_preferences": [CODE | {"models": [""] * MAX_MODELS, "name": str(n)} for n in range(100)]})
    assert len(raised.value.problems) == 100 * MAX_MODELS
    assert str(raised.value).count("must be") == 20
    assert str(raised.value).endswith("; and 9980 more")


def test_two_spellings_at_once_are_refused():
    with pytest.raises(InvalidPreferences, match="only one of them"):
        read({"routing_preferences": [CODE], "routing_policy": [CODE]})


@settings(deadline=None)
@given(st.sampled_from(["routing_preferences", "routing_policy"]), JSON)
def test_anything_is_read_or_refused_as_invalid(key, value):
    try:
        found = read({key: value})
    except InvalidPreferences as error:
        assert error.problems
    else:
        assert found is None or all(preference.models for preference in found)


@pytest.mark.parametrize(
    "entry",
    [
        {"name": SECRET, "description": SECRET, "models": [SECRET, ""]},
        {"name": SECRET, "description": SECRET, "models": SECRET, SECRET: 1},
        {"name": SECRET, "description": SECRET, "models": [SECRET], "selection_policy": {"prefer": SECRET}},
    ],
)
def test_a_problem_never_quotes_the_request(entry):
    with pytest.raises(InvalidPreferences) as raised:
        read({"routing_preferences": [entry, entry]})
    assert SECRET not in str(raised.value)


def test_half_a_surrogate_pair_is_replaced_since_no_tokenizer_takes_it():
    texts = {"name": "co\ud800de", "description": "wri\udfffting", "examples": ["fi\ud800x"], "models": ["fa\udfffst"]}
    assert read({"routing_preferences": [texts]}) == (
        Preference(
            name="co\ufffdde",
            description="wri\ufffdting",
            examples=("fi\ufffdx",),
            models=("fa\ufffdst",),
            prefer="none",
        ),
    )
    twice = [{**CODE, "name": "\ud800"}, {**CODE, "name": "\udfff"}]
    assert problems(twice) == ("routing_preferences[1].name: the same as routing_preferences[0].name",)
