"""The gateway's own members leave a body; every other byte stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ext_proc.preferences.cutting import METADATA_KEYS, NotAnObject, concerns, cut
from ext_proc.preferences.inline import KEYS

SPACE = st.text(alphabet=" \t\r\n", max_size=2)
NAMES = st.sampled_from([*KEYS, *METADATA_KEYS, "model", "metadata", "messages", "a,b", 'quo"te', "ключ"]) | st.text(
    max_size=5
)
VALUES = st.recursive(
    st.sampled_from(
        ["null", "true", "-0.10e+2", "123456789012345678901234567890", '"\\ud83d\\ude00,}{"', '"é"', "1e999"]
    )
    | st.text(max_size=5).map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(NAMES.map(json.dumps), inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{name} : {value}" for name, value in pairs) + "}"
        )
    ),
    max_leaves=8,
)


@st.composite
def objects(draw, inner=VALUES):
    """The text of a JSON object, spaces anywhere, names twice or spelt with escapes."""
    members = []
    for name in draw(st.lists(NAMES, max_size=5)):
        spelt = draw(st.sampled_from([json.dumps(name), json.dumps(name, ensure_ascii=False), _escaped(name)]))
        value = draw(objects(st.just("1")) if name == "metadata" and draw(st.booleans()) else inner)
        members.append(f"{draw(SPACE)}{spelt}{draw(SPACE)}:{draw(SPACE)}{value}{draw(SPACE)}")
    return draw(SPACE) + "{" + (",".join(members) or draw(SPACE)) + "}" + draw(SPACE)


def _escaped(name):
    return '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in name) + '"'


def pairs(text):
    """Every member in order, names decoded, numbers as they are written: what a reader of any strictness sees."""
    return json.loads(text, object_pairs_hook=lambda found: found, parse_int=str, parse_float=str)


def without(found):
    kept = [(name, value) for name, value in found if name not in KEYS]
    return [
        (name, [pair for pair in value if pair[0] not in METADATA_KEYS] if _is_object(name, value) else value)
        for name, value in kept
    ]


def _is_object(name, value):
    return name == "metadata" and isinstance(value, list) and all(isinstance(pair, tuple) for pair in value)


@settings(deadline=None)
@given(objects())
@example('{"routing_preferences":[]}')
@example('{"a":1 , "routing_preferences" : [{"x":"}"}] , "b":2}')
@example('{"metadata":{"plano_preference_config":"x"},"routing_policy":1}')
def test_what_is_left_is_the_object_without_those_members(text):
    left = cut(text.encode()).decode()
    assert pairs(left) == without(pairs(text))


@settings(deadline=None)
@given(objects())
@example('{"metadata":{"plano_preference_config":"x"},"metadata":{}}')
def test_a_body_that_need_not_be_looked_through_has_nothing_to_cut(text):
    assert concerns(json.loads(text)) or cut(text.encode()) == text.encode()


def test_a_body_without_such_members_need_not_be_looked_through():
    assert not concerns({"model": "m", "messages": [{"metadata": {"routing_preferences": 1}}]})


@settings(deadline=None)
@given(objects())
def test_every_byte_of_the_others_stays_in_order(text):
    left = cut(text.encode()).decode()
    rest = iter(text)
    assert all(character in rest for character in left)
    assert cut(left.encode()) == left.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"model": "m", "routing_preferences": [1], "n":1.0}', '{"model": "m", "n":1.0}'),
        ('{ "routing_policy":[{"a":"]"}],\n "model" : "m" }', '{ "model" : "m" }'),
        ('{"model":"m" , "routing_preferences":[] }', '{"model":"m" }'),
        ('{"routing_preferences":1, "model":"m", "routing_preferences":2,"routing_policy":3}', '{"model":"m"}'),
        ('{"routing\\u005fpreferences":[], "model":"m"}', '{"model":"m"}'),
        ('{"metadata":{"a":"1", "archgw_preference_config":"x"},"model":"m"}', '{"metadata":{"a":"1"},"model":"m"}'),
        ('{"metadata":{},"routing_policy":1}', '{"metadata":{}}'),
        ('{"metadata":{"plano_preference_config":"x"}}', '{"metadata":{}}'),
        ('{"metadata":"plano_preference_config"}', '{"metadata":"plano_preference_config"}'),
        ('\ufeff {"routing_policy":1}', "\ufeff {}"),
        ('{"messages":[{"routing_preferences":1}]}', '{"messages":[{"routing_preferences":1}]}'),
        ('{"plano_preference_config":1,"seed":' + "9" * 5000 + "}", None),
    ],
)
def test_examples(before, after):
    assert cut(before.encode()) == (before if after is None else after).encode()


@pytest.mark.parametrize(
    "body",
    [
        b'["routing_preferences"]',
        b'{"routing_preferences":[}',
        b'{"routing_preferences":[]} {}',
        b'{"routing_preferences":[],}',
        b'{"routing_preferences" 1}',
        b'{"routing_preferences":1',
        b'{"routing_preferences":"\xff"}',
        b'"routing_preferences"',
        b"{} routing_preferences",
        b"routing_preferences",
        b'{"routing_preferences":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_object_is_refused(body):
    with pytest.raises(NotAnObject):
        cut(body)


@settings(deadline=None)
@given(st.binary(max_size=40).map(lambda noise: b'{"routing_preferences":' + noise))
def test_noise_is_cut_or_refused(body):
    try:
        cut(body)
    except NotAnObject:
        return
