"""How the served router is reached without a gateway: the same address and the same key as in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from control_plane.compile import Compiled, compile_text
from control_plane.routing import served

HEAD = """
version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000, address: 127.0.0.1}
routing_preferences:
  - {name: code, description: writing programs, models: [openai/gpt-4o]}
model_providers:
  - {model: openai/gpt-4o, access_key: $OPENAI, default: true}
"""
VLLM = """\
  - {model: vllm/Plano-Orchestrator-4B, base_url: 'http://gpu:8000'%s}
router: {model: vllm/Plano-Orchestrator-4B}
"""


def compiled(more: str, **environ: str) -> Compiled:
    found = compile_text((HEAD + more).encode(), "c.yaml", Path("/nowhere"), environ)
    assert not found.problems.errors, [str(problem) for problem in found.problems]
    return found


def server(more: str, **environ: str) -> served.Server:
    found = compiled(more, **environ)
    return served.server(found, served.chooser(found))


def test_nothing_is_served() -> None:
    chosen = served.chooser(compiled(""))
    assert not served.needed(chosen, "configured")
    with pytest.raises(served.CannotAsk, match="no served router; write router:"):
        served.needed(chosen, "served")


@pytest.mark.parametrize(("word", "needed"), [("configured", True), ("served", True), ("embedded", False)])
def test_who_is_asked(word: str, needed: bool) -> None:
    assert served.needed(served.chooser(compiled(VLLM % "")), word) is needed


def test_a_server_of_ones_own() -> None:
    found = server(VLLM % ", access_key: $GPU_KEY, headers: {x-team: 'a-$TEAM'}", GPU_KEY="sk-1", TEAM="b")
    assert found.chat_url == "http://gpu:8000/v1/chat/completions"
    assert found.root_url == "http://gpu:8000"
    assert found.headers == {"authorization": "Bearer sk-1", "x-team": "a-b", "host": "gpu:8000"}
    assert "sk-1" not in repr(found)


def test_the_paths_of_a_provider_are_kept() -> None:
    found = server(VLLM.replace("http://gpu:8000", "https://gpu/openai/v1") % "")
    assert found.chat_url == "https://gpu/openai/v1/chat/completions"
    assert found.ca_path is not None


def test_a_missing_key_is_named() -> None:
    with pytest.raises(served.CannotAsk, match=r"^GPU_KEY is not set, and the served router needs it"):
        server(VLLM % ", access_key: $GPU_KEY")


def test_a_credential_only_a_gateway_has() -> None:
    with pytest.raises(served.CannotAsk, match="only a running gateway has the credential of vllm/Plano"):
        server(VLLM % ", passthrough_auth: true")


@pytest.mark.parametrize("url", ["http://h:8000", "http://h:8000/", "http://h:8000/v1", "http://h:8000/v1/"])
def test_a_server_by_its_address(url: str) -> None:
    found = served.at_url(url, "k")
    assert found.chat_url == "http://h:8000/v1/chat/completions"
    assert found.headers == {"authorization": "Bearer k"}


@pytest.mark.parametrize("url", ["h:8000", "ftp://h", "http://", "http://h:port", "http://h?x=1"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(served.CannotAsk, match="--url is no address"):
        served.at_url(url, None)
