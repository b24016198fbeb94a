"""`plano-cp render`: the Envoy configuration a file compiles to. Deterministic, atomic, never with a secret in it."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from control_plane.commands.source import (
    compile_source,
    file_argument,
    name_option,
    require,
    require_valid,
    token_usage_option,
)
from control_plane.console import Fault, Progress, is_terminal, paint, say

if TYPE_CHECKING:
    from control_plane.compile import Compiled
    from control_plane.deployment import Deployment
    from control_plane.render import Rendered

HELP = """Write the Envoy bootstrap FILE compiles to (and the runtime file of the sidecar).

\b
Examples:
  plano-cp render                              the bootstrap, on stdout
  plano-cp render -o envoy.json                into a file
  plano-cp render -o rendered/                 a directory, one file per kind of resource
  plano-cp render --diff                       what would change of the running gateway?
  plano-cp render --diff -o envoy.json         what would change in that file?
  plano-cp render --only runtime               the sidecar's runtime file

The result is checked with `envoy --mode validate` when an Envoy is present. Secrets are never part of it: Envoy reads
them from its environment. Exit codes: 0 fine or no difference, 1 a difference or refused by Envoy, 2 configuration.
"""


@click.command("render", help=HELP, short_help="Write the Envoy configuration a file compiles to.")
@file_argument
@click.option("-o", "--output", metavar="FILE|DIR/", help="Write there; a directory gets one file per resource kind.")
@click.option("--only", type=click.Choice(["bootstrap", "runtime"]), help="Write only this file.")
@click.option("--check/--no-check", default=True, help="Let Envoy check the result when there is one (default: yes).")
@click.option("--diff", is_flag=True, help="Show what differs from -o, or from what `up` last started; write nothing.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Of the sidecar.")
@token_usage_option
@name_option
def command(
    file: Path | None,
    directory: Path | None,
    output: str | None,
    only: str | None,
    check: bool,
    diff: bool,
    workers: int,
    token_usage: bool,
    name: str,
) -> None:
    """See HELP."""
    from control_plane.render import render

    compiled = compile_source(require(file, directory))
    require_valid(compiled)
    if diff and output is None:
        _require_deployed(name)
    with Progress("rendering the Envoy configuration"):
        rendered = render(compiled, _deployment(name, workers, token_usage, deployed=diff and output is None))
    if check:
        check_with_envoy(compiled, rendered, advice="; --no-check writes it all the same")
    if diff:
        raise SystemExit(1 if _show_difference(rendered, output, only, name) else 0)
    _write(_chosen(rendered, output, only), output)


def _deployment(name: str, workers: int, token_usage: bool, *, deployed: bool) -> Deployment:
    """Where the result is to run: as `up` would run it when compared with that, else the neutral default."""
    from control_plane.deployment import Deployment
    from control_plane.run.launch import deployment
    from control_plane.run.state import read_plan, run_directory

    if deployed:
        directory = run_directory(name, os.environ)
        plan = read_plan(directory)
        running = sum(process.name.startswith("sidecar-") for process in plan.processes) if plan else workers
        return deployment(directory, workers=running, token_usage=token_usage)
    sockets = tuple(f"./sidecar-{number}.sock" for number in range(1, workers + 1))
    return Deployment(sidecar_sockets=sockets, token_usage=token_usage)


def check_with_envoy(compiled: Compiled, rendered: Rendered, advice: str = "") -> None:
    """Raise a fault when an Envoy is present and refuses the bootstrap. Secrets are replaced by placeholders."""
    from control_plane import render
    from control_plane.run.launch import placeholders

    with Progress("Envoy checks the configuration"):
        problem = render.check(rendered.bootstrap, placeholders(compiled, os.environ))
    if problem:
        raise Fault(f"Envoy refuses the rendered configuration: {problem}{advice}")


def _chosen(rendered: Rendered, output: str | None, only: str | None) -> dict[str, str]:
    """File name -> text of what is asked for; one entry unless a directory is to be filled."""
    whole = {"bootstrap.json": rendered.bootstrap, "runtime.json": rendered.runtime}
    if only:
        return {f"{only}.json": whole[f"{only}.json"]}
    if output is not None and _is_directory(output):
        return dict(rendered.parts) | {"runtime.json": rendered.runtime}
    return {"bootstrap.json": rendered.bootstrap}


def _is_directory(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()


def _write(texts: Mapping[str, str], output: str | None) -> None:
    from control_plane.run.files import write_atomically

    if output is None or output == "-":
        for text in texts.values():
            click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        for path, text in _targets(texts, output).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
            say(f"wrote {path}", err=True)
    except OSError as error:
        raise Fault(f"{output}: {error.strerror}; choose a place that can be written") from None


def _targets(texts: Mapping[str, str], output: str) -> dict[Path, str]:
    if _is_directory(output):
        return {Path(output) / name: text for name, text in texts.items()}
    return {Path(output): text for text in texts.values()}


def _show_difference(rendered: Rendered, output: str | None, only: str | None, name: str) -> bool:
    if output is not None:
        targets = _targets(_chosen(rendered, output, only), output)
    else:
        targets = _deployed_targets(rendered, only, name)
    found = False
    for path, new in targets.items():
        old = path.read_text("utf-8") if path.is_file() else ""
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), str(path), f"{path} (rendered)", lineterm="")
        for line in lines:
            found = True
            say(_paint_line(line))
    if not found and is_terminal(sys.stderr):
        say("no difference", err=True)
    return found


def _require_deployed(name: str) -> None:
    """A fault when `up` never started anything under this name. Before Envoy's check, which opens its access log."""
    from control_plane.run.state import run_directory

    if not run_directory(name, os.environ).bootstrap.is_file():
        raise Fault(f"nothing was started as {name!r} yet, so there is nothing to compare with; name -o FILE instead")


def _deployed_targets(rendered: Rendered, only: str | None, name: str) -> dict[Path, str]:
    from control_plane.run.state import run_directory

    directory = run_directory(name, os.environ)
    both = {"bootstrap": (directory.bootstrap, rendered.bootstrap), "runtime": (directory.runtime, rendered.runtime)}
    return dict(both[kind] for kind in ([only] if only else both))


def _paint_line(line: str) -> str:
    colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
    return paint(line, colour) if colour else line
