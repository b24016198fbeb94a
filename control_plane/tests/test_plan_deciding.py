"""What the plan says about decisions: who decides where, how long, what the sidecar may call, with which defaults."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from control_plane import runtime
from control_plane.config import (
    Agent,
    Auth,
    Config,
    Decision,
    Jwt,
    ListenerAgent,
    RoutingPreference,
    Timeouts,
)
from control_plane.gateway import Endpoint, Gateway, Listener
from control_plane.plan import decisions
from control_plane.read.sections import seconds
from control_plane.tests.plan_inputs import agents, auth, config, listener, place, planned, provider
from schemas import runtime as contract

CHAT = (Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES, Endpoint.RESPONSES)
TASK = RoutingPreference(
    name="code", description="writing code", examples=("sort a list",), models=("openai/a",), at=place()
)
DECLARED = (
    Agent(id="one", url="http://one/base/v1/chat/completions", at=place()),
    Agent(id="two", url="https://two", dialect="anthropic_messages", at=place()),
    Agent(id="three", url="http://three", dialect="openai_responses", at=place()),
    Agent(id="four", url="http://four", dialect="openai_chat", at=place()),
)


def agent(id: str, **more: Any) -> ListenerAgent:
    return ListenerAgent(id=id, description=f"what {id} does", at=place(), **more)


def desk(*ids: str, name: str = "desk", **more: Any) -> Any:
    return listener("agent", name, port=8001, agents=tuple(agent(id) for id in ids), **more)


def whole(*listeners: Any, **more: Any) -> Config:
    return config(provider("openai/a", default=True), listeners=listeners, agents=DECLARED, **more)


def first(made: Gateway) -> Listener:
    return made.listeners[0]


def written(**fields: Any) -> Decision:
    return Decision(at=place(), **fields)


def file(config: Config) -> contract.RuntimeConfig:
    return runtime.runtime(config, planned(config))


def test_defaults_of_several_agents() -> None:
    decision = first(planned(whole(desk("one", "two")))).decision
    assert decision is not None
    assert (decision.always, decision.mode, decision.headers) == (CHAT, "sequential", True)
    assert (decision.no_match, decision.router_failure, decision.sidecar_failure, decision.agent_failure) == (
        "default",
        "default",
        "refuse",
        "fail",
    )


def test_what_is_written_is_planned() -> None:
    asked = written(
        mode="parallel",
        deadline=0.25,
        no_match="refuse",
        router_failure="refuse",
        sidecar_failure="default",
        agent_failure="skip",
        headers=False,
    )
    decision = first(planned(whole(desk("one", "two", decision=asked)))).decision
    assert decision is not None
    assert (decision.mode, decision.deadline_s, decision.headers) == ("parallel", 0.25, False)
    assert (decision.no_match, decision.router_failure) == ("refuse", "refuse")
    assert (decision.sidecar_failure, decision.agent_failure) == ("default", "skip")


@pytest.mark.parametrize(
    "made, always",
    [
        pytest.param(desk("one"), None, id="one agent decides nothing"),
        pytest.param(desk("one", decision=written(mode="parallel")), None, id="whatever is written"),
        pytest.param(listener(), (), id="models without preferences"),
        pytest.param(listener("prompt"), (), id="a prompt listener has models too"),
    ],
)
def test_where_nothing_is_always_decided(made: Any, always: tuple[Endpoint, ...] | None) -> None:
    decision = first(planned(whole(made))).decision
    assert (decision.always if decision else None) == always


def test_preferences_make_every_conversation_a_decision() -> None:
    made = planned(whole(listener(), routing_preferences=(TASK,)))
    assert made.listeners[0].decision is not None
    assert made.listeners[0].decision.always == CHAT


@pytest.mark.parametrize(
    "made, total_s",
    [
        pytest.param(listener(), 5.0, id="models: deadline and slack"),
        pytest.param(listener(timeout=4.0), 4.0, id="models: never longer than the request"),
        pytest.param(listener(timeout=90.0), 5.0, id="models: nor as long"),
        pytest.param(listener(decision=written(deadline=10.0)), 13.0, id="models: a patient deadline"),
        pytest.param(desk("one", "two"), 305.0, id="agents: the first byte too"),
        pytest.param(desk("one", "two", timeout=30.0), 35.0, id="agents: the listener's timeout is its first byte"),
        pytest.param(desk("one", "two", timeouts=Timeouts(total=60.0, at=place())), 60.0, id="agents: total"),
        pytest.param(desk("one", "two", timeouts=Timeouts(total=0.0, at=place())), 305.0, id="agents: total of none"),
    ],
)
def test_how_long_a_decision_may_take_in_all(made: Any, total_s: float) -> None:
    decision = first(planned(whole(made))).decision
    assert decision is not None and decision.total_s == total_s


def test_what_agents_speak_and_where_they_live() -> None:
    made = planned(whole(desk("one", "two", "three", "four")))
    assert [(a.id, a.path_prefix, a.endpoints) for a in agents(made).agents] == [
        ("one", "/base", CHAT),
        ("two", "", (Endpoint.MESSAGES,)),
        ("three", "", (Endpoint.RESPONSES,)),
        ("four", "", (Endpoint.CHAT_COMPLETIONS,)),
    ]


def test_every_agent_that_may_be_asked_before_another_has_an_outbound() -> None:
    made = planned(whole(desk("one", "two", timeout=7.0), desk("one", "three", name="b c"), desk("four", name="alone")))
    found = [(o.name, o.cluster, o.path_prefix, o.timeouts.first_byte_s) for o in made.outbounds]
    assert found == [
        ("agent/desk/one", "agent_one", "/base", 7.0),
        ("agent/desk/two", "agent_two", "", 7.0),
        ("agent/b_c/one", "agent_one", "/base", 300.0),
        ("agent/b_c/three", "agent_three", "", 300.0),
    ]


def test_ids_that_look_alike_keep_apart() -> None:
    ids = ("a b", "a_b")
    declared = tuple(Agent(id=id, url=f"http://h{n}", at=place()) for n, id in enumerate(ids))
    made = planned(config(provider("openai/a"), listeners=(desk(*ids),), agents=declared))
    assert len({o.name for o in made.outbounds}) == 2


def test_the_file_says_what_the_plan_decided() -> None:
    asked = whole(
        desk("one", "two", decision=written(deadline=0.5)),
        listener(),
        routing_preferences=(TASK,),
    )
    agents_read, models_read = file(asked).listeners
    assert agents_read.decision == contract.Decision(
        always=("/v1/chat/completions", "/v1/messages", "/v1/responses"),
        mode="sequential",
        deadline_s=0.5,
        total_s=303.5,
        no_match="default",
        router_failure="default",
        agent_failure="fail",
        headers=True,
    )
    assert [(a.key, a.outbound, a.endpoints) for a in agents_read.agents] == [
        ("@one", "agent/desk/one", ("/v1/chat/completions", "/v1/messages", "/v1/responses")),
        ("@two", "agent/desk/two", ("/v1/messages",)),
    ]
    assert models_read.decision is not None and models_read.decision.total_s == 5.0
    assert [p.examples for p in file(asked).preferences] == [("sort a list",)]


def test_examples_of_agents_are_told() -> None:
    chosen = listener("agent", "desk", port=1, agents=(agent("one", examples=("hello",)), agent("two")))
    assert [a.examples for a in file(whole(chosen)).listeners[0].agents] == [("hello",), ()]


def test_one_agent_has_no_name_to_call_it_by() -> None:
    assert [a.outbound for a in file(whole(desk("one"))).listeners[0].agents] == [""]


def test_a_target_says_what_it_serves_untranslated() -> None:
    (read,) = file(config(provider("anthropic/b"))).listeners
    assert [t.endpoints for t in read.routes[0].groups[0]] == [("/v1/messages", "/v1/messages/count_tokens")]


def test_allowances_are_those_of_the_metadata() -> None:
    token = Jwt(name="sso", issuer="https://id", jwks_file="/k", models=("openai/a",), at=place())
    guarded = Auth(api_keys=auth(app=("openai/*",), free=None).api_keys, jwt=(token,), at=place())
    entries = (provider("openai/a", default=True), provider("groq/b"))
    (read,) = file(config(*entries, listeners=(listener(auth=guarded),))).listeners
    assert [(a.caller, set(a.names), a.prefixes, a.default) for a in read.allowances] == [
        ("key:app", {"openai/a", "a"}, (), True),
        ("token:https://id", {"openai/a", "a"}, (), True),
    ]


def test_defaults_in_the_schema_are_the_ones_the_plan_fills_in() -> None:
    schema = json.loads(files("schemas").joinpath("plano.schema.json").read_text("utf-8"))
    decided = {
        name: value["default"]
        for name, value in schema["$defs"]["listener"]["properties"]["decision"]["properties"].items()
    }
    made = first(planned(whole(desk("one", "two")))).decision
    assert made is not None
    assert decided == {
        "mode": made.mode,
        "deadline": "2s",
        "no_match": made.no_match,
        "router_failure": made.router_failure,
        "sidecar_failure": made.sidecar_failure,
        "agent_failure": made.agent_failure,
        "headers": made.headers,
    }
    assert seconds(decided["deadline"]) == decisions.DEADLINE_S
