"""up, status, logs and down as a user meets them: the real program, a real Envoy, a provider that streams."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from control_plane.run.rotation import rotate
from control_plane.run.state import RunDirectory, holder, read_state
from control_plane.run.tests.conftest import WAIT_S, free_port, until

pytestmark = pytest.mark.envoy

KEYS = {"UP_TEST_KEY": "sk-up-test-0123456789", "UP_CALLER_KEY": "caller-key-9876543210"}
WRITTEN = "sk-written-in-the-file-42"
ACCEPTS = 'case "$*" in *"--mode validate"*) exit 0;; esac\n'
"""Start of a shell script that stands for an Envoy which accepts every configuration."""


class Program:
    """`plano-cp` in its own directory, with its own run directory and nothing else of this machine's environment."""

    def __init__(self, path: Path, upstream_port: int) -> None:
        self.path = path
        self.port = free_port()
        self.upstream_port = upstream_port
        self.directory = RunDirectory(path / "run" / "default")
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(path), "PLANO_RUN_DIR": str(path / "run"), **KEYS}
        self.write()

    def write(self, *, auth: str = "") -> None:
        (self.path / "config.yaml").write_text(
            "version: v0.4.0\n"
            "listeners:\n"
            f"  - {{type: model, name: llm, port: {self.port}, address: 127.0.0.1{auth}}}\n"
            "model_providers:\n"
            f"  - {{model: openai/gpt-4o, access_key: $UP_TEST_KEY, base_url: 'http://127.0.0.1:{self.upstream_port}',"
            " default: true}\n"
            f"  - {{model: openai/other, access_key: {WRITTEN}, base_url: 'http://127.0.0.1:{self.upstream_port}'}}\n"
            "system_prompt: be kind\n"
        )

    def run(self, *words: str, **environ: str | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "control_plane.cli", *words],
            cwd=self.path,
            env=self._environ(environ),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def spawn(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "control_plane.cli", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.path, env=self.environ, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def _environ(self, changes: dict[str, str | None]) -> dict[str, str]:
        return {name: value for name, value in (self.environ | changes).items() if value is not None}

    def chat(self, model: str = "gpt-4o", key: str | None = None) -> tuple[int, str]:
        body = json.dumps({"model": model, "messages": [], "stream": True}).encode()
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/chat/completions", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def program(short_path: Path, upstream: int) -> Iterator[Program]:
    made = Program(short_path, upstream)
    yield made
    for path in (short_path / "run").glob("*"):
        pid = holder(RunDirectory(path))
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            until(partial(_is_free, RunDirectory(path)), "the supervisor to end")


def test_up_status_logs_down(program: Program):
    up = program.run("up")
    assert up.returncode == 0, up.stderr
    assert f"llm (model) on 127.0.0.1:{program.port}" in up.stdout
    assert "open to everyone" not in up.stdout, "it is on loopback"
    assert "Not enforced yet:" in up.stdout
    assert "system_prompt" in up.stdout.partition("Not enforced yet:")[2]

    (curl,) = re.findall(r"^\s*(curl .*)$", up.stdout, re.MULTILINE)
    assert subprocess.run(["sh", "-c", f"{curl} -s -f"], capture_output=True, timeout=20).returncode == 0
    assert program.chat()[0] == 200

    status = program.run("status")
    assert status.returncode == 0
    assert f"listener  llm (model) on 127.0.0.1:{program.port}: up" in status.stdout
    facts = json.loads(program.run("status", "--json").stdout)
    assert [listener["up"] for listener in facts["listeners"]] == [True]
    assert sum(cluster["requests"] for cluster in facts["clusters"]) == 2
    assert facts["processes"][0]["pid"] == read_state(program.directory).processes[0].pid

    until(lambda: program.directory.access_log.read_text().count("openai/gpt-4o") >= 2, "the access log")
    logs = program.run("logs")
    assert logs.returncode == 0
    assert "POST /v1/chat/completions 200" in logs.stdout
    assert "/healthz" not in logs.stdout
    assert "/healthz" in program.run("logs", "--health").stdout
    rows = [json.loads(line) for line in program.run("logs", "--json", "--source", "access").stdout.splitlines()]
    assert {row["status"] for row in rows} == {200}

    assert rotate(program.directory, 0) == ""
    assert program.chat()[0] == 200
    until(lambda: program.directory.access_log.stat().st_size, "the access log to go on")
    assert [json.loads(line)["status"] for line in program.directory.access_log.read_text().splitlines()] == [200]
    assert {stat.S_IMODE(path.stat().st_mode) for path in program.directory.logs.iterdir()} == {0o600}

    assert program.run("render", "--diff").returncode == 0
    down = program.run("down")
    assert (down.returncode, down.stdout.partition(": ")[2]) == (0, "stopped\n")
    again = program.run("down")
    assert again.returncode == 1
    assert "the gateway 'default' is not running; start it with `plano-cp up`" in again.stderr
    assert program.run("status").returncode == 1


def test_decisions_are_seen_and_the_sidecar_gets_its_secret_alone(program: Program):
    here = f"http://127.0.0.1:{program.upstream_port}"
    store = "redis://:$UP_STORE_PASSWORD@127.0.0.1:1/0"
    (program.path / "config.yaml").write_text(
        "version: v0.4.0\n"
        "listeners:\n"
        f"  - {{type: model, name: llm, port: {program.port}, address: 127.0.0.1}}\n"
        "model_providers:\n"
        f"  - {{model: openai/gpt-4o, access_key: $UP_TEST_KEY, base_url: '{here}', default: true}}\n"
        "routing_preferences:\n"
        "  - {name: code, description: writing and fixing program code, models: [openai/gpt-4o]}\n"
        f"routing: {{session_cache: {{type: redis, tenant_header: x-tenant, url: '{store}'}}}}\n"
    )
    refused = program.run("up")
    assert refused.returncode == 2
    assert re.search(r"^  UP_STORE_PASSWORD +config.yaml:8:\d+$", refused.stderr, re.MULTILINE)

    up = program.run("up", "--workers", "1", UP_STORE_PASSWORD="store-password-1357924680")
    assert up.returncode == 0, up.stderr
    assert program.chat()[0] == 200
    state = read_state(program.directory)
    environs = {one.name: Path(f"/proc/{one.pid}/environ").read_text() for one in state.processes}
    assert "UP_STORE_PASSWORD" in environs["sidecar-1"] and "UP_TEST_KEY" not in environs["sidecar-1"]
    assert "UP_TEST_KEY" in environs["envoy"] and "UP_STORE_PASSWORD" not in environs["envoy"]

    until(lambda: "1 nothing_to_route" in program.run("status").stdout, "the decision to be counted")
    status = program.run("status")
    assert status.returncode == 0
    assert "sidecar   1/1 workers healthy" in status.stdout
    assert json.loads(program.run("status", "--json").stdout)["sidecar"]["decisions"] == {"nothing_to_route": 1}
    logs = program.run("logs", "--source", "sidecar").stdout
    assert "llm decided nothing_to_route -> openai/gpt-4o" in logs
    assert "sidecar-1  warning serving" in logs


def test_no_secret_is_left_anywhere(program: Program):
    auth = ", auth: {api_keys: [{name: me, key: $UP_CALLER_KEY}]}"
    program.write(auth=auth)
    said = [program.run("up", "--log-level", "info")]
    assert said[0].returncode == 0, said[0].stderr
    assert program.chat(key=KEYS["UP_CALLER_KEY"])[0] == 200
    assert program.chat("other", KEYS["UP_CALLER_KEY"])[0] == 200
    assert program.chat(key="wrong")[0] == 401
    state = read_state(program.directory)
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in (state.pid, state.processes[0].pid)]
    said += [program.run("status"), program.run("status", "--json"), program.run("logs", "-n", "10000")]
    said += [program.run("down"), program.run("explain"), program.run("render"), program.run("validate", "--env")]
    written = {path: path.read_text(errors="replace") for path in program.directory.path.rglob("*") if path.is_file()}
    assert len(written) >= 6
    everything = {**{str(path): text for path, text in written.items()}, "command lines": "".join(lines)}
    everything |= {" ".join(done.args): done.stdout + done.stderr for done in said}
    secrets = [*KEYS.values(), WRITTEN]
    assert [place for place, text in everything.items() if any(secret in text for secret in secrets)] == []


