"""Which store the configuration asks for, and the one in the process."""

from __future__ import annotations

import asyncio

import pytest

from ext_proc.sessions.address import AddressError, resolve
from ext_proc.sessions.store_memory import MemoryStore
from ext_proc.sessions.store_redis import RedisStore
from ext_proc.sessions.stores import Outcome, open_store
from ext_proc.sessions.tests.samples import Time, binding, nothing
from ext_proc.sessions.tests.turns import sessions

LONG_S = 60.0


def memory(max_entries=3, ttl_s=10.0):
    clock = Time()
    return MemoryStore(max_entries, ttl_s, clock), clock


def kept(store, *keys):
    async def look():
        return [key for key in keys if (await store.read(key, LONG_S)).binding is not None]

    return asyncio.run(look())


def keep(store, *keys):
    async def write():
        for key in keys:
            assert await store.write(key, binding(key), LONG_S) is None

    asyncio.run(write())


def test_the_least_recently_used_is_crowded_out():
    store, _ = memory()
    keep(store, "a", "b", "c")
    assert kept(store, "a") == ["a"]
    keep(store, "d")
    assert kept(store, "a", "b", "c", "d") == ["a", "c", "d"]
    assert len(store) == 3


def test_an_entry_lives_as_long_as_it_was_written_for():
    store, clock = memory()
    keep(store, "a")
    clock.now_s = 9.0
    keep(store, "b")
    assert kept(store, "a", "b") == ["a", "b"]
    clock.now_s = 10.0
    assert kept(store, "a") == ["a"]
    clock.now_s = 10.5
    assert kept(store, "a", "b") == ["b"]
    assert len(store) == 1
    assert store.counts == {Outcome.STORE: 2, Outcome.HIT: 4, Outcome.MISS: 1}


def test_expired_entries_make_room_when_something_is_written():
    store, clock = memory(max_entries=100)
    keep(store, *"abc")
    clock.now_s = 11.0
    keep(store, "d")
    assert len(store) == 1


# Opening


def test_the_configuration_says_which_store():
    assert isinstance(open_store(sessions(), {}, Time(), nothing), MemoryStore)


PASSWORD = "p4ss-w0rd"


@pytest.mark.parametrize("template", ["redis://:$PW@127.0.0.1:6379/0", "$URL", "rediss://:${PW}@cache"])
def test_addresses_may_come_from_the_environment_and_are_never_shown(template):
    environ = {"PW": PASSWORD, "URL": f"redis://:{PASSWORD}@127.0.0.1:6379"}
    store = open_store(sessions(store="redis", url=template), environ, Time(), nothing)
    assert isinstance(store, RedisStore)
    assert PASSWORD not in repr(store)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("redis://:$PW@$HOST", "needs HOST, which is not set"),
        ("$PW", "is no redis://"),
        ("http://$PW", "is no redis://"),
        ("redis://", "is no redis://"),
        ("redis://h:port", "is no redis://"),
        ("", "is no redis://"),
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_it(template, told):
    with pytest.raises(AddressError, match=told) as raised:
        resolve(template, {"PW": PASSWORD})
    assert PASSWORD not in str(raised.value)


def test_two_dollar_signs_are_one():
    assert resolve("redis://:a$$b@h", {}) == "redis://:a$b@h"
