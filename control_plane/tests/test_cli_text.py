"""Small texts of the commands: a log line, a duration, a named gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from control_plane.cli import cli
from control_plane.commands.log_text import is_health_check, pretty, raw
from control_plane.commands.status import duration
from control_plane.run.logs import Line
from control_plane.run.state import Lock, RunDirectory

REQUEST = {
    "listener": "llm",
    "method": "POST",
    "path": "/v1/messages",
    "status": 200,
    "duration_ms": 812,
    "first_byte_ms": 96,
    "requested_model": "claude",
    "route": "anthropic/claude",
    "cluster": "anthropic",
    "input_tokens": 12,
    "output_tokens": 34,
    "attempts": 2,
    "caller": None,
    "flags": "-",
}


def line(**changes: object) -> Line:
    return Line(1_700_000_000.25, "access", json.dumps(REQUEST | changes))


def test_a_request_says_what_a_person_asks_first():
    text = pretty(line())
    for part in ("llm", "POST", "/v1/messages", " 200 ", "812 ms", "model=claude", "route=anthropic/claude"):
        assert part in text
    assert "cluster=anthropic tokens=12 in, 34 out attempts=2 first_byte_ms=96" in text
    assert "caller" not in text
    assert "flags" not in text


def test_what_a_request_does_not_have_is_a_dash():
    text = pretty(line(requested_model=None, cluster=None, attempts=0, input_tokens=None))
    assert "model=- " in text
    assert "cluster=- " in text
    assert "attempts" not in text
    assert "tokens=- in" in text


@pytest.mark.parametrize("source", ["access", "sidecar-1"])
@pytest.mark.parametrize(
    "text", ["", "not json", "[1]", '{"status": []}', "null", '{"event": "decision", "chosen": 1}']
)
def test_a_strange_line_is_shown_all_the_same(text: str, source: str):
    assert pretty(Line(0.0, source, text)).startswith("--:--:--.---")
    assert json.loads(raw(Line(0.0, source, text)))


def test_raw_keeps_the_access_log_and_wraps_the_rest():
    assert raw(line()) == json.dumps(REQUEST)
    wrapped = json.loads(raw(Line(1_700_000_000.25, "envoy", "[2023-11-14 22:13:20.250][warning] careful")))
    assert (wrapped["source"], wrapped["message"]) == ("envoy", "[warning] careful")
    assert wrapped["time"] is not None


DECISION = {
    "time": "2026-05-01T10:00:03.000Z",
    "level": "info",
    "event": "decision",
    "listener": "llm",
    "why": "preference",
    "chosen": ["openai/gpt-4o", "groq/x"],
    "route": "code",
    "confidence": 0.91,
    "router": "plano-embedded-1",
    "total_ms": 4.5,
    "request_id": "r-1",
}


def decided(**changes: object) -> Line:
    return Line(1_700_000_000.25, "sidecar-1", json.dumps(DECISION | changes))


def test_a_decision_is_one_line():
    wanted = (
        " llm decided preference -> openai/gpt-4o, groq/x route=code confidence=0.91 router=plano-embedded-1 "
        "4.5 ms request_id=r-1"
    )
    assert pretty(decided()).endswith(wanted)
    assert json.loads(raw(decided())) == DECISION


def test_a_refusal_names_its_code():
    assert " decided refused -> no_agent_fits " in pretty(decided(why="refused", decision_error="no_agent_fits"))


def test_what_else_a_worker_says():
    text = '{"time": "x", "level": "warning", "event": "source_failed", "source": "cost", "failures": 2}'
    assert pretty(Line(0.0, "sidecar-1", text)).endswith("sidecar-1  warning source_failed source=cost failures=2")
    assert pretty(Line(0.0, "sidecar-1", "ext_proc: no such file")).endswith("sidecar-1  ext_proc: no such file")


def test_a_decided_request_says_why():
    assert " why=matched" in pretty(line(decision_why="matched"))
    assert "why=" not in pretty(line())


def test_probes_are_told_apart():
    assert is_health_check(line(route="healthz"))
    assert not is_health_check(line())
    assert not is_health_check(Line(0.0, "envoy", '{"route": "healthz"}'))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.9, "59 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (273_600, "3 d 4 h"), (3600, "1 h")],
)
def test_duration(seconds: float, words: str):
    assert duration(seconds) == words


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 41])
@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "render"])
def test_a_name_cannot_leave_the_run_directory(name: str, command: str):
    result = CliRunner().invoke(cli, [command, "--name", name])
    assert result.exit_code == 2
    assert "use letters, digits" in result.stderr


@pytest.mark.parametrize("command", ["down", "status", "logs"])
def test_nothing_runs(command: str, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PLANO_RUN_DIR", str(tmp_path))
    result = CliRunner().invoke(cli, [command])
    assert result.exit_code == 1
    assert "start it with `plano-cp up`" in result.stderr
    assert list(tmp_path.iterdir()) == [], "asking leaves no trace"


def test_down_while_it_is_starting(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PLANO_RUN_DIR", str(tmp_path))
    directory = RunDirectory(tmp_path / "default")
    directory.path.mkdir()
    lock = Lock.take(directory)
    assert lock is not None
    result = CliRunner().invoke(cli, ["down"])
    lock.close()
    assert result.exit_code == 1
    assert "just being started or stopped" in result.stderr
