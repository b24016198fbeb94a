"""`plano-cp route` and `plano-cp doctor` against what they speak about: a running gateway, a served router."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from e2e.client import CHAT, call
from e2e.fake import Provider
from e2e.fake_vllm import ServedFake, serving
from e2e.harness import Gateway, free_port
from router_model.tests.fake_vllm import FakeVllm

TEXTS = (
    "What's the weather in Paris?",
    "Is flight AF123 delayed?",
    "What's the weather in Paris and are there flights from London to Paris?",
    "Tell me a joke about cats",
)
KEY = "sk-served-router-1122334455"


def config(port: int, upstream: str, router: str = "") -> str:
    return f"""
version: v0.4.0
agents:
  - {{id: weather, url: "{upstream}"}}
  - {{id: flights, url: "{upstream}"}}
listeners:
  - type: agent
    name: travel
    port: {port}
    address: 127.0.0.1
    agents:
      - {{id: weather, description: "current weather, forecasts, temperature, sunrise and sunset for any city"}}
      - {{id: flights, description: "live flight status, gates, delays, departures and arrivals between airports"}}
  - type: model
    name: llm
    port: {free_port()}
    address: 127.0.0.1
model_providers:
  - {{model: openai/gpt-4o, base_url: "{upstream}", access_key: k, default: true}}
{router}
"""


def run(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "control_plane.cli", *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ} | environ,
        cwd=folder,
    )


def test_the_shell_decides_as_the_gateway_does(tmp_path: Path) -> None:
    with Provider() as agent:
        port = free_port()
        yaml = config(port, agent.url)
        (tmp_path / "config.yaml").write_text(yaml)
        with Gateway(yaml) as gateway:
            for text in TEXTS:
                assert call(port, CHAT, {"messages": [{"role": "user", "content": text}]}).status == 200
            records = gateway.decisions()
        cases = [{"text": text, "expect": "none"} for text in TEXTS]
        (tmp_path / "cases.json").write_text(json.dumps(cases))
        asked_before = len(agent.seen)
        found = json.loads(run(tmp_path, "route", "test", "cases.json", "--json").stdout)
        assert len(agent.seen) == asked_before, "no agent is called"
    assert [record["why"] for record in records] == ["matched", "matched", "matched_several", "no_match"]
    told = {row["text"]: (row["why"], row["chosen"], round(row["confidence"], 3)) for row in found["failures"]}
    wanted = {
        text: (record["why"], record["chosen"], round(record["confidence"], 3))
        for text, record in zip(TEXTS, records, strict=True)
        if record["why"] != "no_match"
    }
    assert told == wanted
    assert found["passed"] == 1


ROUTER = """
  - {{model: vllm/Plano-Orchestrator, base_url: "http://127.0.0.1:{port}", access_key: $ROUTER_KEY}}
router: {{model: vllm/Plano-Orchestrator}}
"""


def served(tmp_path: Path, server: ServedFake) -> None:
    (tmp_path / "config.yaml").write_text(
        config(free_port(), "http://127.0.0.1:9", ROUTER.format(port=server.port).strip("\n"))
    )
    (tmp_path / ".env").write_text(f"ROUTER_KEY={KEY}\n")


RULES = (("sunny", "weather"), ("gate", "flights"))


def test_the_served_router_is_asked_directly(tmp_path: Path) -> None:
    with serving(FakeVllm(rules=RULES)) as server:
        served(tmp_path, server)
        done = run(tmp_path, "route", "is it sunny, and which gate?", "--json")
        found: dict[str, Any] = json.loads(done.stdout)
        assert (found["why"], found["chosen"]) == ("matched_several", ["weather", "flights"])
        assert found["router"] == "Plano-Orchestrator"
        assert server.fake.requests
        server.fake.fault = "error"
        fallen_back = json.loads(run(tmp_path, "route", TEXTS[0], "--json").stdout)
        assert fallen_back["router"].endswith("(served: unreachable)"), "as a gateway would go on"
        alone = json.loads(run(tmp_path, "route", TEXTS[0], "--router", "served", "--json").stdout)
        assert (alone["why"], alone["answered"]) == ("router_failed", False)
        asked = len(server.fake.requests)
        embedded = json.loads(run(tmp_path, "route", TEXTS[0], "--router", "embedded", "--json").stdout)
        assert embedded["router"] == "plano-embedded-1"
        assert len(server.fake.requests) == asked
    assert KEY not in done.stdout + done.stderr


def test_doctor_measures_it(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(
        "- {text: is it sunny?, expect: weather}\n- {text: which gate?, expect: none}\n"
    )
    with serving(FakeVllm(rules=RULES)) as server:
        served(tmp_path, server)
        done = run(tmp_path, "doctor", "--listener", "travel", "--cases", "cases.yaml", "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)["report"]
        assert (report["asked"], report["answered"], report["right"]) == (30, 30, 0.5)
        assert report["hit_rate"] is not None and report["agreement"] is not None
        assert report["p50_ms"] <= report["p99_ms"]
        spoken = run(tmp_path, "doctor", "--listener", "travel").stdout
        assert f"Plano-Orchestrator at http://127.0.0.1:{server.port}" in spoken
        assert "p50 / p99" in spoken
        wrong = run(tmp_path, "doctor", "--url", f"http://127.0.0.1:{server.port}", "--model", "other")
        assert wrong.returncode == 1
        assert "the server has no model 'other'; it has: Plano-Orchestrator" in wrong.stdout
        assert KEY not in done.stdout + spoken


@pytest.mark.parametrize("words", [["--listener", "travel"], ["--url", "http://127.0.0.1:9", "--model", "m"]])
def test_doctor_where_nobody_answers(tmp_path: Path, words: list[str]) -> None:
    served(tmp_path, ServedFake(FakeVllm(), port=9))
    done = run(tmp_path, "doctor", *words)
    assert done.returncode == 1
    assert "not usable: no connection" in done.stdout
