"""Which configuration a command works on. In: FILE, `--path`, the directory. Out: a `Compiled`, or a `Fault` (exit 2).

The rule is Plano's: FILE, else config.yaml, else plano_config.yaml of the directory. `-` reads stdin.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from control_plane.console import WrongInput, say_problems, summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from control_plane.compile import Compiled

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
NAMES = ("config.yaml", "plano_config.yaml")


def file_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds FILE and `--path DIR` to a command."""
    path = click.option(
        "--path",
        "directory",
        type=click.Path(path_type=Path),
        default=None,
        help="Look for config.yaml, then plano_config.yaml, in DIR.",
        metavar="DIR",
    )
    return click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))(path(command))


def name_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--name`: which of several gateways of this machine is meant."""
    return click.option(
        "--name",
        default="default",
        show_default=True,
        metavar="NAME",
        callback=_check_name,
        help="Which gateway, where several run on one machine.",
    )(command)


def name_words(name: str) -> str:
    """What a command line needs to mean this gateway."""
    return "" if name == "default" else f" --name {name}"


def _check_name(_: click.Context, __: click.Parameter, name: str) -> str:
    if not NAME.fullmatch(name):
        raise click.BadParameter("use letters, digits, '-', '_' and '.', at most 40, starting with a letter or digit")
    return name


def token_usage_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--token-usage`."""
    return click.option(
        "--token-usage", is_flag=True, help="Log the tokens of every answer: one more pass over each, in Lua."
    )(command)


def find(file: Path | None, directory: Path | None) -> Path | None:
    """The configuration file meant; None when none was named and the directory holds none."""
    if file is not None:
        return file
    if directory is not None and not directory.is_dir():
        raise WrongInput(f"{directory}: not a directory; give --path the directory of the configuration")
    candidates = ((directory or Path()) / name for name in NAMES)
    return next((path for path in candidates if path.is_file()), None)


def shown(path: Path) -> str:
    """What messages call the configuration."""
    return "<stdin>" if str(path) == "-" else str(path)


def require(file: Path | None, directory: Path | None) -> Path:
    """Like `find`, but a missing configuration is a fault."""
    path = find(file, directory)
    if path is None:
        raise WrongInput(
            f"no configuration: neither {NAMES[0]} nor {NAMES[1]} is in {directory or 'this directory'}; "
            "name a file, or write one with `plano-cp init`"
        )
    return path


def compile_source(path: Path, environ: Mapping[str, str] = os.environ) -> Compiled:
    """Compile a file, or stdin for `-`. Problems are inside the result; an unreadable file is a fault (exit 2)."""
    from control_plane.compile import compile_file, compile_text

    if str(path) == "-":
        return compile_text(sys.stdin.buffer.read(), shown(path), Path.cwd(), environ)
    if path.is_dir():
        raise WrongInput(f"{path}: is a directory; name the file in it or use --path {path}")
    try:
        path.open("rb").close()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise WrongInput(f"{path}: {reason}; check the name and its permissions") from None
    return compile_file(path, environ)


def require_valid(compiled: Compiled, *, later: str = "") -> None:
    """Print every problem on stderr; a fault (exit 2) when one of them is an error.

    Warnings of the rule `later` are left out when there is no error: the caller says them himself.
    """
    errors = len(compiled.problems.errors)
    say_problems(problem for problem in compiled.problems if errors or problem.rule != later)
    if errors or compiled.gateway is None:
        raise WrongInput(f"the configuration is not usable: {summary(errors, len(compiled.problems.warnings))}")
