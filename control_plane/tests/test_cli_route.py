"""`route`, `route test` and `doctor` as typed: which words mean what, exit codes, and what is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from control_plane.cli import cli
from control_plane.routing import child

CONFIG = """
version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000, address: 127.0.0.1}
routing_preferences:
  - name: code
    description: writing, explaining and fixing program code
    examples: [Why does this function crash?]
    models: [openai/gpt-4o, openai/gpt-4o-mini]
    selection_policy: {prefer: cheapest}
  - {name: travel, description: "flights, hotels and plans for trips", models: [openai/gpt-4o-mini]}
model_providers:
  - {model: openai/gpt-4o, access_key: $CLI_TEST_KEY, default: true}
  - {model: openai/gpt-4o-mini, access_key: $CLI_TEST_KEY}
model_metrics_sources:
  - {type: cost, provider: models.dev}
"""
SERVED = (
    CONFIG.replace(
        "\nmodel_metrics",
        "\n  - {model: vllm/Orchestrator, base_url: 'http://127.0.0.1:9', access_key: $GPU}\nmodel_metrics",
    )
    + "router: {model: vllm/Orchestrator}\n"
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CLI_TEST_KEY", "GPU"):
        monkeypatch.delenv(name, raising=False)
    Path("config.yaml").write_text(CONFIG)


def run(*words: str, **options: Any) -> Result:
    return CliRunner().invoke(cli, list(words), prog_name="plano-cp", **options)


def decision(matched: str | None = "code", **changes: Any) -> dict[str, Any]:
    return {
        "listener": "llm",
        "kind": "model",
        "candidates": ["code", "travel"],
        "why": "preference" if matched else "no_match",
        "meaning": "because",
        "error": None,
        "problem": None,
        "chosen": ["openai/gpt-4o"],
        "route": matched,
        "matched": [matched] if matched else [],
        "answered": True,
        "attempts": [{"cluster": "openai", "model": "gpt-4o"}],
        "untried": [],
        "total_ms": 1.0,
        "scores": [{"name": "code", "probability": 0.9}, {"name": "travel", "probability": 0.1}],
        "threshold": 0.4,
        "confidence": 0.9,
        "router": "r",
        "prompt": None,
        "router_ms": 0.5,
    } | changes


@pytest.fixture
def asked(monkeypatch) -> list[dict[str, Any]]:
    """What would be asked of the sidecar's code; it always answers `code`."""
    tasks: list[dict[str, Any]] = []

    def ask(task: dict[str, Any]) -> dict[str, Any]:
        tasks.append(task)
        return {"decisions": [decision() for _ in task["calls"]]}

    monkeypatch.setattr(child, "ask", ask)
    return tasks


def said(task: dict[str, Any]) -> list[str]:
    return [call["body"]["messages"][-1]["content"] for call in task["calls"]]


def test_the_sidecars_own_code_decides() -> None:
    """The real thing, once: a process of its own, the embedded router, the packaged prices."""
    Path("cases.yaml").write_text(
        "- {text: Why does my Python program raise a KeyError?, expect: code}\n"
        "- {text: 'Find me a flight to Rome and a hotel there.', expect: travel}\n"
        "- {text: 'What is the capital of Peru?', expect: none}\n"
    )
    result = run("route", "test", "cases.yaml", "--json", "--min-accuracy", "0.6")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["total"] == 3 and found["passed"] >= 2
    assert found["router"].startswith("plano-embedded")
    one = json.loads(run("route", "Why does my Python program raise a KeyError?", "--json").stdout)
    assert (one["why"], one["route"]) == ("preference", "code")
    assert one["attempts"] == [{"cluster": "openai", "model": "gpt-4o-mini"}, {"cluster": "openai", "model": "gpt-4o"}]
    assert {score["name"] for score in one["scores"]} == {"code", "travel"}
    assert one["notes"] == ["ranked by the packaged price list; a running gateway asks the configured source"]


