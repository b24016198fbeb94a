"""`plano-cp validate`: every problem of a configuration. Exit 2 for errors, 1 with --strict for warnings, else 0."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from control_plane.commands.source import compile_source, file_argument, require, shown
from control_plane.console import paint, problem_plain, say, say_json, say_problems, summary

if TYPE_CHECKING:
    from control_plane.compile import Compiled

HELP = """Check FILE (default: config.yaml, then plano_config.yaml; `-` reads stdin) and print every problem in it.

\b
Examples:
  plano-cp validate
  plano-cp validate plano.yaml --env        also: is every secret set?
  plano-cp validate plano.yaml --json       for scripts and editors
  cat plano.yaml | plano-cp validate -

Each line is `file:line:column: level: what is wrong; what to do`. Exit codes: 0 no error, 1 warnings with --strict,
2 errors.
"""


@click.command("validate", help=HELP, short_help="Check a configuration and print every problem in it.")
@file_argument
@click.option("--env", "check_environment", is_flag=True, help="Also check that every secret is set.")
@click.option("--strict", is_flag=True, help="Exit 1 when there are warnings.")
@click.option("--json", "as_json", is_flag=True, help="Print {problems, ok} as JSON.")
def command(file: Path | None, directory: Path | None, check_environment: bool, strict: bool, as_json: bool) -> None:
    """See HELP."""
    path = require(file, directory)
    compiled = compile_source(path)
    if check_environment:
        add_missing_secrets(compiled)
    add_unreadable_files(compiled)
    problems = compiled.problems
    code = 2 if problems.errors else 1 if strict and problems.warnings else 0
    if as_json:
        say_json({"problems": [problem_plain(problem) for problem in problems], "ok": code == 0})
    else:
        say_problems(problems, err=False)
        say(_verdict(shown(path), len(problems.errors), len(problems.warnings)))
    raise SystemExit(code)


def add_missing_secrets(compiled: Compiled) -> None:
    """Turn every secret nobody set into an error at the YAML place that wants it."""
    from control_plane import secrets

    if compiled.config is None or compiled.gateway is None:
        return
    for variable, place in secrets.missing(compiled.config, compiled.gateway, compiled.environment):
        do = f"export {variable}, or write it into .env beside the file"
        compiled.problems.error(place, "secret-not-set", f"the environment variable {variable} is not set", do)


def add_unreadable_files(compiled: Compiled) -> None:
    """A warning for every file that is not here: the configuration may be rendered for another machine."""
    from control_plane.files import unreadable

    if compiled.config is None or compiled.document is None:
        return
    for file in unreadable(compiled.config, compiled.document):
        what = f"{file.key}: there is no readable file {file.path} on this machine"
        compiled.problems.warn(file.at, "no-file", what, "`up` needs it here; correct the path, or make the file")


def _verdict(name: str, errors: int, warnings: int) -> str:
    if errors:
        return f"{name}: {paint(summary(errors, warnings), 'red')}"
    return f"{name}: {paint('ok', 'green')}" + (f", {summary(0, warnings)}" if warnings else "")
