"""The command line `up` prints: it fits the listener, and names variables instead of values."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from control_plane.compile import compile_text
from control_plane.run.launch import doors

PROVIDERS = """\
model_providers:
  - {model: openai/gpt-4o, access_key: $KEY_A, default: true}
  - {model: anthropic/*, access_key: $KEY_B}
"""


def words(listener: str, rest: str = PROVIDERS) -> list[str]:
    text = f"version: v0.4.0\nlisteners:\n  - {{{listener}}}\n{rest}"
    compiled = compile_text(text.encode(), "config.yaml", Path("/nowhere"), {})
    assert compiled.gateway is not None, [str(problem) for problem in compiled.problems]
    (door,) = doors(compiled.gateway)
    return shlex.split(door.curl)


def test_the_default_model_on_a_plain_listener():
    command = words("type: model, name: llm, port: 12000")
    assert command[:2] == ["curl", "http://localhost:12000/v1/chat/completions"]
    assert '"model": "openai/gpt-4o"' in command[-1]
    assert not any("authorization" in word for word in command)


@pytest.mark.parametrize(
    ("listener", "start"),
    [
        ("type: model, name: llm, port: 1, address: 0.0.0.0", "http://localhost:1/"),
        ("type: model, name: llm, port: 1, address: '::'", "http://localhost:1/"),
        ("type: model, name: llm, port: 1, address: 10.1.2.3", "http://10.1.2.3:1/"),
        ("type: model, name: llm, port: 1, address: 'fd00::1'", "http://[fd00::1]:1/"),
        ("type: model, name: llm, port: 1, tls: {cert_file: /c, key_file: /k}", "https://localhost:1/"),
    ],
)
def test_the_address_a_local_client_can_use(listener: str, start: str):
    assert next(word for word in words(listener) if word.startswith("http")).startswith(start)


def test_tls_goes_without_the_public_name_and_with_a_client_certificate_where_one_is_wanted():
    files = "cert_file: /c, key_file: /k"
    assert words(f"type: model, name: llm, port: 1, tls: {{{files}}}")[1] == "-k"
    mutual = words(f"type: model, name: llm, port: 1, tls: {{{files}, client_ca_file: /a}}")
    assert mutual[1:6] == ["-k", "--cert", "$CLIENT_CERT", "--key", "$CLIENT_KEY"]


def test_a_caller_key_is_a_variable():
    auth = "auth: {api_keys: [{name: me, key: $MINE}]}"
    assert "authorization: Bearer $CALLER_KEY" in words(f"type: model, name: llm, port: 1, {auth}")
    named = "auth: {header: x-my-key, api_keys: [{name: me, key: $MINE}]}"
    assert "x-my-key: $CALLER_KEY" in words(f"type: model, name: llm, port: 1, {named}")


def test_a_passed_on_key_is_a_variable():
    rest = "model_providers:\n  - {model: openai/gpt-4o, passthrough_auth: true}\n"
    assert "authorization: Bearer $PROVIDER_KEY" in words("type: model, name: llm, port: 1", rest)


def test_a_provider_of_another_dialect_is_asked_in_its_own():
    rest = "model_providers:\n  - {model: anthropic/claude-sonnet-4-5, access_key: $KEY_B}\n"
    command = words("type: model, name: llm, port: 1", rest)
    assert command[1].endswith("/v1/messages")
    assert '"max_tokens"' in command[-1]


def test_a_wildcard_leaves_the_model_to_the_reader():
    rest = "model_providers:\n  - {model: vllm/*, base_url: 'http://localhost:8000/v1'}\n"
    assert '"model": "vllm/YOUR-MODEL"' in words("type: model, name: llm, port: 1", rest)[-1]


def test_of_a_wildcards_known_models_one_that_talks_is_asked():
    known = "model_providers:\n  - {model: groq/*, access_key: $KEY_A}\n"
    asked = json.loads(words("type: model, name: llm, port: 1", known)[-1])["model"]
    assert "YOUR-MODEL" not in asked
    assert not any(word in asked for word in ("orpheus", "whisper", "guard"))


def test_an_agent_needs_no_model():
    rest = "agents: [{id: a, url: 'http://localhost:9'}]\n"
    listener = "type: agent, name: ag, port: 1, router: plano_orchestrator_v1, agents: [{id: a, description: d}]"
    command = words(listener, rest)
    assert command[1].endswith("/v1/chat/completions")
    assert '"model"' not in command[-1]
