"""What holds for every plan, whatever the configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control_plane import runtime, secrets
from control_plane.compile import compile_file
from control_plane.config import ApiKey, AwsAuth, Config, ModelProvider
from control_plane.config import Auth as WrittenAuth
from control_plane.environment import Environment, text
from control_plane.explain import explain
from control_plane.explain import text as explain_text
from control_plane.gateway import Agents, Gateway, KeyCredential, Models
from control_plane.plan import gateway
from control_plane.problems import Problems
from control_plane.tests.configs import CORPUS
from control_plane.tests.plan_inputs import alias, config, listener, place, provider
from schemas import runtime as contract

SECRET = "sk-never-to-be-seen"
MODELS = ("openai/gpt-4o", "openai/*", "azure_openai/gpt-4o", "groq/llama", "groq/*", "anthropic/claude", "mine/llama")
NAMES = ("gpt-4o", "llama", "claude", "one", "two", "openai/*", "openai/x", "groq/llama", "nowhere")
AWS = AwsAuth(region="eu-west-1", at=place())


def entry(model: str, base_url: str | None, **more: Any) -> ModelProvider:
    """An entry that mostly has the address it needs."""
    needed = model.startswith(("azure_openai", "mine", "plano"))
    return provider(model, base_url=base_url or ("http://c" if needed else None), **more)


PROVIDERS = st.builds(
    entry,
    st.sampled_from((*MODELS, "amazon_bedrock/openai.gpt-oss", "plano/Router")),
    key=st.sampled_from([None, "$KEY_A", "${KEY_B}", SECRET, f"{SECRET}-$KEY_A"]),
    headers=st.dictionaries(st.sampled_from(["x-a", "X-B"]), st.sampled_from(["1%", "$H"]), max_size=2),
    name=st.sampled_from([None, None, "one", "openai/x"]),
    default=st.sampled_from([None, True]),
    base_url=st.sampled_from([None, "https://a.example.com/v1", "http://b:8001", "http://b:8002", "http://[::1]:9"]),
    passthrough_auth=st.sampled_from([None, True, False]),
    aws=st.sampled_from([None, None, AWS]),
)
TARGETS = st.tuples(st.sampled_from(NAMES), st.sampled_from([None, None, 1, 3])) | st.sampled_from(NAMES)
ALIASES = st.builds(
    lambda name, targets: alias(name, *targets),
    st.sampled_from(["one", "two", "gpt-4o"]),
    st.lists(TARGETS, min_size=1, max_size=3),
)
AUTHS = st.builds(
    lambda keys: WrittenAuth(
        api_keys=tuple(
            ApiKey(name=f"caller {i}", key=text(key), models=models, at=place()) for i, (key, models) in enumerate(keys)
        ),
        at=place(),
    ),
    st.lists(
        st.tuples(
            st.sampled_from(["$CALLER", SECRET]),
            st.none() | st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple),
        ),
        max_size=2,
    ),
)
LISTENERS = st.builds(
    listener,
    st.sampled_from(["model", "prompt", "agent"]),
    st.sampled_from(["llm", "my listener", "ü"]),
    port=st.integers(1024, 9999),
    max_retries=st.none() | st.integers(0, 3),
    models=st.none() | st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple),
    auth=st.none() | AUTHS,
)


def unique(aliases: list[Any]) -> tuple[Any, ...]:
    return tuple({alias.name: alias for alias in aliases}.values())


CONFIGS = st.builds(
    lambda providers, aliases, listeners: config(*providers, model_aliases=unique(aliases), listeners=tuple(listeners)),
    st.lists(PROVIDERS, max_size=5),
    st.lists(ALIASES, max_size=3),
    st.lists(LISTENERS, min_size=1, max_size=2),
)


def made(whole: Config) -> Gateway | None:
    return gateway(whole, Problems())


@settings(max_examples=150, deadline=None)
@given(CONFIGS)
def test_a_plan_is_complete(whole: Config) -> None:
    plan = made(whole)
    if plan is None:
        return
    accounts = {cluster.name for cluster in plan.clusters}
    clusters = accounts | {cluster.name for cluster in plan.translations}
    kept = {secret.name for secret in plan.secrets}
    assert {cluster.translates for cluster in plan.translations} <= accounts
    assert len(clusters) == len(plan.clusters) + len(plan.translations) and len(kept) == len(plan.secrets)
    assert {c.credential.secret for c in plan.clusters if isinstance(c.credential, KeyCredential)} <= kept
    assert len({found.name for found in plan.listeners}) == len(plan.listeners)
    for found in plan.listeners:
        assert {key.secret for key in (found.auth.keys if found.auth else ())} <= kept
        if isinstance(found.serves, Agents):
            assert {agent.cluster for agent in found.serves.agents} <= clusters
        else:
            check_models(found.serves, plan)
            for allowed in found.auth.allowances if found.auth else ():
                assert set(allowed.exact) <= {name for name, _ in found.serves.exact} | reachable(found.serves, allowed)


def reachable(serves: Models, allowed: Any) -> set[str]:
    return {name for name in allowed.exact if any(name.startswith(prefix) for prefix, _ in serves.prefixes)}


def check_models(serves: Models, plan: Gateway) -> None:
    paths = {cluster.name: dict(cluster.paths) for cluster in (*plan.clusters, *plan.translations)}
    routes = {route.name: route for route in serves.routes}
    assert len(routes) == len(serves.routes)
    used = [name for _, name in (*serves.exact, *serves.prefixes)] + ([serves.default] if serves.default else [])
    assert set(used) == set(routes)
    for route in serves.routes:
        endpoints = [endpoint for variant in route.variants for endpoint in variant.endpoints]
        assert len(endpoints) == len(set(endpoints))
        for variant in route.variants:
            assert variant.groups and all(variant.groups)
            targets = [target for group in variant.groups for target in group]
            native = [target for target in targets if not target.translated]
            assert all(endpoint in paths[target.cluster] for target in native for endpoint in variant.endpoints)
            assert {target.cluster for target in targets} <= set(paths)
            assert all(target.weight > 0 for target in targets)
            assert route.retry.attempts >= len(variant.groups) - 1
    for name, found in serves.exact:
        for target in (t for v in routes[found].variants for g in v.groups for t in g):
            assert target.rewrite or (target.model or name) == name


@settings(max_examples=100, deadline=None)
@given(CONFIGS)
def test_nothing_made_of_a_configuration_shows_a_secret(whole: Config) -> None:
    plan = made(whole)
    if plan is None:
        return
    env = Environment({"KEY_A": "value-of-a", "KEY_B": "value-of-b", "H": "value-of-h", "CALLER": "value-of-c"})
    given_to_envoy = secrets.values(whole, plan, env)
    shown = repr(plan) + contract.dump(runtime.runtime(whole, plan)) + repr(list(problems_of(whole)))
    assert SECRET not in shown and "value-of-" not in shown
    assert {s.variable for s in plan.secrets} <= set(given_to_envoy)


def problems_of(whole: Config) -> Problems:
    problems = Problems()
    gateway(whole, problems)
    return problems


@settings(max_examples=50, deadline=None)
@given(CONFIGS)
def test_equal_configurations_have_equal_plans(whole: Config) -> None:
    assert made(whole) == made(whole)


@settings(max_examples=50, deadline=None)
@given(st.lists(PROVIDERS.filter(lambda p: not p.model.startswith("xai")), max_size=4))
def test_an_unrelated_provider_renames_no_cluster(entries: list[ModelProvider]) -> None:
    before, after = made(config(*entries)), made(config(provider("xai/new"), *entries))
    assert (before is None) == (after is None)
    if before and after:
        assert {c.name for c in before.clusters} <= {c.name for c in after.clusters}


def test_a_plan_does_not_depend_on_the_order_of_hashes() -> None:
    """Sets and hashes differ from process to process; what is written must not."""
    program = (
        "import sys; from pathlib import Path; from control_plane import compile, runtime\n"
        "from schemas.runtime import dump\n"
        "c = compile.compile_file(Path(sys.argv[1]), {}); print(c.gateway, dump(runtime.runtime(c.config, c.gateway)))"
    )
    file = CORPUS / "llm_routing--model_alias_routing--config_with_aliases.yaml"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1 and all(outputs)


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.yaml")), ids=lambda file: file.stem)
def test_explain_takes_the_route_of_the_plan(file: Path) -> None:
    compiled = compile_file(file, {})
    if compiled.gateway is None:
        return
    for found in compiled.gateway.listeners:
        if isinstance(found.serves, Models):
            for name, route in found.serves.exact[:12]:
                requests = explain(compiled, model=name, listener=found.name).requests
                assert [request.route for request in requests] == [route]
            json.dumps(explain_text.text(explain(compiled, listener=found.name)))
