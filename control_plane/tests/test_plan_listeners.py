"""Listeners: names, ports, agents, callers and what they may ask for, tracing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from control_plane.config import Agent, ApiKey, Config, Jwt, Listener, ListenerAgent, Tls, Tracing
from control_plane.config import Auth as WrittenAuth
from control_plane.environment import text
from control_plane.gateway import Allowance, DownstreamTls, Gateway
from control_plane.gateway import Tracing as PlannedTracing
from control_plane.tests.plan_inputs import (
    agents,
    alias,
    auth,
    config,
    errors,
    listener,
    models,
    place,
    planned,
    provider,
    warnings,
)


def shape(plan: Gateway) -> list[tuple[str, str, str, int]]:
    return [(found.name, found.kind, found.address, found.port) for found in plan.listeners]


@pytest.mark.parametrize(
    "written, expected",
    [
        pytest.param([listener()], [("models", "model", "0.0.0.0", 12000)], id="model"),
        pytest.param([listener("prompt", "in")], [("in", "prompt", "0.0.0.0", 10000)], id="prompt"),
        pytest.param(
            [listener(port=1, address="127.0.0.1"), listener(port=2)],
            [("models", "model", "127.0.0.1", 1), ("models-2", "model", "0.0.0.0", 2)],
            id="two of one name",
        ),
        pytest.param(
            [listener("agent", "my agents!", port=8001, address="::1")],
            [("my_agents", "agent", "::1", 8001), ("egress_traffic", "model", "0.0.0.0", 12000)],
            id="agents call models back",
        ),
    ],
)
def test_listeners(written: list[Listener], expected: list[tuple[str, str, str, int]]) -> None:
    assert shape(planned(config(provider("openai/a"), listeners=tuple(written)))) == expected


def test_no_listener_is_added_where_there_are_no_models() -> None:
    internal = provider("plano/Router", key=None, base_url="http://localhost:8000")
    assert len(planned(config(internal, listeners=(listener("agent", port=8001),))).listeners) == 1


def test_the_added_listener_takes_no_port_from_another() -> None:
    whole = config(provider("openai/a"), listeners=(listener("agent", port=12000),))
    assert len(planned(whole).listeners) == 1
    assert [w.split(":")[0] for w in warnings(whole)] == ["no-model-listener"]


def test_an_agent_listener_has_no_usual_port() -> None:
    assert [e.split(":")[0] for e in errors(config(listeners=(listener("agent"),)))] == ["listener-port"]


def test_body_limit_and_tls() -> None:
    written = listener(max_body_bytes=7, tls=Tls(cert_file="/c", key_file="/k", at=place()))
    found, plain = planned(config(provider("openai/a"), listeners=(written, listener(port=1)))).listeners
    assert found.max_body_bytes == 7 and found.tls == DownstreamTls(cert_file="/c", key_file="/k", client_ca_file=None)
    assert plain.max_body_bytes == 32 * 1024 * 1024 and plain.tls is None


def agent_config(*marked: bool | None) -> Config:
    listed = tuple(ListenerAgent(id=f"a{i}", description="", default=d, at=place()) for i, d in enumerate(marked))
    known = tuple(Agent(id=f"a{i}", url=f"https://agents.example.com/base/a{i}/", at=place()) for i in range(2))
    return config(listeners=(listener("agent", port=1, agents=listed),), agents=known)


@pytest.mark.parametrize(
    "marked, expected",
    [([None, None], "a0"), ([None, True], "a1"), ([True], "a0")],
    ids=["the first", "the marked one", "single"],
)
def test_agents(marked: list[bool | None], expected: str) -> None:
    plan = planned(agent_config(*marked))
    found = agents(plan).agents
    assert [agent.id for agent in found if agent.default] == [expected]
    assert found[0].path_prefix == "/base/a0"
    cluster = next(c for c in plan.clusters if c.name == found[0].cluster)
    assert (cluster.name, cluster.host, cluster.port, bool(cluster.tls)) == (
        "agent_a0",
        "agents.example.com",
        443,
        True,
    )


@pytest.mark.parametrize(
    "path, prefix",
    [
        ("/v1/chat/completions", ""),
        ("/v1/chat/completions/", ""),
        ("/team/v1/messages", "/team"),
        ("/v1/completions", ""),
        ("/process", "/process"),
        ("/", ""),
    ],
)
def test_an_agent_may_be_written_with_the_endpoint_it_serves(path: str, prefix: str) -> None:
    written = replace(agent_config(None), agents=(Agent(id="a0", url=f"http://localhost:1{path}", at=place()),))
    assert agents(planned(written)).agents[0].path_prefix == prefix


ENTRIES = (provider("openai/a"), provider("openai/b"), provider("groq/*"), provider("mistral/c", default=True))


def allowance(*allowed: str) -> Allowance:
    whole = config(
        *ENTRIES, model_aliases=(alias("fast", "openai/a"),), listeners=(listener(auth=auth(one=allowed, all=None)),)
    )
    written = planned(whole).listeners[0].auth
    assert written is not None
    (found,) = written.allowances
    assert found.caller == "one"
    return found


@pytest.mark.parametrize(
    "allowed, exact, prefixes, default",
    [
        pytest.param(["openai/a"], {"openai/a", "a"}, (), False, id="every spelling"),
        pytest.param(["a"], {"openai/a", "a"}, (), False, id="bare"),
        pytest.param(["fast"], {"fast"}, (), False, id="an alias is itself only"),
        pytest.param(["openai/*"], {"openai/a", "openai/b", "a", "b"}, (), False, id="every entry of a provider"),
        pytest.param(["mistral/c"], {"mistral/c", "c"}, (), True, id="with the default"),
        pytest.param(["mistral/*"], {"mistral/c", "c"}, (), True, id="default through the provider"),
        pytest.param(["groq/new"], {"groq/new"}, (), False, id="one id of a wildcard"),
        pytest.param(["nothing"], set(), (), False, id="unknown: nothing"),
    ],
)
def test_allow_lists(allowed: list[str], exact: set[str], prefixes: tuple[str, ...], default: bool) -> None:
    found = allowance(*allowed)
    assert (set(found.exact), found.prefixes, found.default) == (exact, prefixes, default)


def test_an_allowed_wildcard_is_a_prefix_and_its_known_bare_names() -> None:
    found = allowance("groq/*")
    assert found.prefixes == ("groq/",) and not any(name.startswith("groq/") for name in found.exact)
    assert "whisper-large-v3" in found.exact and "a" not in found.exact


def test_caller_keys_are_secrets() -> None:
    plan = planned(config(provider("openai/a"), listeners=(listener(auth=auth(app=None, ops=None)),)))
    guarded = plan.listeners[0].auth
    assert guarded and [(k.caller, k.secret) for k in guarded.keys] == [("app", "APP_KEY"), ("ops", "OPS_KEY")]
    assert {"APP_KEY", "OPS_KEY"} < {secret.variable for secret in plan.secrets}


def test_written_keys_of_callers_stay_apart() -> None:
    def only(caller: str, key: str) -> WrittenAuth:
        return WrittenAuth(api_keys=(ApiKey(name=caller, key=text(key), at=place()),), at=place())

    listeners = (listener(name="a_b", auth=only("c", "sk-1")), listener(name="a", port=1, auth=only("b_c", "sk-2")))
    plan = planned(config(provider("openai/a"), listeners=listeners))
    found = [key.secret for each in plan.listeners if each.auth for key in each.auth.keys]
    assert len(set(found)) == 2 and set(found) < {secret.name for secret in plan.secrets}


def test_token_issuers() -> None:
    def issuer(name: str, **more: Any) -> Jwt:
        return Jwt(name=name, issuer=f"https://{name}", at=place(), **more)

    written = WrittenAuth(
        jwt=(
            issuer("remote", jwks_uri="https://login.example.com/keys", models=("a",)),
            issuer("local", jwks_file="/keys.json", caller_claim="email"),
        ),
        header="X-Key",
        at=place(),
    )
    plan = planned(config(provider("openai/a"), listeners=(listener(auth=written), listener(port=1, auth=written))))
    guarded = plan.listeners[0].auth
    assert guarded and guarded.header == "x-key"
    assert [(j.jwks_cluster, j.caller_claim) for j in guarded.jwt] == [
        ("jwks_login.example.com_443", "sub"),
        (None, "email"),
    ]
    assert [(a.issuer, a.exact) for a in guarded.allowances] == [("https://remote", ("a", "openai/a"))]
    assert [c.name for c in plan.clusters] == ["openai", "jwks_login.example.com_443"]


@pytest.mark.parametrize(
    "written, expected",
    [
        pytest.param({}, None, id="nothing sampled"),
        pytest.param({"random_sampling": 0}, None, id="zero sampled"),
        pytest.param(
            {"random_sampling": 5},
            PlannedTracing(host="localhost", port=4317, sampling_percent=5, tags=()),
            id="usual collector",
        ),
        pytest.param(
            {
                "random_sampling": 100,
                "opentracing_grpc_endpoint": "http://otel:14317",
                "span_attributes": {"static": {"env": "prod", "a": 1}},
            },
            PlannedTracing(host="otel", port=14317, sampling_percent=100, tags=(("a", "1"), ("env", "prod"))),
            id="own collector",
        ),
    ],
)
def test_tracing(written: dict[str, Any], expected: PlannedTracing | None) -> None:
    assert planned(config(provider("openai/a"), tracing=Tracing(at=place(), **written))).tracing == expected


def test_prompt_listeners_serve_models() -> None:
    assert dict(models(planned(config(provider("openai/a"), listeners=(listener("prompt"),)))).exact)["a"] == "a"
