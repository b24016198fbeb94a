"""No file at all: exactly the providers with a key, at the right addresses, and no key in the text."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from control_plane import compile as compiler
from control_plane import zero_config
from control_plane.gateway import Endpoint, Gateway, Models

CHAT, MESSAGES = Endpoint.CHAT_COMPLETIONS, Endpoint.MESSAGES


def test_a_provider_is_there_when_its_key_is():
    environ = {
        "OPENAI_API_KEY": "k1",
        "GROQ_API_KEY": "k2",
        "PATH": "/bin",
        "ANTHROPIC_API_KEY": "",
        "XAI_API_KEY": " ",
    }
    written = yaml.safe_load(zero_config.configuration(environ, 12345))
    assert written["model_providers"] == [
        {"model": "openai/*", "access_key": "$OPENAI_API_KEY"},
        {"model": "groq/*", "access_key": "$GROQ_API_KEY"},
    ]
    assert [(entry["port"], entry["address"]) for entry in written["listeners"]] == [(12345, "127.0.0.1")]


def test_no_key_is_ever_written():
    environ = {choice.variable: f"secret-{i}-value" for i, choice in enumerate(zero_config.choices())}
    text = zero_config.configuration(environ, 12000)
    assert text.count("access_key: $") == len(environ)
    assert "secret" not in text


def test_what_was_found_and_what_could_be():
    environ = {"MISTRAL_API_KEY": "k"}
    found, missing = zero_config.found(environ), zero_config.missing(environ)
    assert [choice.prefix for choice in found] == ["mistral"]
    assert "OPENAI_API_KEY" in [choice.variable for choice in missing]
    assert set(found) | set(missing) == set(zero_config.choices())
    assert not set(found) & set(missing)


@pytest.mark.parametrize("prefix", ["azure_openai", "ollama", "chatgpt", "amazon_bedrock", "plano", "vllm"])
def test_a_provider_that_needs_more_than_a_key_is_no_choice(prefix):
    assert prefix not in [choice.prefix for choice in zero_config.choices()]


def test_every_variable_belongs_to_one_provider():
    variables = [choice.variable for choice in zero_config.choices()]
    assert len(variables) == len(set(variables))


def test_without_a_key_there_are_no_providers():
    assert "model_providers" not in yaml.safe_load(zero_config.configuration({}, 12000))


@pytest.mark.parametrize(
    ("variable", "host", "endpoint", "path"),
    [
        ("OPENAI_API_KEY", "api.openai.com", CHAT, "/v1/chat/completions"),
        ("ANTHROPIC_API_KEY", "api.anthropic.com", MESSAGES, "/v1/messages"),
        ("GROQ_API_KEY", "api.groq.com", CHAT, "/openai/v1/chat/completions"),
        ("GEMINI_API_KEY", "generativelanguage.googleapis.com", CHAT, "/v1beta/openai/chat/completions"),
        ("OPENROUTER_API_KEY", "openrouter.ai", CHAT, "/api/v1/chat/completions"),
        ("EDENAI_API_KEY", "api.edenai.run", CHAT, "/v3/chat/completions"),
        ("AI_GATEWAY_API_KEY", "ai-gateway.vercel.sh", CHAT, "/v1/chat/completions"),
        ("DO_API_KEY", "inference.do-ai.run", CHAT, "/v1/chat/completions"),
    ],
    ids=lambda value: str(value),
)
def test_requests_go_to_the_provider_s_own_path(variable, host, endpoint, path):
    gateway = _compiled({variable: "k"})
    (cluster,) = gateway.clusters
    assert (cluster.host, cluster.port) == (host, 443)
    assert cluster.tls is not None
    assert dict(cluster.paths)[endpoint].path == path


def test_every_provider_at_once_compiles_without_a_word():
    gateway = _compiled({choice.variable: "k" for choice in zero_config.choices()})
    assert len(gateway.clusters) == len(zero_config.choices())
    (listener,) = gateway.listeners
    assert isinstance(listener.serves, Models)
    assert listener.serves.default is None


def _compiled(environ: dict[str, str]) -> Gateway:
    text = zero_config.configuration(environ, 12000)
    compiled = compiler.compile_text(text.encode(), "environment", Path("/nonexistent"), environ)
    assert [str(problem) for problem in compiled.problems] == []
    assert compiled.gateway is not None
    return compiled.gateway
