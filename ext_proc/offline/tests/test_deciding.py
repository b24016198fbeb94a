"""What a preview tells about each way a decision can come out, with a router that says what the test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from ext_proc.offline import choosers, deciding
from ext_proc.offline.deciding import Asked, UnknownListener
from router_model.choice import Choice, Question, RouterLate, RouterUnreachable, Score
from schemas.runtime import Agent, Decision, Listener, Preference, Route, Router, RuntimeConfig, Sessions, Target

CHAT = "/v1/chat/completions"
DECISION = Decision(
    always=(CHAT,),
    mode="parallel",
    deadline_s=1.0,
    total_s=5.0,
    no_match="default",
    router_failure="default",
    agent_failure="fail",
    headers=True,
)


def agent(id: str, *, default: bool = False) -> Agent:
    return Agent(
        id=id,
        description=f"all about {id}",
        examples=(),
        default=default,
        key=f"@{id}",
        outbound=f"agent/crew/{id}",
        endpoints=(CHAT,),
        input_filters=(),
    )


def route(model: str) -> Route:
    target = Target(cluster="p", model=model, strip_prefix="", weight=1, dialect="openai_chat", endpoints=(CHAT,))
    return Route(name=f"p/{model}", groups=((target,),), native=(CHAT,))


CREW = Listener(
    name="crew",
    kind="agent",
    router=None,
    decision=DECISION,
    agents=(agent("weather", default=True), agent("flights")),
    routes=(),
    names={},
    prefixes={},
    default=None,
    allowances=(),
    input_filters=(),
    output_filters=(),
)
LLM = replace(
    CREW,
    name="llm",
    kind="model",
    agents=(),
    routes=(route("a"), route("b")),
    names={"p/a": "p/a", "p/b": "p/b"},
    default="p/a",
)
PREFERENCES = tuple(
    Preference(name=name, description=f"all about {name}", examples=(), models=models, prefer="none")
    for name, models in (("code", ("p/b", "p/a")), ("prose", ("p/a",)))
)


def config(*listeners: Listener, preferences: tuple[Preference, ...] = PREFERENCES) -> RuntimeConfig:
    return RuntimeConfig(
        listeners=listeners,
        preferences=preferences,
        router=Router(kind="embedded", outbound=None, model=None, prompt="", context_tokens=1, threshold=None),
        sources=(),
        sessions=Sessions(
            ttl_s=600.0,
            max_entries=10,
            store="redis",
            url="redis://nowhere",
            tenant_header=None,
            implicit=True,
            route_on_user_only=True,
            budget=None,
        ),
        filters=(),
        settings={},
    )


class Says:
    """Chooses the options whose names the last turn holds; "late" and "down" fail."""

    version = "says"

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        text = question.conversation[-1].text
        if text in ("late", "down"):
            raise {"late": RouterLate, "down": RouterUnreachable}[text]("as asked")
        scores = tuple(Score(option.name, 0.9 if option.name in text else 0.1) for option in question.options)
        chosen = tuple(score for score in scores if score.probability > 0.5)
        return Choice(
            chosen=chosen if question.several else chosen[:1],
            scores=scores,
            confidence=0.9,
            threshold=0.5,
            router="says",
            prompt="",
            seconds=0.001,
        )


@pytest.fixture(autouse=True)
def _says(monkeypatch) -> None:
    @asynccontextmanager
    async def ready(*_: object, **__: object) -> AsyncIterator[Says]:
        yield Says()

    monkeypatch.setattr(choosers, "ready", ready)


def decide(listener: Listener, *texts: str, model: str = "", **more: Any) -> list[dict[str, Any]]:
    bodies = [{"messages": [{"role": "user", "content": text}]} | more for text in texts]
    calls = [Asked(CHAT, model, json.dumps(body).encode()) for body in bodies]
    return asyncio.run(deciding.decide(config(CREW, LLM, listener), listener.name, calls, "configured", None))


@pytest.mark.parametrize(
    ("text", "why", "chosen", "matched", "answered"),
    [
        ("flights", "matched", ["flights"], ["flights"], True),
        ("weather and flights", "matched_several", ["weather", "flights"], ["weather", "flights"], True),
        ("hello", "no_match", ["weather"], [], True),
        ("late", "router_late", ["weather"], [], False),
        ("down", "router_failed", ["weather"], [], False),
    ],
)
def test_agents(text: str, why: str, chosen: list[str], matched: list[str], answered: bool) -> None:
    (found,) = decide(CREW, text)
    assert (found["why"], found["chosen"], found["matched"]) == (why, chosen, matched)
    assert (found["answered"], found["kind"], found["error"]) == (answered, "agent", None)


@pytest.mark.parametrize(
    ("text", "why", "chosen", "matched", "answered"),
    [
        ("code", "preference", ["p/b", "p/a"], ["code"], True),
        ("hello", "no_match", ["p/a"], [], True),
        ("down", "router_failed", ["p/a"], [], False),
    ],
)
def test_models(text: str, why: str, chosen: list[str], matched: list[str], answered: bool) -> None:
    (found,) = decide(LLM, text)
    assert (found["why"], found["chosen"], found["matched"], found["answered"]) == (why, chosen, matched, answered)
    assert [attempt["model"] for attempt in found["attempts"]] == [name.removeprefix("p/") for name in chosen]
    assert found["route"] == (matched[0] if matched else None)


def test_the_scores_are_those_of_each_call() -> None:
    code, late, prose = decide(LLM, "code", "late", "prose")
    assert [score["probability"] for score in code["scores"]] == [0.9, 0.1]
    assert (late["scores"], late["router"], late["confidence"]) == ([], None, None)
    assert [score["probability"] for score in prose["scores"]] == [0.1, 0.9]
    assert (prose["threshold"], prose["confidence"]) == (0.5, 0.9)


def test_every_call_is_the_first_of_its_conversation() -> None:
    one, other = decide(LLM, "code", "code")
    assert (one["why"], other["why"]) == ("preference", "preference")


def test_preferences_a_request_brings_are_its_own() -> None:
    own = [{"name": "mine", "description": "d", "models": ["p/b"]}]
    (found,) = decide(LLM, "mine", routing_preferences=own)
    assert (found["why"], found["candidates"], found["chosen"]) == ("inline_preference", ["mine"], ["p/b"])
    (broken,) = decide(LLM, "mine", routing_preferences=[{"name": "mine"}])
    assert (broken["error"], broken["chosen"]) == ("invalid_preferences", [])
    assert "routing_preferences[0].models" in broken["problem"]


@pytest.mark.parametrize(
    ("changes", "text", "error", "answered"),
    [
        ({"no_match": "refuse"}, "hello", "no_agent_fits", True),
        ({"router_failure": "refuse"}, "down", "router_failed", False),
    ],
)
def test_a_listener_that_refuses(changes: dict[str, Any], text: str, error: str, answered: bool) -> None:
    listener = replace(CREW, name="strict", decision=replace(DECISION, **changes))
    (found,) = decide(listener, text)
    assert (found["why"], found["error"], found["chosen"], found["matched"]) == ("refused", error, [], [])
    assert found["answered"] is answered


def test_an_unknown_model() -> None:
    (found,) = decide(LLM, "code", model="nobody/x")
    assert (found["error"], found["matched"]) == ("model_not_found", [])


def test_a_single_agent_needs_no_router() -> None:
    (found,) = decide(replace(CREW, name="one", decision=None, agents=(agent("weather", default=True),)), "hello")
    assert (found["why"], found["chosen"], found["router"]) == ("only_one", ["weather"], None)


def test_an_unknown_listener() -> None:
    with pytest.raises(UnknownListener):
        asyncio.run(deciding.decide(config(LLM), "nobody", [], "configured", None))
