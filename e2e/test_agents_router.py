"""A served router that is late, broken or talks nonsense: the embedded one guesses; where nobody can say, the listener
does what it is configured for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.client import CHAT, MESSAGES
from e2e.crew import PATHS, Crew, crew

WEATHER = "What will the weather be like in Paris tomorrow, any rain?"
LONG = "Please tell me whether the temperature will fall and what to wear. " * 400
FAULTS = {"error": "unreachable", "busy": "unreachable", "garbage": "confused", "empty": "confused"}


@pytest.fixture(scope="module")
def world() -> Iterator[Crew]:
    listeners = {
        "travel": "",
        "quick": "decision: {deadline: 700ms, router_failure: refuse}",
        "default": "decision: {deadline: 1ms}",
        "refusing": "decision: {deadline: 1ms, router_failure: refuse}",
    }
    with crew(listeners) as found:
        yield found


@pytest.fixture(autouse=True)
def _fresh(world: Crew) -> None:
    world.reset()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_router_is_replaced_by_a_guess(world: Crew, fault: str) -> None:
    world.router.fake.fault = fault  # type: ignore[assignment]
    reply = world.ask("travel", WEATHER)
    assert (reply.status, world.asked()) == (200, ["weather"])
    assert reply.headers["x-plano-router"].endswith(f"(served: {FAULTS[fault]})")
    assert world.record(reply)["why"] == "matched"


def test_a_router_that_hangs_up_is_replaced_by_a_guess(world: Crew) -> None:
    world.router.trouble = "cut"
    reply = world.ask("travel", WEATHER)
    assert (reply.status, world.asked()) == (200, ["weather"])
    assert "(served: " in reply.headers["x-plano-router"]


def test_a_router_that_hangs_is_replaced_by_a_guess_in_time(world: Crew) -> None:
    """`router_failure: refuse` is for when there is no guess either."""
    world.router.trouble = "hang"
    reply = world.ask("quick", WEATHER)
    assert (reply.status, world.asked()) == (200, ["weather"])
    assert reply.headers["x-plano-router"].endswith("(served: late)")


def test_the_embedded_router_alone() -> None:
    with crew({"travel": ""}, router="embedded") as alone:
        reply = alone.ask("travel", WEATHER)
        assert (reply.status, alone.asked()) == (200, ["weather"])
        assert reply.headers["x-plano-router"].startswith("plano-embedded")
        assert alone.router.fake.requests == []


@pytest.mark.parametrize("path", PATHS)
def test_no_choice_in_time_the_default_answers(world: Crew, path: str) -> None:
    world.router.trouble = "hang"
    reply = world.ask("default", LONG, path)
    assert (reply.status, world.asked()) == (200, ["hotel"])
    assert reply.headers["x-plano-why"] == "router_late"


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_no_choice_in_time_the_listener_refuses(world: Crew, path: str) -> None:
    world.router.trouble = "hang"
    reply = world.ask("refusing", LONG, path)
    assert reply.status == 503 and world.asked() == []
    assert reply.error.get("code", "router_failed") == "router_failed"
    assert world.record(reply)["decision_error"] == "router_failed"
