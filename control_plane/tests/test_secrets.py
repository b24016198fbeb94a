"""Which variables Envoy is given, which are missing, and that the plan itself never holds a value."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict

import pytest

from control_plane import environment, plan, runtime, secrets
from control_plane.config import AwsAuth, Config, Routing, SessionCache
from control_plane.environment import Environment
from control_plane.tests.plan_inputs import auth, config, listener, place, planned, provider
from schemas import runtime as contract

SIGNED = provider("amazon_bedrock/a", key=None, aws=AwsAuth(region="eu-west-1", at=place()))
MIXED = config(
    provider("openai/a", headers={"x-org": "org-$ORG"}),
    provider("groq/b", key="sk-written-in-the-file"),
    provider("xai/c", key="id-${PART}"),
    provider("mistral/d", key="$IGNORED", passthrough_auth=True),
    listeners=(listener(auth=auth(app=None)),),
)


def read(whole: Config, **env: str) -> dict[str, str]:
    return secrets.values(whole, planned(whole), Environment(env))


def lacking(whole: Config, **env: str) -> list[str]:
    return [name for name, _ in secrets.missing(whole, planned(whole), Environment(env))]


def test_values() -> None:
    assert read(MIXED, OPENAI_API_KEY="1", ORG="2", PART="3", APP_KEY="4", IGNORED="5", OTHER="6") == {
        "OPENAI_API_KEY": "1",
        "PLANO_KEY_GROQ": "sk-written-in-the-file",
        "PLANO_KEY_XAI": "id-3",
        "APP_KEY": "4",
        "ORG": "2",
    }


@pytest.mark.parametrize(
    "env, expected",
    [
        pytest.param({}, ["OPENAI_API_KEY", "PART", "APP_KEY", "ORG"], id="nothing set"),
        pytest.param({"OPENAI_API_KEY": "", "PART": "x", "APP_KEY": "x"}, ["OPENAI_API_KEY", "ORG"], id="empty"),
        pytest.param({"OPENAI_API_KEY": "x", "PART": "x", "APP_KEY": "x", "ORG": "x"}, [], id="all set"),
    ],
)
def test_missing(env: dict[str, str], expected: list[str]) -> None:
    assert lacking(MIXED, **env) == expected


def test_the_values_are_for_the_secrets_of_the_plan() -> None:
    assert tuple(kept.secret for kept in plan.kept(MIXED)) == planned(MIXED).secrets


def test_missing_names_the_line_that_wants_it_first() -> None:
    first, second = provider("openai/a"), provider("groq/b")
    whole = config(first, second)
    assert secrets.missing(whole, planned(whole), Environment({})) == [("OPENAI_API_KEY", first.at)]


@pytest.mark.parametrize(
    "env, expected",
    [
        pytest.param({}, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], id="no identity"),
        pytest.param({"AWS_ACCESS_KEY_ID": "x"}, ["AWS_SECRET_ACCESS_KEY"], id="half a key pair"),
        pytest.param({"AWS_PROFILE": "x"}, [], id="profile"),
    ],
)
def test_identity_for_signatures(env: dict[str, str], expected: list[str]) -> None:
    assert lacking(config(SIGNED), **env) == expected


def test_aws_variables_go_only_where_requests_are_signed() -> None:
    aws = {"AWS_ACCESS_KEY_ID": "1", "AWS_SECRET_ACCESS_KEY": "2", "AWS_SESSION_TOKEN": "3"}
    assert read(config(SIGNED), **aws) == aws
    assert read(config(provider("groq/b", key="$G")), **aws) == {}


STORED = config(
    provider("openai/a"),
    routing=Routing(
        session_cache=SessionCache(type="redis", url=environment.text("rediss://:$PW@h"), at=place()), at=place()
    ),
)


def test_the_password_of_the_session_store_is_the_sidecars_alone() -> None:
    env = Environment({"PW": "x", "OPENAI_API_KEY": "y"})
    assert secrets.sidecar_values(STORED, planned(STORED), env) == {"PW": "x"}
    assert read(STORED, **env) == {"OPENAI_API_KEY": "y"}
    assert lacking(STORED, OPENAI_API_KEY="y") == ["PW"]


def test_no_written_secret_is_in_what_is_made_of_the_configuration() -> None:
    whole = config(
        provider("openai/a", key="sk-THE-SECRET"),
        listeners=(listener(auth=auth(app=None)),),
        state_storage={"type": "postgres", "connection_string": "postgresql://u:sk-THE-SECRET@db/x"},
        routing=Routing(
            session_cache=SessionCache(type="redis", url=environment.text("$REDIS_URL"), at=place()), at=place()
        ),
    )
    made = planned(whole)
    file = contract.dump(runtime.runtime(whole, made))
    shown = [
        repr(made),
        repr(whole.model_providers),
        json.dumps(asdict(made)),
        file,
        pickle.dumps(made).decode("latin-1"),
    ]
    assert not any("THE-SECRET" in text for text in shown)
    assert contract.load(file).sessions.url == "$REDIS_URL"
    assert contract.load(file).settings["state_storage"] == {"type": "postgres"}