def test_missing_variables_are_all_named_before_anything_starts(program: Program):
    program.write(auth=", auth: {api_keys: [{name: me, key: $UP_CALLER_KEY}]}")
    done = program.run("up", UP_TEST_KEY=None, UP_CALLER_KEY="")
    assert done.returncode == 2
    assert re.search(r"^  UP_TEST_KEY +config.yaml:5:\d+$", done.stderr, re.MULTILINE)
    assert re.search(r"^  UP_CALLER_KEY +config.yaml:3:\d+$", done.stderr, re.MULTILINE)
    assert not program.directory.path.exists()
    (program.path / ".env").write_text(f"UP_TEST_KEY={KEYS['UP_TEST_KEY']}\nUP_CALLER_KEY=x\n")
    assert program.run("up", UP_TEST_KEY=None, UP_CALLER_KEY=None).returncode == 0


def test_a_port_in_use_names_who_uses_it_and_where_to_change_it(program: Program):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", program.port))
        taken.listen()
        done = program.run("up")
    assert done.returncode == 1
    assert f"port {program.port} on 127.0.0.1 is in use by pid {os.getpid()} (" in done.stderr
    assert "change listeners[0] (llm, config.yaml:3:5)" in done.stderr
    assert holder(program.directory) is None


def test_two_ups_do_not_fight(program: Program):
    assert program.run("up").returncode == 0
    pid = holder(program.directory)
    again = program.run("up")
    assert again.returncode == 1
    assert f"already running (pid {pid}); stop it first: plano-cp down" in again.stderr
    assert program.chat()[0] == 200


