"""Conversations keep their model: across requests, across workers, for as long as configured, for their tenant only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from e2e.choosing import (
    CODE,
    GPT,
    LLAMA,
    MINI,
    NEITHER,
    PATHS,
    PREFERENCES,
    SMALL,
    WRITING,
    Stage,
    body,
    stage,
    until,
    with_tool_result,
)
from e2e.client import CHAT, MESSAGES, Reply, call

_NUMBERS = count(1)


def affine(tenant: str = "", **more: str) -> dict[str, str]:
    """Headers of a conversation nobody has had before."""
    named = {"x-model-affinity": f"conversation-{next(_NUMBERS)}"} | ({"x-org-id": tenant} if tenant else {})
    return named | {name.replace("_", "-"): value for name, value in more.items()}


def model_of(made: Stage, text: str, headers: dict[str, str], path: str = CHAT) -> tuple[str, str]:
    """The model and the reason."""
    reply = made.ask(text, SMALL if path == MESSAGES else MINI, path, headers=headers)
    assert reply.status == 200, reply
    return reply.headers["x-plano-model"], reply.headers["x-plano-why"]


def begin(made: Stage, text: str, headers: dict[str, str]) -> None:
    """The first turn, and it is remembered: a moment after the answer."""
    made.question(text, headers=headers)
    until(lambda: made.question(text, headers=headers)["pinned"])
    made.reset()


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with stage(PREFERENCES) as made:
        yield made


@pytest.mark.parametrize("path", PATHS)
def test_an_id_pins_the_model_of_its_first_turn(world: Stage, path: str) -> None:
    headers = affine()
    first = GPT
    assert model_of(world, WRITING, headers, path) == (first, "preference")
    until(lambda: model_of(world, WRITING, headers, path)[1] == "continuation")
    world.reset()
    assert model_of(world, CODE, headers, path) == (first, "continuation")
    assert not world.router.seen, "the router is not asked for a pinned conversation"


def test_other_ids_and_none_are_routed(world: Stage) -> None:
    begin(world, WRITING, affine())
    assert model_of(world, CODE, affine()) == (LLAMA, "preference")
    assert model_of(world, CODE, {}) == (LLAMA, "preference")


def test_failover_of_a_pinned_conversation_goes_on_with_its_preference(world: Stage) -> None:
    headers = affine()
    begin(world, CODE, headers)
    world.groq.always(status=500)
    assert world.ask(WRITING, headers=headers).status == 200
    assert world.attempts() == [("groq", "llama-3.3-70b"), ("openai", "gpt-4o")]


def test_small_talk_does_not_pin(world: Stage) -> None:
    headers = affine()
    assert model_of(world, NEITHER, headers) == (MINI, "no_match")
    assert model_of(world, CODE, headers) == (LLAMA, "preference")


def test_new_directions_make_a_conversation_cold(world: Stage) -> None:
    """Another system prompt: no provider has it cached, so staying has no merit."""
    headers = affine()
    system = {"role": "system", "content": "you are brief"}

    def turn(text: str, *before: dict[str, str]) -> str:
        sent = {"model": MINI, "messages": [*before, {"role": "user", "content": text}]}
        return call(world.port, CHAT, sent, headers).headers["x-plano-why"]

    assert turn(WRITING, system) == "preference"
    until(lambda: turn(WRITING, system) == "continuation")
    assert turn(CODE, system | {"content": "you are long-winded"}) == "preference"


@pytest.mark.parametrize(
    "name", ["é ✓".encode().decode("latin-1"), "a b  c", "%41:%3A", "x" * 3000, "'; drop table --"]
)
def test_any_id_will_do(world: Stage, name: str) -> None:
    headers = {"x-model-affinity": f"{name}{next(_NUMBERS)}"}
    begin(world, WRITING, headers)
    assert model_of(world, CODE, headers) == (GPT, "continuation")


def test_the_record_tells_of_the_conversation(world: Stage) -> None:
    headers = affine()
    begin(world, WRITING, headers)
    record = world.decision(world.ask(CODE, headers=headers))
    assert record["plano.session_id"] == headers["x-model-affinity"]
    assert (record["plano.routing.skipped"], record["plano.cache.warm"]) == (True, True)
    assert record["plano.cache.idle_ms"] >= 0


@pytest.mark.parametrize(("ttl_s", "why"), [(1, "preference"), (600, "continuation")])
def test_the_time_to_live_takes_effect(ttl_s: int, why: str) -> None:
    """Two gateways that differ in nothing else, and the same pause."""
    with stage(PREFERENCES, f"routing: {{session_ttl_seconds: {ttl_s}}}\n") as made:
        headers = affine()
        made.question(WRITING, headers=headers)
        time.sleep(3)
        assert model_of(made, CODE, headers)[1] == why


@pytest.fixture(scope="module")
def tenants() -> Iterator[Stage]:
    with stage(PREFERENCES, "routing: {session_cache: {tenant_header: X-Org-Id}}\n") as made:
        yield made


def test_tenants_do_not_share_a_conversation(tenants: Stage) -> None:
    headers = affine("acme")
    begin(tenants, WRITING, headers)
    assert model_of(tenants, CODE, headers) == (GPT, "continuation")
    for other in ({"x-org-id": "other"}, {"x-org-id": "acme:"}):
        assert model_of(tenants, CODE, headers | other) == (LLAMA, "preference")
    # Whoever names no tenant shares with those who name none.
    del headers["x-org-id"]
    assert model_of(tenants, CODE, headers) == (LLAMA, "preference")


def test_colons_do_not_move_the_border_between_tenant_and_id(tenants: Stage) -> None:
    begin(tenants, WRITING, {"x-org-id": "a", "x-model-affinity": "b:c"})
    assert model_of(tenants, CODE, {"x-org-id": "a:b", "x-model-affinity": "c"}) == (LLAMA, "preference")


# Two workers: a conversation's turns reach any of them.


@pytest.fixture(scope="module")
def pair() -> Iterator[Stage]:
    with stage(PREFERENCES, workers=2) as made:
        yield made


def test_workers_remember_together(pair: Stage) -> None:
    """Twenty conversations with ten turns each: none loses its model, whichever worker decides."""
    for _ in range(20):
        headers = affine()
        begin(pair, WRITING, headers)
        found = {model_of(pair, CODE, headers) for _ in range(10)}
        assert found == {(GPT, "continuation")}


def test_many_at_once_do_not_mix(pair: Stage) -> None:
    """Each call gets its own decision, each conversation its own model."""
    expected = {CODE: LLAMA, WRITING: GPT, NEITHER: MINI}

    def ask(number: int) -> bool:
        text = list(expected)[number % 3]
        return model_of(pair, text, {})[0] == expected[text]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(150)))


def answered(made: Stage, headers: dict[str, str]) -> Reply:
    """The first answer that is one."""

    def ask() -> Reply | None:
        reply = made.ask(CODE, headers=headers)
        return reply if reply.status == 200 else None

    return until(ask)


def test_what_a_worker_remembered_outlives_it() -> None:
    with stage(PREFERENCES, workers=2) as made:
        known = [affine() for _ in range(6)]
        for headers in known:
            begin(made, WRITING, headers)
        made.gateway.workers[0].kill()
        made.gateway.workers[0].wait(20)
        for headers in known:
            # What the dead worker would have been asked is refused until Envoy knows; that changes no memory.
            reply = answered(made, headers)
            assert (reply.headers["x-plano-model"], reply.headers["x-plano-why"]) == (GPT, "continuation")


# Turns in which no user speaks.


@pytest.fixture(scope="module")
def by_turn() -> Iterator[Stage]:
    with stage(PREFERENCES, "routing: {route_on_user_only: true}\n", workers=2) as made:
        yield made


def conversation(text: str) -> str:
    """The beginning of a conversation nobody had before."""
    return f"{text}, please, number {next(_NUMBERS)}"


@pytest.mark.parametrize("path", PATHS)
def test_results_of_tools_stay_with_the_turns_model(by_turn: Stage, path: str) -> None:
    """An agent's loop: one decision for what the user said, none for what its tools say."""
    text, requested = conversation(WRITING), SMALL if path == MESSAGES else MINI
    first = GPT
    assert by_turn.ask(text, requested, path).headers["x-plano-model"] == first
    sent = with_tool_result(text, path, requested)
    until(lambda: call(by_turn.port, path, sent).headers["x-plano-why"] == "continuation")
    by_turn.reset()
    for _ in range(4):
        reply = call(by_turn.port, path, sent)
        assert (reply.headers["x-plano-model"], reply.headers["x-plano-why"]) == (first, "continuation")
    assert not by_turn.router.seen


