"""`render` and `init`: what they write, what they refuse, and what never gets into a file."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from control_plane.cli import COMMANDS, cli
from control_plane.init_templates import TEMPLATES, text
from control_plane.run.state import RunDirectory

CONFIG = """\
version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000, address: 127.0.0.1}
model_providers:
  - {model: openai/gpt-4o, access_key: $CLI_TEST_KEY, default: true}
  - {model: openai/gpt-4o-mini, access_key: sk-written-in-the-file}
"""
SECRETS = ("sk-from-the-environment", "sk-written-in-the-file")


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANO_RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("CLI_TEST_KEY", SECRETS[0])
    Path("config.yaml").write_text(CONFIG)


def run(*words: str, **options) -> Result:
    return CliRunner().invoke(cli, list(words), prog_name="plano-cp", **options)


def test_stdout_is_the_bootstrap_and_nothing_else():
    result = run("render", "--no-check")
    assert result.exit_code == 0
    assert set(json.loads(result.stdout)) >= {"static_resources", "admin"}
    assert run("render", "--no-check").stdout == result.stdout


def test_only_one_of_the_two_files():
    runtime = run("render", "--no-check", "--only", "runtime").stdout
    assert "static_resources" not in json.loads(runtime)
    assert run("render", "--no-check", "--only", "bootstrap").stdout == run("render", "--no-check").stdout


def test_a_file_and_a_directory():
    assert run("render", "--no-check", "-o", "out/envoy.json").exit_code == 0
    assert Path("out/envoy.json").read_text() == run("render", "--no-check").stdout
    assert run("render", "--no-check", "-o", "parts/").exit_code == 0
    names = {path.name for path in Path("parts").iterdir()}
    assert names >= {"listeners.json", "clusters.json", "routes.json", "secrets.json", "runtime.json"}
    assert all(json.loads((Path("parts") / name).read_text()) is not None for name in names)


def test_no_secret_is_written_or_printed():
    printed = run("render", "--no-check").output + run("render", "--no-check", "-o", "parts/").output
    printed += run("render", "--no-check", "--only", "runtime").output + run("render", "--diff", "-o", "none").output
    written = "".join(path.read_text() for path in Path("parts").iterdir())
    assert [secret for secret in SECRETS if secret in printed + written] == []


def test_envoy_accepts_it_without_the_secrets(monkeypatch):
    monkeypatch.delenv("CLI_TEST_KEY")
    result = run("render", "-o", "envoy.json")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "wrote envoy.json")


def test_what_envoy_refuses_is_not_written(monkeypatch):
    monkeypatch.setattr("control_plane.render.check", lambda bootstrap, environ: "it is broken")
    result = run("render", "-o", "envoy.json")
    assert result.exit_code == 1
    assert "Envoy refuses the rendered configuration: it is broken; --no-check" in result.stderr
    assert not Path("envoy.json").exists()


def test_what_is_not_enforced_is_said_once_and_never_among_what_is_rendered():
    Path("config.yaml").write_text(CONFIG + "system_prompt: Be brief.\n")
    said = "system_prompt is not enforced yet"
    assert run("validate").stdout.count(said) == 1
    done = run("render", "--no-check")
    assert (done.exit_code, done.stderr.count(said), said in done.stdout) == (0, 1, False)


def test_the_same_bytes_from_every_process():
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "control_plane.cli", "render", "--no-check", "--only", only],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
        for only in ("bootstrap", "runtime")
    }
    assert len(outputs) == 2 and all(outputs)


def test_diff_with_a_file():
    run("render", "--no-check", "-o", "envoy.json")
    same = run("render", "--no-check", "--diff", "-o", "envoy.json")
    assert (same.exit_code, same.stdout) == (0, "")
    Path("config.yaml").write_text(CONFIG.replace("12000", "12001"))
    differs = run("render", "--no-check", "--diff", "-o", "envoy.json")
    assert differs.exit_code == 1
    lines = [line.strip() for line in differs.stdout.splitlines()]
    assert any(line.startswith("-") and "12000" in line for line in lines)
    assert any(line.startswith("+") and "12001" in line for line in lines)
    assert "12001" not in Path("envoy.json").read_text()


def test_diff_with_what_runs():
    for checked in ("--check", "--no-check"):
        result = run("render", checked, "--diff")
        assert result.exit_code == 1
        assert "error: nothing was started as 'default' yet" in result.stderr
    directory = RunDirectory(Path("run/default").absolute())
    directory.prepare()
    directory.bootstrap.write_text("{}\n")
    result = run("render", "--no-check", "--diff", "--only", "bootstrap")
    assert result.exit_code == 1
    assert str(directory.admin_socket) in result.stdout


def test_a_wrong_configuration_writes_nothing():
    Path("config.yaml").write_text(CONFIG.replace("openai/gpt-4o,", "nobody/gpt-4o,"))
    result = run("render", "-o", "envoy.json")
    assert result.exit_code == 2
    assert "config.yaml:5:" in result.stderr
    assert not Path("envoy.json").exists()


def test_init_writes_a_template_and_says_what_next(tmp_path: Path):
    result = run("init", "-o", "mine.yaml")
    assert result.exit_code == 0
    assert Path("mine.yaml").read_text() == text("model_gateway")
    for word in result.stdout.split():
        assert not word.startswith("plano-cp") or word == "plano-cp"
    assert {"validate", "up"} <= set(result.stdout.split()) & set(COMMANDS)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_can_be_chosen(template: str):
    assert run("init", "--template", template, "-o", "mine.yaml").exit_code == 0
    assert Path("mine.yaml").read_text() == text(template)
    assert f"{template} " in run("init", "--list-templates").stdout


def test_init_never_overwrites_unasked():
    result = run("init")
    assert result.exit_code == 1
    assert "config.yaml is there already; choose another name with -o, or overwrite it with --force" in result.stderr
    assert Path("config.yaml").read_text() == CONFIG
    assert run("init", "--force").exit_code == 0
    assert Path("config.yaml").read_text() != CONFIG


def test_init_asks_where_somebody_can_answer(monkeypatch):
    monkeypatch.setattr("control_plane.commands.init.is_terminal", lambda stream: True)
    result = run("init", "-o", "mine.yaml", input="nonsense\nfailover\n")
    assert result.exit_code == 0
    assert "'nonsense' is not one of" in result.output
    assert Path("mine.yaml").read_text() == text("failover")


def test_init_guesses_a_misspelt_template():
    result = run("init", "--template", "failovr", "-o", "mine.yaml")
    assert result.exit_code == 2
    assert "did you mean 'failover'" in result.stderr


def test_an_interrupted_write_leaves_the_old_file(monkeypatch, tmp_path: Path):
    from control_plane.run import files

    target = tmp_path / "kept.json"
    files.write_atomically(target, "old", 0o600)

    def fail(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk"):
        files.write_atomically(target, "new")
    assert target.read_text() == "old"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".kept")] == []


def test_a_check_by_envoy_leaves_no_shared_memory(monkeypatch, tmp_path: Path):
    """Without the option Envoy creates a segment that outlives it; other Envoys of this machine do so too."""
    envoy = tmp_path / "envoy"
    envoy.write_text('#!/bin/sh\necho "$@" >"$0.asked"\n')
    envoy.chmod(0o755)
    monkeypatch.setenv("PLANO_ENVOY", str(envoy))
    assert run("render").exit_code == 0
    assert "--disable-hot-restart" in (tmp_path / "envoy.asked").read_text().split()