@pytest.mark.parametrize("command", ["status", "down", "logs"])
def test_what_to_start_is_told_with_its_name(program: Program, command: str):
    assert program.run(command, "--name", "second").stderr.rstrip().endswith("`plano-cp up --name second`")
    assert program.run(command).stderr.rstrip().endswith("`plano-cp up`")


def test_a_wrong_configuration_starts_nothing(program: Program):
    file = program.path / "config.yaml"
    file.write_text(file.read_text().replace("type: model", "type: modl"))
    done = program.run("up")
    assert done.returncode == 2
    assert "config.yaml:3:" in done.stderr
    assert not program.directory.path.exists()


def test_without_envoy_it_says_how_to_get_one(program: Program):
    done = program.run("up", PLANO_ENVOY="/no/envoy")
    assert done.returncode == 1
    assert "PLANO_ENVOY=/no/envoy is not an executable file" in done.stderr


def test_missing_certificates_are_named_before_anything_starts(program: Program):
    program.write(auth=", tls: {cert_file: tls/llm.pem, key_file: tls/llm.key}")
    (program.path / "tls").mkdir()
    (program.path / "tls" / "llm.pem").write_text("")
    done = program.run("up")
    assert done.returncode == 2
    assert f"key_file: {program.path}/tls/llm.key  (config.yaml:3:" in done.stderr
    assert "llm.pem" not in done.stderr
    assert not program.directory.path.exists()


def test_an_envoy_that_dies_at_once_is_reported_with_its_last_words(program: Program):
    broken = program.path / "envoy"
    broken.write_text(f"#!/bin/sh\n{ACCEPTS}echo no licence to start >&2\nexit 7\n")
    broken.chmod(0o755)
    done = program.run("up", PLANO_ENVOY=str(broken))
    assert done.returncode == 1
    assert "the gateway did not start: envoy (pid" in done.stderr
    assert "ended with exit code 7; it died 5 times in a row" in done.stderr
    assert "no licence to start" in done.stderr
    assert holder(program.directory) is None


def test_what_envoy_says_against_the_configuration_comes_without_advice_for_another_command(program: Program):
    refusing = program.path / "envoy"
    refusing.write_text("#!/bin/sh\necho this cannot be >&2\nexit 1\n")
    refusing.chmod(0o755)
    done = program.run("up", PLANO_ENVOY=str(refusing))
    assert done.returncode == 1
    assert "Envoy refuses the rendered configuration: this cannot be" in done.stderr
    assert "--no-check" not in done.stderr
    assert holder(program.directory) is None


def test_one_that_never_answers_is_ended(program: Program):
    idle = program.path / "envoy"
    idle.write_text(f"#!/bin/sh\n{ACCEPTS}exec sleep 600\n")
    idle.chmod(0o755)
    done = program.run("up", "--ready-timeout", "0.5", PLANO_ENVOY=str(idle))
    assert done.returncode == 1
    assert "Envoy is not up within 0.5 s" in done.stderr
    assert holder(program.directory) is None


def test_no_file_serves_every_provider_with_a_key(program: Program):
    (program.path / "config.yaml").unlink()
    none = program.run("up")
    assert none.returncode == 2
    assert "  OPENAI_API_KEY " in none.stderr
    assert "`plano-cp init`" in none.stderr
    done = program.run("up", "--listener-port", str(program.port), OPENAI_API_KEY="sk-x", GROQ_API_KEY="sk-y")
    assert done.returncode == 0, done.stderr
    assert "serving what has a key: openai, groq" in done.stderr
    assert f"127.0.0.1:{program.port}" in done.stdout


def test_foreground_prints_requests_and_ctrl_c_drains(program: Program):
    child = program.spawn("up", "--foreground")
    try:
        until(lambda: _phase(program) == "running", "the gateway")
        assert program.chat()[0] == 200
        stream = socket.create_connection(("127.0.0.1", program.port), WAIT_S)
        body = '{"model":"gpt-4o","messages":[]}'
        stream.sendall(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n{body}".encode()
        )
        os.killpg(child.pid, signal.SIGINT)
        content = b""
        while not content.endswith(b"\r\n0\r\n\r\n"):
            part = stream.recv(65536)
            assert part, "the stream was cut"
            content += part
        out, err = child.communicate(timeout=WAIT_S)
    finally:
        child.kill()
    assert child.returncode == 0, err
    assert "curl http" in out
    assert "POST /v1/chat/completions 200" in out
    assert "/healthz" not in out
    assert "draining: no new connections" in err
    assert err.rstrip().endswith("stopped")


def test_down_now_does_not_wait(program: Program):
    assert program.run("up", "--drain-time", "600").returncode == 0
    with socket.create_connection(("127.0.0.1", program.port), WAIT_S) as stream:
        stream.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
        down = program.run("down", "--now")
    assert down.returncode == 0
    assert "stopped" in down.stdout


def _is_free(directory: RunDirectory) -> bool:
    return holder(directory) is None


def _phase(program: Program) -> str | None:
    state = read_state(program.directory)
    return state.phase if state else None