def test_a_decision_for_a_person(asked: list[dict[str, Any]]) -> None:
    result = run("route", "fix it")
    assert result.exit_code == 0
    for row in (
        "why         preference: because",
        "preference  code",
        "models      openai/gpt-4o",
        "attempts    openai: gpt-4o",
        "scores      0.90  code",
        "            0.10  travel",
        "threshold   0.40 (what the scores have to reach together)",
        "router      r, 0.5 ms",
    ):
        assert row in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "stdin", "texts"),
    [
        (["fix it"], None, ["fix it"]),
        (["config.yaml", "fix it"], None, ["fix it"]),
        (["-"], "from stdin", ["from stdin"]),
        (["config.yaml", "-"], "from stdin", ["from stdin"]),
        (["-", "fix it"], CONFIG, ["fix it"]),
        (["config.yaml", "--conversation", "chat.json"], None, ["third"]),
        (["--conversation", "chat.json"], None, ["third"]),
    ],
)
def test_words(asked: list[dict[str, Any]], words: list[str], stdin: str | None, texts: list[str]) -> None:
    turns = [{"role": role, "content": text} for role, text in (("user", "1"), ("assistant", "2"), ("user", "third"))]
    Path("chat.json").write_text(json.dumps(turns))
    result = run("route", *words, input=stdin)
    assert result.exit_code == 0, result.output
    assert said(asked[0]) == texts


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "there is no text to choose for"),
        (["a", "b", "c"], "put the text in quotes"),
        (["-", "-"], "stdin cannot be both"),
        (["none.yaml", "x"], "none.yaml: no such file"),
        (["x", "--listener", "lm"], "there is no listener 'lm'; did you mean 'llm'?"),
        (["x", "--router", "served"], "this configuration has no served router"),
        (["--conversation", "none.json"], "none.json: no such file"),
        (["test"], "name a file of cases"),
        (["test", "none.yaml"], "the cases are not usable: 1 to correct"),
        (["test", "config.yaml", "none.yaml"], "none.yaml:1:1: error: there is no such file"),
    ],
)
def test_wrong_words(words: list[str], what: str) -> None:
    result = run("route", *words)
    assert result.exit_code == 2
    assert what in result.stderr


def test_cases_are_decided_together_and_their_bar_is_everything(asked: list[dict[str, Any]]) -> None:
    Path("cases.yaml").write_text("- {text: a, expect: code}\n- {text: b, expect: travel}\n")
    result = run("route", "test", "cases.yaml")
    assert [said(task) for task in asked] == [["a", "b"]]
    assert result.exit_code == 1
    assert "cases.yaml:2:3: failed: b" in result.stdout
    assert "failed: 1 of 2 as expected (50.0 %, at least 100 %)" in result.stdout
    assert run("route", "test", "cases.yaml", "--min-accuracy", "0.5").exit_code == 0


def test_a_key_is_resolved_sent_and_never_shown(asked: list[dict[str, Any]]) -> None:
    Path("config.yaml").write_text(SERVED)
    missing = run("route", "x")
    assert missing.exit_code == 2 and "GPU is not set" in missing.stderr
    Path(".env").write_text("GPU=sk-gpu-secret\n")
    result = run("route", "x")
    assert asked[0]["server"]["headers"]["authorization"] == "Bearer sk-gpu-secret"
    assert "sk-gpu-secret" not in result.output
    assert "sk-gpu-secret" not in asked[0]["runtime"]
    assert run("route", "x", "--router", "embedded").exit_code == 0
    assert asked[1]["server"] is None


def test_what_cannot_be_answered_is_a_fault(monkeypatch) -> None:
    def ask(_: object) -> dict[str, Any]:
        raise child.NoAnswer("the weights are missing")

    monkeypatch.setattr(child, "ask", ask)
    result = run("route", "x")
    assert (result.exit_code, result.stderr) == (1, "error: the weights are missing\n")


REPORT = {"errors": [], "hit_rate": 0.5}


def examined(monkeypatch, answer: dict[str, Any]) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = []

    def ask(task: dict[str, Any]) -> dict[str, Any]:
        tasks.append(task)
        return answer

    monkeypatch.setattr(child, "ask", ask)
    return tasks


