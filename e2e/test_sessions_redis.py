"""Conversations in a Redis that gateways share; one that is down or hangs costs them their memory, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from e2e.choosing import CODE, GPT, LLAMA, PREFERENCES, WRITING, Stage, stage, until
from e2e.redis import RealServer, real_server, silent_server

REDIS = "routing: {session_cache: {type: redis, url: $REDIS_URL, tenant_header: x-org-id}}\n"
PATIENCE_MS = 2000
"""A decision waits a tenth of a second for its store. On a slow machine it may be more; Redis's own limits are far
above."""


def headers(name: str) -> dict[str, str]:
    return {"x-model-affinity": name, "x-org-id": "acme"}


def pinned(made: Stage, name: str) -> bool:
    return bool(made.question(WRITING, headers=headers(name))["pinned"])


@pytest.fixture(scope="module")
def server() -> Iterator[RealServer]:
    with real_server() as made:
        yield made


def test_two_gateways_share_their_conversations(server: RealServer) -> None:
    with ExitStack() as opened:
        environ = {"REDIS_URL": server.address}
        one = opened.enter_context(stage(PREFERENCES, REDIS, environ=environ))
        other = opened.enter_context(stage(PREFERENCES, REDIS, environ=environ, workers=2))
        names = (f"shared-{n}" for n in count())

        def told() -> str | None:
            """Begun at the one, continued at the other; a slow moment may make either miss its store."""
            name = next(names)
            until(lambda: pinned(one, name))
            shown = other.ask(CODE, headers=headers(name)).headers
            return name if (shown["x-plano-model"], shown["x-plano-why"]) == (GPT, "continuation") else None

        name = until(told)
        with server.client() as client:
            assert client.exists(f"plano:affinity:acme:{name}")
            lives_ms = client.pttl(f"plano:affinity:acme:{name}")
        assert isinstance(lives_ms, int) and 0 < lives_ms <= 600_000


def test_a_redis_that_goes_and_comes_back() -> None:
    with real_server() as server, stage(PREFERENCES, REDIS, environ={"REDIS_URL": server.address}) as made:
        until(lambda: pinned(made, "there"))
        server.stop()
        for _ in range(5):
            reply = made.ask(CODE, headers=headers("there"))
            assert (reply.status, reply.headers["x-plano-model"]) == (200, LLAMA)
            assert made.decision(reply)["steps_ms"]["session"] < PATIENCE_MS
        assert "session_store_failed" in made.gateway.sidecar_log()
        server.start()
        until(lambda: pinned(made, "again"))


def test_a_redis_that_is_not_there() -> None:
    with stage(PREFERENCES, REDIS, environ={"REDIS_URL": "redis://:s3cret@127.0.0.1:1"}) as made:
        for _ in range(5):
            assert made.ask(WRITING, headers=headers("x")).headers["x-plano-model"] == GPT
        assert made.ask(CODE, headers=headers("x")).headers["x-plano-model"] == LLAMA
        assert "s3cret" not in made.gateway.sidecar_log()


def test_a_redis_that_hangs() -> None:
    """Each decision waits a tenth of a second at most, and most of them not even that."""
    with silent_server() as address, stage(PREFERENCES, REDIS, environ={"REDIS_URL": address}) as made:
        for _ in range(8):
            reply = made.ask(WRITING, headers=headers("x"))
            assert (reply.status, reply.headers["x-plano-model"]) == (200, GPT)
            assert made.decision(reply)["steps_ms"]["session"] < PATIENCE_MS
        assert made.ask(CODE, headers=headers("x")).headers["x-plano-model"] == LLAMA
