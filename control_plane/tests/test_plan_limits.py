"""Which written timeout or retry holds, and what holds when nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from control_plane.config import Agent, ListenerAgent, ModelProvider, Overrides, Retry, Timeouts
from control_plane.gateway import ModelRoute
from control_plane.plan.limits import retrying, waiting
from control_plane.tests.plan_inputs import agents, alias, config, listener, models, place, planned, provider


def timeouts(**more: float) -> Timeouts:
    return Timeouts(at=place(), **more)


def retry(**more: Any) -> Retry:
    return Retry(at=place(), **more)


def route(
    *, on_alias: dict[str, Any] | None = None, on_listener: dict[str, Any] | None = None, entries: Any = None
) -> ModelRoute:
    """The route of an alias over one provider, or of the entries given."""
    providers: tuple[ModelProvider, ...] = entries or (provider("openai/a"),)
    whole = config(
        *providers,
        listeners=(listener(**(on_listener or {})),),
        model_aliases=(alias("x", *(p.model for p in providers), **(on_alias or {})),),
    )
    return next(r for r in models(planned(whole)).routes if r.name == "x")


SLOW = provider("openai/a", timeouts=timeouts(first_byte=50, idle=60, total=70))
SLOWER = provider("groq/b", timeouts=timeouts(first_byte=55, total=65))


@pytest.mark.parametrize(
    "given, expected",
    [
        pytest.param({}, (300, 300, None), id="defaults"),
        pytest.param(
            {"on_alias": {"timeouts": timeouts(idle=20)}}, (20, 20, None), id="short idle, shorter first byte"
        ),
        pytest.param({"on_alias": {"timeouts": timeouts(first_byte=900)}}, (900, 900, None), id="patience is silence"),
        pytest.param({"on_listener": {"timeout": 30.0}}, (300, 300, 30), id="listener timeout is the total"),
        pytest.param(
            {"on_listener": {"timeout": 30.0, "timeouts": timeouts(total=40)}}, (300, 300, 40), id="total over timeout"
        ),
        pytest.param(
            {"on_listener": {"timeout": 30.0}, "on_alias": {"timeouts": timeouts(total=0)}},
            (300, 300, None),
            id="0: none",
        ),
        pytest.param({"entries": (SLOW,)}, (50, 60, 70), id="provider"),
        pytest.param({"entries": (SLOW, SLOWER)}, (55, 60, 70), id="the most patient provider"),
        pytest.param(
            {"entries": (SLOW,), "on_listener": {"timeouts": timeouts(first_byte=5)}}, (5, 60, 70), id="listener first"
        ),
        pytest.param(
            {
                "on_listener": {"timeouts": timeouts(first_byte=5, idle=6)},
                "on_alias": {"timeouts": timeouts(first_byte=4)},
            },
            (4, 6, None),
            id="alias first of all, field by field",
        ),
    ],
)
def test_timeouts(given: dict[str, Any], expected: tuple[float, float, float | None]) -> None:
    found = route(**given).timeouts
    assert (found.first_byte_s, found.idle_s, found.total_s) == expected


TRIES = provider("openai/a", retry=retry(attempts=4))


@pytest.mark.parametrize(
    "given, attempts",
    [
        pytest.param({}, 0, id="none"),
        pytest.param({"on_listener": {"max_retries": 3}}, 3, id="max_retries"),
        pytest.param({"on_listener": {"max_retries": 3, "retry": retry(attempts=2)}}, 2, id="retry over max_retries"),
        pytest.param({"on_listener": {"max_retries": 3}, "on_alias": {"retry": retry(attempts=0)}}, 0, id="alias"),
        pytest.param({"entries": (TRIES,)}, 4, id="provider"),
        pytest.param({"entries": (TRIES,), "on_listener": {"max_retries": 1}}, 1, id="listener over provider"),
        pytest.param({"entries": (TRIES,), "on_listener": {"retry": retry(attempts=0)}}, 0, id="listener switches off"),
        pytest.param({"entries": (provider("openai/a"), provider("groq/b"), provider("xai/c"))}, 2, id="every target"),
        pytest.param(
            {"entries": (provider("openai/a"), provider("groq/b")), "on_alias": {"retry": retry(attempts=0)}},
            1,
            id="failover needs its retry",
        ),
    ],
)
def test_retries(given: dict[str, Any], attempts: int) -> None:
    found = route(**given).retry
    assert found.attempts == attempts
    assert bool(found.on) == bool(found.status_codes) == (attempts > 0)


def test_a_split_is_tried_twice() -> None:
    whole = config(provider("openai/a"), provider("groq/b"), model_aliases=(alias("x", ("a", 1), ("b", 1)),))
    assert next(r for r in models(planned(whole)).routes if r.name == "x").retry.attempts == 1


@pytest.mark.parametrize(
    "entries, backoff",
    [
        pytest.param((provider("openai/a"), provider("openai/b")), (0.5, 5.0), id="the same place again"),
        pytest.param((provider("openai/a"), provider("groq/b")), (0.025, 0.25), id="another place"),
        pytest.param((provider("openai/a", retry=retry(backoff_base=9.0)),), (9.0, 9.0), id="written"),
    ],
)
def test_back_off(entries: tuple[ModelProvider, ...], backoff: tuple[float, float]) -> None:
    found = route(entries=entries).retry
    assert (found.backoff_base_s, found.backoff_max_s) == backoff


def test_choices_know_their_line() -> None:
    on_alias = alias("x", "openai/a", timeouts=timeouts(idle=7), retry=retry(on=("reset",)))
    here = listener(max_retries=2)
    wait, again = waiting(here, on_alias, [SLOW]), retrying(here, on_alias, [SLOW], at_least=0, clusters=1)
    assert on_alias.timeouts and on_alias.retry and SLOW.timeouts
    assert (wait.idle.at, wait.first_byte.at) == (on_alias.timeouts.at, SLOW.timeouts.at)
    assert (again.on.at, again.attempts.at, again.backoff_base.at) == (on_alias.retry.at, here.at, None)


@pytest.mark.parametrize(
    "written, expected",
    [
        pytest.param({}, (300, 300, None), id="defaults"),
        pytest.param({"timeout": 30.0}, (30, 300, None), id="a timeout never cuts an agent that answers"),
        pytest.param({"timeout": 900.0}, (900, 900, None), id="patience is silence"),
        pytest.param({"timeouts": timeouts(total=60)}, (300, 300, 60), id="total where it is asked for"),
    ],
)
def test_agent_timeouts(written: dict[str, Any], expected: tuple[float, float, float | None]) -> None:
    whole = config(listeners=(listener("agent", port=8001, **written),))
    found = agents(planned(whole)).timeouts
    assert (found.first_byte_s, found.idle_s, found.total_s) == expected


def test_connect_timeout_of_an_entry_over_the_override() -> None:
    whole = config(
        *(provider("openai/a", timeouts=timeouts(connect=2)), provider("groq/b")),
        overrides=Overrides(upstream_connect_timeout=7.0, at=place()),
    )
    assert [c.connect_timeout_s for c in planned(whole).clusters] == [2, 7]


def test_a_listener_with_its_own_connect_timeout_has_its_own_connections() -> None:
    whole = config(
        provider("openai/a", timeouts=timeouts(connect=2)),
        listeners=(
            listener("model", name="patient", port=1),
            listener("model", name="hasty", port=2, timeouts=timeouts(connect=0.5)),
        ),
    )
    made = planned(whole)
    assert {c.name: c.connect_timeout_s for c in made.clusters} == {"openai": 2, "openai-2": 0.5}
    used = [models(made, at).routes[0].variants[0].groups[0][0].cluster for at in (0, 1)]
    assert used == ["openai", "openai-2"]


def test_an_agent_connects_as_its_listener_asks() -> None:
    asked = ListenerAgent(id="weather", description="the weather of the week", at=place())
    whole = config(
        listeners=(listener("agent", port=8001, agents=(asked,), timeouts=timeouts(connect=0.5)),),
        agents=(Agent(id="weather", url="http://weather:80", at=place()),),
    )
    assert [c.connect_timeout_s for c in planned(whole).clusters if c.name.startswith("agent_")] == [0.5]