def test_doctor_without_a_served_router_measures_the_embedded_one(monkeypatch) -> None:
    text = "router             r\nprefix cache hits  not known\nsame as reference  no reference\n"
    tasks = examined(monkeypatch, {"report": REPORT | {"hit_rate": None}, "text": text})
    result = run("doctor")
    assert (tasks[0]["server"], tasks[0]["model"]) == (None, None)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith("no served router is configured: the embedded one decides")
    assert "router             r" in result.stdout
    assert "prefix cache" not in result.stdout


def test_doctor_by_address_needs_no_configuration(monkeypatch) -> None:
    Path("config.yaml").unlink()
    tasks = examined(monkeypatch, {"report": REPORT, "text": "x\n"})
    result = run("doctor", "--url", "http://127.0.0.1:9/v1", "--model", "m", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"server": "http://127.0.0.1:9", "model": "m", "report": REPORT}
    assert tasks[0]["server"]["chat_url"] == "http://127.0.0.1:9/v1/chat/completions"
    assert len(tasks[0]["options"]) == 4 and tasks[0]["rounds"] * len(tasks[0]["samples"]) >= 30


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ({"report": REPORT, "text": "p50 / p99  1 ms\n"}, 0, "p50 / p99  1 ms"),
        ({"report": REPORT | {"errors": [["late", 1]]}, "text": "x\n"}, 1, "x"),
        ({"unreachable": "unreachable", "serves": None}, 1, "no connection, or the server says"),
        ({"unreachable": "late", "serves": None}, 1, "did not answer the first question within 15 s"),
        ({"unreachable": "confused", "serves": ["a", "b"]}, 1, "no model 'Orchestrator'; it has: a, b"),
    ],
)
def test_doctor_of_a_served_router(monkeypatch, answer: dict[str, Any], code: int, said: str) -> None:
    Path("config.yaml").write_text(SERVED)
    monkeypatch.setenv("GPU", "sk-gpu-secret")
    tasks = examined(monkeypatch, answer)
    result = run("doctor")
    assert (result.exit_code, said in result.stdout) == (code, True), result.output
    assert "Orchestrator at http://127.0.0.1:9" in result.stdout
    assert "sk-gpu-secret" not in result.output
    assert tasks[0]["server"]["headers"]["authorization"] == "Bearer sk-gpu-secret"
    assert tasks[0]["model"] == {"model": "Orchestrator", "prompt": "", "context_tokens": 8192}
    assert [(sample["body"]["messages"][0]["content"], sample["expected"]) for sample in tasks[0]["samples"]] == [
        ("Why does this function crash?", ["code"]),
        ("flights, hotels and plans for trips", None),
    ]
    assert tasks[0]["rounds"] == 15


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--url", "http://h"], "--url needs --model"),
        (["--url", "h", "--model", "m"], "--url is no address"),
        (["--model", "m"], "belong to --url"),
        (["--url", "http://h", "--model", "m", "--key-variable", "CLI_NO_SUCH_KEY"], "CLI_NO_SUCH_KEY is not set"),
        (["none.yaml"], "none.yaml: no such file"),
        (["--cases", "none.yaml"], "the cases are not usable"),
    ],
)
def test_doctor_with_wrong_words(words: list[str], what: str) -> None:
    result = run("doctor", *words)
    assert result.exit_code == 2
    assert what in result.stderr


def test_only_what_a_caller_may_use(asked: list[dict[str, Any]]) -> None:
    auth = "{api_keys: [{name: ann, key: $ANN, models: [openai/gpt-4o]}]}"
    Path("config.yaml").write_text(CONFIG.replace("address: 127.0.0.1}", f"address: 127.0.0.1, auth: {auth}}}"))
    assert run("route", "fix it", "--caller", "ann").exit_code == 0
    assert [call["caller"] for call in asked[-1]["calls"]] == ["key:ann"]
    unknown = run("route", "fix it", "--caller", "bob")
    assert unknown.exit_code == 2
    assert "no allow-list is for the caller bob; there are lists for ann" in unknown.stderr
