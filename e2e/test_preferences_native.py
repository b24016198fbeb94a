"""A model that is named, and no preferences: no Python is involved, and none is missed when it is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from e2e.choosing import ALIASES, MINI, NEITHER, PATHS, PREFERENCES, SMALL, SONNET, Clients, Stage, stage
from e2e.client import CHAT, MESSAGES, call

OWN = [{"name": "own", "description": "all that is mine", "models": [SMALL]}]


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    """The sidecar's only worker is stopped before the first test."""
    with stage(ALIASES, default=True) as made:
        made.decision(made.ask("this is mine", routing_preferences=OWN))
        for worker in made.gateway.workers:
            worker.terminate()
            worker.wait(20)
        yield made


@pytest.mark.parametrize("path", PATHS)
def test_named_models_are_served_without_the_sidecar(world: Stage, sdk: Clients, path: str) -> None:
    model = SONNET if path == MESSAGES else MINI
    sdk.ask(path, NEITHER, model)
    assert world.attempts() == [tuple(model.split("/"))]


@pytest.mark.parametrize(
    ("model", "attempt"),
    [("fast", "gpt-4o-mini"), ("safe", "gpt-4o"), ("gpt-4o", "gpt-4o"), (None, "gpt-4o")],
)
def test_so_are_aliases_and_the_default(world: Stage, model: str | None, attempt: str) -> None:
    reply = world.ask(NEITHER, model)
    assert reply.status == 200
    assert not [name for name in reply.headers if name.startswith("x-plano-")]
    assert world.attempts() == [("openai", attempt)]


def test_the_text_may_speak_of_preferences(world: Stage) -> None:
    assert world.ask("what does routing_preferences mean?", metadata={"routing_preferences": "x"}).status == 200
    assert json.loads(world.openai.last.body)["metadata"] == {"routing_preferences": "x"}


def test_failover_needs_no_sidecar(world: Stage) -> None:
    world.openai.always(status=500)
    assert world.ask(NEITHER, "safe").status == 200
    assert world.attempts()[-1] == ("groq", "llama-3.3-70b")


@pytest.mark.parametrize("path", [CHAT, f"/routing{CHAT}"])
def test_what_needs_the_sidecar_is_refused_not_guessed(world: Stage, path: str) -> None:
    reply = call(world.port, path, {"model": MINI, "messages": [], "routing_preferences": OWN})
    assert (reply.status, reply.error["code"]) == (503, "decision_unavailable")
    assert not world.seen()


def test_no_record_was_written(world: Stage) -> None:
    """The one decision is that of the fixture."""
    assert len(world.gateway.decisions()) == 1


def test_a_listener_may_go_on_without_its_sidecar() -> None:
    """With `sidecar_failure: default` the requested model answers, and the answer says so."""
    with stage(PREFERENCES, decision="sidecar_failure: default") as made:
        for worker in made.gateway.workers:
            worker.kill()
            worker.wait(20)
        reply = made.ask("fix my python")
        assert (reply.status, reply.headers["x-plano-why"]) == (200, "sidecar_failed")
        assert made.attempts() == [("openai", "gpt-4o-mini")]
        # Nobody else can answer a question: its path is no provider's.
        asked = call(made.port, f"/routing{CHAT}", {"model": MINI, "messages": []})
        assert (asked.status, asked.error["code"]) == (503, "decision_unavailable")
        assert made.attempts() == [("openai", "gpt-4o-mini")]
