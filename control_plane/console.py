"""What the commands print with: colours only on a terminal, progress only on a terminal, faults in one line.

Results go to stdout, everything about them (problems, progress) to stderr. Nothing here may ever see a secret.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import click

from control_plane.problems import Problem

LEVEL_COLOUR = {"error": "red", "warning": "yellow"}
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Fault(click.ClickException):
    """What was asked for failed (exit 1): `message` says what is wrong and what to do."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"{paint('error', 'red', err=True)}: {self.message}", err=True)


class WrongInput(Fault):
    """The configuration or the command line is wrong (exit 2)."""

    exit_code = 2


def is_terminal(stream: IO[Any]) -> bool:
    """Whether a person is looking at `stream`."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colour(*, err: bool = False) -> bool:
    """Whether stdout (or stderr) may get colours: it is a terminal and NO_COLOR is not set."""
    return not os.environ.get("NO_COLOR") and is_terminal(sys.stderr if err else sys.stdout)


def paint(text: str, colour: str, *, err: bool = False, bold: bool = False) -> str:
    """`text` coloured where its stream may get colours."""
    return click.style(text, fg=colour, bold=bold or None) if has_colour(err=err) else text


def say(text: str = "", *, err: bool = False) -> None:
    """Print one line."""
    click.echo(text, err=err)


def say_json(value: object) -> None:
    """Print `value` as indented JSON on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def say_problems(problems: Iterable[Problem], *, err: bool = True) -> None:
    """Print every problem as `file:line:column: level: what; do`."""
    for problem in problems:
        level = paint(problem.level, LEVEL_COLOUR[problem.level], err=err, bold=True)
        click.echo(f"{problem.place}: {level}: {problem.what}; {problem.do}", err=err)


def problem_plain(problem: Problem) -> dict[str, object]:
    """A problem as JSON writes it."""
    place = {"file": problem.place.file, "line": problem.place.line, "column": problem.place.column}
    return place | {"level": problem.level, "rule": problem.rule, "what": problem.what, "do": problem.do}


def summary(errors: int, warnings: int) -> str:
    """For example "2 errors, 1 warning"; "no problems" for none."""
    counts = ((errors, "error"), (warnings, "warning"))
    return ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n) or "no problems"


class Progress:
    """`with Progress("waiting for Envoy"):` turns a spinner on stderr while the block runs; silent off a terminal."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._spin, daemon=True)

    def _spin(self) -> None:
        for frame in itertools.cycle(FRAMES):
            sys.stderr.write(f"\r\033[K{paint(frame, 'cyan', err=True)} {self.text}")
            sys.stderr.flush()
            if self._done.wait(0.1):
                break
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()

    def __enter__(self) -> Progress:
        if is_terminal(sys.stderr):
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()


def report_bug(bug: BaseException) -> None:
    """One line about a fault of ours on stderr; the traceback goes into a file only its owner can read."""
    last = traceback.extract_tb(bug.__traceback__)[-1:]
    spot = f" at {Path(last[0].filename).name}:{last[0].lineno}" if last else ""
    where = _keep_traceback(bug)
    click.echo(
        f"plano-cp: internal error: {type(bug).__name__}{spot} (our fault, not your configuration's); "
        f"details: {where} (PLANO_DEBUG=1 prints them)",
        err=True,
    )


def _keep_traceback(bug: BaseException) -> str:
    try:
        folder = Path.home() / ".plano"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "last-error.txt"
        path.touch(mode=0o600)
        path.write_text("".join(traceback.format_exception(bug)))
    except OSError:
        return "run again with PLANO_DEBUG=1"
    return str(path)