def test_a_user_who_speaks_again_is_routed_anew(by_turn: Stage) -> None:
    text = conversation(WRITING)
    begin(by_turn, WRITING, {"x-model-affinity": text})
    said = [
        {"role": "user", "content": text},
        {"role": "assistant", "content": "Roses are red"},
        {"role": "user", "content": CODE},
    ]
    reply = call(by_turn.port, CHAT, {"model": MINI, "messages": said})
    assert (reply.headers["x-plano-model"], reply.headers["x-plano-why"]) == (LLAMA, "preference")


def test_cache_off_forgets_the_conversation(by_turn: Stage) -> None:
    text = conversation(WRITING)
    off = {"x-plano-cache": "off"}
    assert by_turn.ask(text, headers=off).headers["x-plano-model"] == GPT
    sent = with_tool_result(text, CHAT)
    for _ in range(3):
        assert call(by_turn.port, CHAT, sent, off).headers["x-plano-why"] == "preference"
    assert "session_id" not in by_turn.question(text, headers=off)


def test_an_implicit_conversation_has_an_id(by_turn: Stage) -> None:
    text = conversation(WRITING)
    first, again = by_turn.question(text), by_turn.question(text)
    other = by_turn.question(conversation(WRITING))
    assert first["session_id"].startswith("implicit:")
    assert first["session_id"] == again["session_id"] != other["session_id"]
    assert text not in str(first)


def test_without_the_setting_nothing_is_recognised(world: Stage) -> None:
    text = conversation(WRITING)
    assert "session_id" not in world.question(text)
    assert call(world.port, CHAT, with_tool_result(text, CHAT)).headers["x-plano-why"] == "preference"
    assert call(world.port, CHAT, body(CODE)).headers["x-plano-model"] == LLAMA


def test_prompt_caching_recognises_conversations_too() -> None:
    with stage(PREFERENCES, "prompt_caching: {enabled: true}\n") as made:
        text = conversation(WRITING)
        until(lambda: made.question(text)["pinned"])
        assert made.question(text)["session_id"].startswith("implicit:")
        # Recognised, but not pinned: only an id of the client's is its word that it is one conversation.
        assert made.ask(text).headers["x-plano-why"] == "preference"
