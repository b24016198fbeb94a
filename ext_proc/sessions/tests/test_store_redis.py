"""A real Redis that comes and goes, and others that do not answer."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ext_proc.conversation.turns import Opening
from ext_proc.sessions import store_redis
from ext_proc.sessions.binding import encode
from ext_proc.sessions.identity import identify
from ext_proc.sessions.store_redis import REST_S, RedisStore
from ext_proc.sessions.stores import Found, Outcome, Trouble
from ext_proc.sessions.tests.samples import Time, binding, nothing
from ext_proc.sessions.tests.servers import bulk, command, onwards, real_server, scripted_server
from ext_proc.sessions.tests.turns import sessions

LONG_S = 60.0
SESSIONS = sessions(tenant_header="X-Tenant")


@pytest.fixture(scope="module")
def server():
    with real_server() as running:
        yield running


def redis_store(server, ttl_s=600.0, clock=None, log=nothing):
    return RedisStore(server.address, ttl_s, clock or Time(), log)


def kept(store, *keys):
    async def look():
        return [key for key in keys if (await store.read(key, LONG_S)).binding is not None]

    return asyncio.run(look())


def test_what_is_written_is_read_under_the_documented_key_and_time_to_live(server):
    known = binding("shared")

    async def scenario():
        store = redis_store(server)
        assert (await store.read("k1", LONG_S)).binding is None
        assert await store.write("k1", known, LONG_S) is None
        found = await store.read("k1", LONG_S)
        await store.close()
        return found, store.counts

    found, counts = asyncio.run(scenario())
    assert found == Found(known)
    assert counts == {Outcome.MISS: 1, Outcome.STORE: 1, Outcome.HIT: 1}
    with server.client() as client:
        assert client.get("plano:affinity:k1") == encode(known)
        assert 0 < client.ttl("plano:affinity:k1") <= 600


def test_an_expired_binding_is_gone(server):
    async def scenario():
        store = redis_store(server, ttl_s=0.001)
        await store.write("brief", binding(), LONG_S)
        async with asyncio.timeout(LONG_S):
            while (await store.read("brief", LONG_S)).binding is not None:
                await asyncio.sleep(0)
        await store.close()
        return store.troubles

    assert not asyncio.run(scenario())


def test_a_record_that_is_none_is_an_error_and_no_binding(server):
    with server.client() as client:
        client.set("plano:affinity:odd", b'{"anchor_model": 7}')
        client.lpush("plano:affinity:list", "x")

    async def scenario():
        store = redis_store(server)
        odd, other = await store.read("odd", LONG_S), await store.read("list", LONG_S)
        await store.close()
        return odd, other, store.counts

    odd, other, counts = asyncio.run(scenario())
    assert odd == Found(None, Trouble.GARBLED)
    assert other == Found(None, Trouble.REFUSED)
    assert counts == {Outcome.ERROR: 2}


def test_a_binding_of_another_process_is_found(server):
    script = (
        "import asyncio, sys, time\n"
        "from ext_proc.sessions.store_redis import RedisStore\n"
        "from ext_proc.sessions.tests.samples import binding\n"
        "async def main():\n"
        "    store = RedisStore(sys.argv[1], 600, time.monotonic, lambda event, fields: None)\n"
        "    sys.exit(await store.write('theirs', binding('theirs'), 60) is not None)\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", script, server.address], check=True, cwd=root, timeout=120)
    assert kept(redis_store(server), "theirs") == ["theirs"]


def test_tenants_do_not_meet(server):
    opening = Opening("be brief", ("search",), "hello")

    def session(tenant, **headers):
        named = {"x-tenant": tenant} if tenant is not None else {}
        return identify(named | headers, opening, SESSIONS, implicit=True)

    writer = session("acme", **{"x-model-affinity": "s:1"})
    others = [
        session("other", **{"x-model-affinity": "s:1"}),
        session(None, **{"x-model-affinity": "s:1"}),
        session(None, **{"x-model-affinity": "acme:s:1"}),
        session("acme:s", **{"x-model-affinity": "1"}),
        session("", **{"x-model-affinity": "acme:s:1"}),
        session("other"),
        session("acme"),
    ]
    store = redis_store(server)

    async def scenario():
        await store.write(writer.key, binding(), LONG_S)
        found = [(await store.read(other.key, LONG_S)).binding for other in others]
        mine = (await store.read(writer.key, LONG_S)).binding
        await store.close()
        return found, mine

    found, mine = asyncio.run(scenario())
    assert found == [None] * len(others)
    assert mine == binding()


def test_a_restart_costs_what_was_known_and_nothing_else():
    clock, events = Time(), []

    async def scenario(server):
        store = RedisStore(server.address, 600.0, clock, lambda event, fields: events.append((event, dict(fields))))
        assert await store.write("k", binding(), LONG_S) is None
        server.stop()
        down = [await store.read("k", LONG_S), await store.write("k", binding(), LONG_S)]
        server.start()
        resting = await store.read("k", LONG_S)
        clock.now_s += REST_S
        back = [await store.read("k", LONG_S), await store.write("k", binding(), LONG_S), await store.read("k", LONG_S)]
        await store.close()
        return down, resting, back, store

    with real_server() as server:
        down, resting, back, store = asyncio.run(scenario(server))
    assert down == [Found(None, Trouble.UNREACHABLE), Trouble.RESTING]
    assert resting == Found(None, Trouble.RESTING)
    assert back == [Found(None), None, Found(binding())]
    assert events == [("session_store_failed", {"trouble": "unreachable"})]
    assert store.troubles == {Trouble.UNREACHABLE: 1, Trouble.RESTING: 2}
    assert store.counts[Outcome.ERROR] == 2
    assert store.counts[Outcome.STORE_ERROR] == 1


def test_a_connection_that_was_closed_meanwhile_is_no_trouble():
    async def scenario(server):
        store = redis_store(server)
        await store.write("k", binding(), LONG_S)
        server.stop()
        server.start()
        found = await store.read("k", LONG_S)
        await store.close()
        return found

    with real_server() as server:
        assert asyncio.run(scenario(server)) == Found(None)


# A Redis that does not answer


async def _silent(reader, writer):
    await reader.read()


def test_a_server_that_never_answers_costs_the_deadline_only(monkeypatch):
    # The client's own limits are out of the way, so only the caller's deadline can end the waiting.
    monkeypatch.setattr(store_redis, "CONNECT_S", 10_000.0)
    monkeypatch.setattr(store_redis, "RESPONSE_S", 10_000.0)
    clock = Time()

    async def scenario():
        async with scripted_server(_silent) as port:
            store = RedisStore(f"redis://127.0.0.1:{port}", 600.0, clock, nothing)
            async with asyncio.timeout(LONG_S):
                first = await store.read("k", 0.05)
                second = await store.write("k", binding(), LONG_S)
                clock.now_s += REST_S
                third = await store.write("k", binding(), 0.05)
            await store.close()
            return first, second, third

    assert asyncio.run(scenario()) == (Found(None, Trouble.LATE), Trouble.RESTING, Trouble.LATE)


@pytest.mark.parametrize("deadline_s", [0.0, -1.0])
def test_whoever_has_no_time_does_without_and_disturbs_nobody(server, deadline_s):
    async def scenario():
        store = redis_store(server)
        await store.write("k", binding(), LONG_S)
        late, found = await store.read("k", deadline_s), await store.read("k", LONG_S)
        await store.close()
        return late, found

    assert asyncio.run(scenario()) == (Found(None, Trouble.LATE), Found(binding()))


def test_an_answer_that_comes_too_late_is_never_taken_for_another(server):
    asked, release = [], asyncio.Event()

    async def slow_first(reader, writer):
        while True:
            words = await command(reader)
            if words[0] != b"GET":
                writer.write(b"+OK\r\n")
                continue
            asked.append(words[1])
            if len(asked) == 1:
                await release.wait()
            writer.write(bulk(encode(binding(words[1].decode()))))

    async def scenario():
        async with scripted_server(slow_first) as port:
            store = RedisStore(f"redis://127.0.0.1:{port}", 600.0, Time(), nothing)
            late = await store.read("first", 0.01)
            release.set()
            await asyncio.sleep(0.05)
            found = await store.read("second", LONG_S)
            await store.close()
            return late, found

    late, found = asyncio.run(scenario())
    assert late == Found(None, Trouble.LATE)
    assert found.binding.anchor_model == "plano:affinity:second"


def test_nobody_listening_is_told_apart_from_being_late(tmp_path):
    store = RedisStore(f"unix://{tmp_path}/none", 600.0, Time(), nothing)
    assert asyncio.run(store.read("k", LONG_S)) == Found(None, Trouble.UNREACHABLE)


def test_many_at_once_share_a_bounded_number_of_connections(server, monkeypatch):
    monkeypatch.setattr(store_redis, "MAX_CONNECTIONS", 4)
    store = redis_store(server)

    async def scenario():
        await asyncio.gather(*(store.write(f"many{i}", binding(f"m{i}"), LONG_S) for i in range(200)))
        found = await asyncio.gather(*(store.read(f"many{i}", LONG_S) for i in range(200)))
        with server.client() as client:
            clients = len(client.client_list())
        await store.close()
        return [each.binding.anchor_model for each in found], clients

    anchors, clients = asyncio.run(scenario())
    assert anchors == [f"m{i}" for i in range(200)]
    assert clients <= 4 + 1
    assert store.troubles == Counter()


# Over TLS


def test_a_rediss_address_is_spoken_to_over_tls(server, tmp_path):
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    command_line = [*request.split(" "), "-keyout", key, "-out", certificate]
    subprocess.run(command_line, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def scenario():
        async with scripted_server(onwards(server.socket), ssl=context) as port:
            trusting = RedisStore(f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificate}", 600.0, Time(), nothing)
            written = await trusting.write("tls", binding(), LONG_S)
            found = await trusting.read("tls", LONG_S)
            strict = RedisStore(f"rediss://127.0.0.1:{port}", 600.0, Time(), nothing)
            refused = await strict.read("tls", LONG_S)
            await trusting.close()
            await strict.close()
            return written, found, refused

    written, found, refused = asyncio.run(scenario())
    assert (written, found) == (None, Found(binding()))
    assert refused == Found(None, Trouble.UNREACHABLE)
