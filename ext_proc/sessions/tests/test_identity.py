"""Which conversation a request belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.conversation.turns import Opening
from ext_proc.sessions import fnv
from ext_proc.sessions.fnv import OFFSET, PRIME, fnv1a64
from ext_proc.sessions.identity import identify, store_key
from schemas.runtime import Sessions

SESSIONS = Sessions(
    ttl_s=600.0,
    max_entries=10,
    store="memory",
    url=None,
    tenant_header=None,
    implicit=True,
    route_on_user_only=False,
    budget=None,
)
TENANTS = replace(SESSIONS, tenant_header="X-Tenant")
OPENING = Opening("be brief", ("search", "fetch"), "hello")
# Half a surrogate pair is what a client can write and no store can keep.
TEXTS = st.text(st.characters(codec=None), max_size=30) | st.sampled_from(["\ud800", "a:b", "%3A", ":", "i" * 300])


def known(opening=OPENING, sessions=SESSIONS, implicit=True, caller="", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return identify(named, opening, sessions, implicit=implicit, caller=caller)


@pytest.mark.parametrize("sessions", [SESSIONS, TENANTS])
def test_no_caller_reaches_the_conversation_of_another(sessions):
    named = {"x_model_affinity": "mine", "x_tenant": "t"}
    keys = {known(sessions=sessions, caller=caller, **named).key for caller in ("", "key:ann", "key:bob", "key:ann/t")}
    assert len(keys) == 4
    guessed = {known(sessions=sessions, caller=caller).key for caller in ("key:ann", "key:bob")}
    assert len(guessed) == 2


def plain_fnv(data: bytes) -> int:
    state = OFFSET
    for byte in data:
        state = (state ^ byte) * PRIME % 2**64
    return state


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (b"foobar", 0x85944171F73967E8)],
)
def test_the_yardstick_itself_gives_the_published_values(data, expected):
    assert plain_fnv(data) == expected


@settings(deadline=None)
@given(st.lists(st.text(max_size=20) | st.text(min_size=500, max_size=1500), max_size=4))
def test_texts_are_hashed_one_after_another_with_a_separator_behind_each(texts):
    expected = plain_fnv(b"".join(text.encode("utf-8", "surrogatepass") + b"\x1f" for text in texts))
    assert fnv1a64(*texts) == expected
    assert fnv1a64(*texts) == expected


def test_an_enormous_text_costs_a_bounded_number_of_steps_and_still_tells_texts_apart(monkeypatch):
    stepped, step = [], fnv._step

    def count(state, text):
        stepped.append(len(text))
        return step(state, text)

    monkeypatch.setattr(fnv, "_step", count)
    start = "x" * 3 * fnv.LIMIT_BYTES
    assert fnv1a64(start + "1") != fnv1a64(start + "2")
    assert max(stepped) <= fnv.LIMIT_BYTES + 16


def test_the_memory_of_hashes_is_bounded(monkeypatch):
    monkeypatch.setattr(fnv, "_REMEMBERED", 4)
    monkeypatch.setattr(fnv, "_remembered", {})
    sizes = []
    for number in range(20):
        fnv1a64(str(number) * 600)
        sizes.append(len(fnv._remembered))
    assert max(sizes) == 4


def test_ids_and_hashes_are_those_other_gateways_make():
    beginning = b"plano-affinity-v1\x1facme\x1fbe brief\x1fsearch,fetch\x1f"
    session = known(sessions=TENANTS, x_tenant="acme")
    assert session.prefix == plain_fnv(beginning)
    assert session.id == f"implicit:{plain_fnv(beginning + bytes('hello', 'ascii') + bytes([0x1F])):016x}"
    assert session.key == f"acme:{session.id}"
    assert not session.explicit


@pytest.mark.parametrize(
    ("other", "same_id", "same_prefix"),
    [
        (OPENING, True, True),
        (replace(OPENING, first="goodbye"), False, True),
        (replace(OPENING, system="be long"), False, False),
        (replace(OPENING, tools=("search",)), False, False),
        (replace(OPENING, tools=("fetch", "search")), False, False),
        (Opening("be briefsearch,fetch", (), "hello"), False, False),
    ],
)
def test_what_tells_conversations_apart(other, same_id, same_prefix):
    ours, theirs = known(), known(other)
    assert (ours.id == theirs.id) is same_id
    assert (ours.prefix == theirs.prefix) is same_prefix


def test_a_tenant_is_part_of_everything():
    ours, theirs = known(sessions=TENANTS, x_tenant="a"), known(sessions=TENANTS, x_tenant="b")
    assert ours.id != theirs.id
    assert ours.key != theirs.key
    assert ours.prefix != theirs.prefix


@pytest.mark.parametrize("first", [None, "", "  \n"])
def test_without_words_of_a_user_there_is_no_implicit_session(first):
    assert known(replace(OPENING, first=first)) is None
    assert known(replace(OPENING, first=first), x_model_affinity="mine").id == "mine"


def test_an_id_of_the_client_wins():
    session = known(x_model_affinity=" mine ")
    assert (session.id, session.key, session.explicit) == ("mine", "mine", True)
    assert session.prefix == known().prefix


def test_an_empty_id_is_none():
    assert not known(x_model_affinity="  ").explicit


@pytest.mark.parametrize("value", ["off", "OFF", " off "])
def test_cache_off_leaves_only_what_the_client_named(value):
    assert known(x_plano_cache=value) is None
    named = known(x_plano_cache=value, x_model_affinity="mine")
    assert (named.id, named.prefix) == ("mine", None)


@pytest.mark.parametrize("value", ["on", "", "0"])
def test_other_values_of_the_cache_header_mean_nothing(value):
    assert known(x_plano_cache=value) == known()


def test_implicit_sessions_are_only_where_they_are_wanted():
    assert known(implicit=False) is None
    assert known(implicit=False, x_model_affinity="mine") is not None


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_keys_of_two_tenants_never_meet(tenant, id, other, other_id):
    key = store_key(tenant, id)
    same = key == store_key(other, other_id)
    assert key.encode()
    assert same is ((tenant, id) == (other, other_id))


def test_a_request_without_its_tenant_reaches_no_tenants_keys():
    assert known(sessions=TENANTS, x_model_affinity="acme:mine").key == ":acme:mine"
    assert known(sessions=TENANTS, x_tenant="acme", x_model_affinity="mine").key == "acme:mine"


def test_a_long_id_makes_a_short_key():
    one, two = known(x_model_affinity="i" * 5000), known(x_model_affinity="i" * 5000 + "j")
    assert len(one.key) < 64
    assert one.key != two.key
