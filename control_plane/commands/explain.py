"""`plano-cp explain`: what will happen to a request, and which line of the YAML decided it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from control_plane.commands.source import compile_source, require, require_valid
from control_plane.console import WrongInput, has_colour, say_json

HELP = """Say what will happen to a request: listener, route, order of attempts, source of the credentials (never their
value), timeouts, filters, and the line of FILE that decided it.

\b
Examples:
  plano-cp explain
  plano-cp explain plano.yaml --model gpt-4o
  plano-cp explain plano.yaml --listener llm --model claude-sonnet-4-5 --path /v1/messages
  plano-cp explain plano.yaml --json

Nothing is sent and no secret is needed. Exit codes: 0 explained, 2 the configuration or an option is wrong.
"""


@click.command("explain", help=HELP, short_help="Say what will happen to a request, and which line decided it.")
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--model", metavar="NAME", help="The model a client would send.")
@click.option("--listener", metavar="NAME", help="Only this listener.")
@click.option("--path", metavar="PATH", help="The path a client would call, e.g. /v1/messages.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(file: Path | None, model: str | None, listener: str | None, path: str | None, as_json: bool) -> None:
    """See HELP."""
    from control_plane.explain import UnknownListener, explain
    from control_plane.explain.text import text

    compiled = compile_source(require(file, None))
    require_valid(compiled, later="not-enforced")
    try:
        explanation = explain(compiled, model=model, listener=listener, path=path)
    except UnknownListener as error:
        raise WrongInput(str(error)) from None
    if as_json:
        say_json(dataclasses.asdict(explanation))
    else:
        click.echo(text(explanation, colour=has_colour()), nl=False)
