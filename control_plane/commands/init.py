"""`plano-cp init`: a first configuration from a template. Never overwrites a file without --force."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from control_plane.console import Fault, WrongInput, is_terminal, paint, say

HELP = """Write a first configuration from a template.

\b
Examples:
  plano-cp init                               asks which template
  plano-cp init --list-templates
  plano-cp init --template failover -o plano.yaml

Exit codes: 0 written, 1 the file is there already, 2 an unknown template.
"""
FIRST = "model_gateway"


@click.command("init", help=HELP, short_help="Write a first configuration from a template.")
@click.option("--template", metavar="ID", help=f"Which one (default: asks; off a terminal {FIRST}).")
@click.option("--list-templates", is_flag=True, help="List the templates and stop.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("config.yaml"), show_default=True)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def command(template: str | None, list_templates: bool, output: Path, force: bool) -> None:
    """See HELP."""
    if list_templates:
        _list_templates()
        return
    if output.exists() and not force:
        raise Fault(f"{output} is there already; choose another name with -o, or overwrite it with --force")
    chosen = template or (_ask() if is_terminal(sys.stdin) else FIRST)
    _write(output, _text(chosen))
    say(f"wrote {output} from the template {chosen}")
    file = "" if output == Path("config.yaml") else f" {output}"
    say(f"\nNext:\n  edit {output}\n  plano-cp validate{file} --env    says which keys are still missing")
    say(f"  plano-cp up{file}")


def _list_templates() -> None:
    from control_plane.init_templates import TEMPLATES

    for name, shows in TEMPLATES.items():
        say(f"{paint(f'{name:20}', 'cyan')} {shows}")


def _ask() -> str:
    from control_plane.init_templates import TEMPLATES

    _list_templates()
    return str(click.prompt("Template", type=click.Choice(list(TEMPLATES)), default=FIRST, show_choices=False))


def _text(template: str) -> str:
    import difflib

    from control_plane.init_templates import TEMPLATES, text

    if template not in TEMPLATES:
        near = difflib.get_close_matches(template, TEMPLATES, n=1)
        hint = f", did you mean {near[0]!r}" if near else ""
        raise WrongInput(f"there is no template {template!r}{hint}; `plano-cp init --list-templates` lists them")
    return text(template)


def _write(output: Path, content: str) -> None:
    from control_plane.run.files import write_atomically

    try:
        write_atomically(output, content)
    except OSError as error:
        raise Fault(f"{output}: {error.strerror}; choose a place that can be written") from None
