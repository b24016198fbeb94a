"""The command line as a whole: help, names, versions, completion, and how faults are told."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from control_plane import cli, console

HEAVY = (
    "yaml",
    "jsonschema",
    "envoy_data_plane",
    "betterproto2",
    "asyncio",
    "control_plane.compile",
    "importlib.metadata",
)


def run(*words: str, **options):
    return CliRunner().invoke(cli.cli, list(words), prog_name="plano-cp", **options)


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in cli.COMMANDS)], ids=" ".join)
def test_help_loads_nothing_heavy(words: list[str]):
    code = (
        "import sys\nfrom control_plane.cli import cli\n"
        f"try: cli({words!r}, prog_name='plano-cp')\nexcept SystemExit as end: assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_help_shows_every_command_and_the_exit_codes():
    text = run("--help").stdout
    assert [name for name in cli.COMMANDS if f"\n  {name} " not in text] == []
    assert "0  fine" in text
    assert "1  what was asked for failed" in text
    assert "2  the configuration or the command line is wrong" in text


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_with_an_example(name: str):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"plano-cp {name}" in result.stdout.partition("Usage:")[2].partition("\n")[2]


def test_no_command_at_all_shows_the_help():
    assert "Commands:" in run().output


def test_a_misspelt_command_is_guessed():
    result = run("valdate")
    assert result.exit_code == 2
    assert "there is no command 'valdate', did you mean 'validate'" in result.stderr


def test_version():
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("plano-cp 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_our_program(shell: str):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_PLANO_CP_COMPLETE" in result.stdout


def test_the_completion_completes():
    environ = {"_PLANO_CP_COMPLETE": "bash_complete", "COMP_WORDS": "plano-cp val", "COMP_CWORD": "1"}
    result = run(env=environ)
    assert "plain,validate" in result.stdout.split()


def test_a_fault_of_ours_is_one_line_and_a_private_file(monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    try:
        raise KeyError("lost")
    except KeyError as bug:
        console.report_bug(bug)
    said = capsys.readouterr().err
    kept = tmp_path / ".plano/last-error.txt"
    assert said.startswith("plano-cp: internal error: KeyError at test_cli.py:")
    assert said.count("\n") == 1
    assert str(kept) in said
    assert "KeyError: 'lost'" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(("debug", "shown"), [("", False), ("1", True)])
def test_a_traceback_only_on_request(debug: str, shown: bool, tmp_path: Path):
    code = "from control_plane import cli\ndef broken(*_, **__): raise KeyError('lost')\ncli.cli = broken\ncli.main()"
    environ = {"HOME": str(tmp_path), "PLANO_DEBUG": debug}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ)
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is shown


@pytest.mark.parametrize(
    ("errors", "warnings", "words"),
    [(0, 0, "no problems"), (1, 0, "1 error"), (2, 1, "2 errors, 1 warning"), (0, 2, "2 warnings")],
)
def test_summary(errors: int, warnings: int, words: str):
    assert console.summary(errors, warnings) == words


@pytest.mark.parametrize(
    ("terminal", "environ", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_only_where_a_person_looks(monkeypatch, terminal: bool, environ: dict[str, str], coloured: bool):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert (console.paint("x", "red") != "x") is coloured
