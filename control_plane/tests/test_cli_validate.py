"""`validate`, `explain` and `schema`: what they print and how they exit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from control_plane.cli import cli

GOOD = """\
version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000, address: 127.0.0.1}
model_providers:
  - {model: openai/gpt-4o, access_key: $CLI_TEST_KEY, default: true}
"""
WARNS = GOOD.replace(", default: true", "")
BAD = GOOD.replace("name: llm", "nmae: llm").replace("12000", "many")


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLI_TEST_KEY", raising=False)


def run(*words: str, **options) -> Result:
    return CliRunner().invoke(cli, list(words), prog_name="plano-cp", **options)


def test_a_good_file():
    Path("config.yaml").write_text(GOOD)
    result = run("validate")
    assert (result.exit_code, result.stdout) == (0, "config.yaml: ok\n")


def test_every_problem_with_its_place_and_exit_2():
    Path("plano.yaml").write_text(BAD)
    result = run("validate", "plano.yaml")
    assert result.exit_code == 2
    *problems, verdict = result.stdout.splitlines()
    assert {line.split(": ")[0] for line in problems} == {"plano.yaml:3:5", "plano.yaml:3:19", "plano.yaml:3:36"}
    assert all(": error: " in line and "; " in line for line in problems)
    assert verdict == f"plano.yaml: {len(problems)} errors"


def test_files_that_are_not_there_are_warnings_with_their_places():
    Path("there.pem").write_text("certificate")
    extra = "tls: {cert_file: there.pem, key_file: no.key}, auth: {jwt: [{name: i, issuer: i, jwks_file: no.json}]}"
    text = GOOD.replace("port: 12000", f"port: 12000, {extra}") + "overrides: {upstream_tls_ca_path: no.ca}\n"
    Path("plano.yaml").write_text(text)
    result = run("validate", "plano.yaml")
    rows = [line for line in result.stdout.splitlines() if "no readable file" in line]
    assert result.exit_code == 0 and len(rows) == 3 and all(": warning: " in row for row in rows)
    assert rows[0].startswith(f"plano.yaml:3:{text.splitlines()[2].index('no.key') + 1}: ")
    assert rows[2].startswith("plano.yaml:6:35: ")
    assert run("validate", "plano.yaml", "--strict").exit_code == 1


def test_json_is_for_scripts():
    Path("plano.yaml").write_text(BAD)
    result = run("validate", "plano.yaml", "--json")
    assert result.exit_code == 2
    answer = json.loads(result.stdout)
    assert answer["ok"] is False
    first = answer["problems"][0]
    assert set(first) == {"file", "line", "column", "level", "rule", "what", "do"}
    assert (first["file"], first["line"], first["level"]) == ("plano.yaml", 3, "error")


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--strict"], 1)])
def test_warnings_fail_only_when_strict(words: list[str], code: int):
    Path("config.yaml").write_text(WARNS)
    result = run("validate", *words)
    assert result.exit_code == code
    assert ": warning: " in result.stdout
    assert json.loads(run("validate", "--json", *words).stdout)["ok"] is (code == 0)


def test_unset_secrets_only_with_env_and_at_their_place():
    Path("config.yaml").write_text(GOOD)
    result = run("validate", "--env")
    assert result.exit_code == 2
    assert (
        "config.yaml:5:5: error: the environment variable CLI_TEST_KEY is not set; export CLI_TEST_KEY" in result.stdout
    )
    assert run("validate", "--env", env={"CLI_TEST_KEY": "x"}).exit_code == 0
    Path(".env").write_text("CLI_TEST_KEY=y\n")
    assert run("validate", "--env").exit_code == 0


def test_stdin():
    result = run("validate", "-", input=BAD)
    assert result.exit_code == 2
    assert result.stdout.startswith("<stdin>:3:")
    assert run("validate", "-", input=GOOD).stdout == "<stdin>: ok\n"


def test_where_the_file_is_looked_for(tmp_path: Path):
    nested = tmp_path / "nested"
    nested.mkdir()
    (nested / "plano_config.yaml").write_text(GOOD)
    assert run("validate", "--path", "nested").stdout == "nested/plano_config.yaml: ok\n"
    (nested / "config.yaml").write_text(GOOD)
    assert run("validate", "--path", "nested").stdout == "nested/config.yaml: ok\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["validate"], "no configuration: neither config.yaml nor plano_config.yaml is in this directory"),
        (["validate", "--path", "nowhere"], "nowhere: not a directory"),
        (["validate", "nothing.yaml"], "nothing.yaml: no such file or directory"),
        (["validate", "."], ".: is a directory"),
        (["explain"], "no configuration"),
        (["render"], "no configuration"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_read_is_said_in_one_line(words: list[str], said: str):
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [", b"", b"- 1\n", b"a: 1\na: 2\n", b"version: v9\n"])
def test_no_content_gives_a_traceback(content: bytes):
    Path("config.yaml").write_bytes(content)
    result = run("validate")
    assert result.exit_code == 2
    assert result.stdout.startswith("config.yaml:")
    assert isinstance(result.exception, SystemExit)


def test_explain_says_who_decided():
    Path("config.yaml").write_text(GOOD)
    result = run("explain", "--model", "gpt-4o", env={"CLI_TEST_KEY": "sk-should-not-be-seen"})
    assert result.exit_code == 0
    assert "https://api.openai.com:443/v1/chat/completions" in result.stdout.replace(
        "api.openai.com/", "api.openai.com:443/"
    )
    assert "config.yaml:5:5" in result.stdout
    assert "CLI_TEST_KEY" in result.stdout
    assert "sk-should-not-be-seen" not in result.output


def test_explain_as_json_and_with_a_wrong_listener():
    Path("config.yaml").write_text(GOOD)
    answer = json.loads(run("explain", "--model", "gpt-4o", "--json").stdout)
    assert answer["requests"][0]["listener"] == "llm"
    result = run("explain", "--listener", "other")
    assert result.exit_code == 2
    assert "there is no listener 'other'" in result.stderr


def test_schema_on_stdout_and_in_a_file():
    text = run("schema").stdout
    assert json.loads(text)["properties"]["listeners"]
    assert run("schema", "-o", "here.json").exit_code == 0
    assert Path("here.json").read_text().rstrip() == text.rstrip()
    result = run("schema", "-o", "no/such/here.json")
    assert result.exit_code == 1
    assert "choose a place that can be written" in result.stderr
