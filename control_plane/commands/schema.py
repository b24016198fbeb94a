"""`plano-cp schema`: the JSON schema of the configuration, as the package ships it."""

from __future__ import annotations

from pathlib import Path

import click

from control_plane.console import Fault, say

HELP = """Print the JSON schema of the configuration.

\b
An editor with a YAML language server completes and explains every key:
  plano-cp schema -o plano.schema.json
and as the first line of config.yaml:
  # yaml-language-server: $schema=./plano.schema.json
"""


@click.command("schema", help=HELP, short_help="Print the JSON schema of the configuration, for editors.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write FILE.")
def command(output: Path | None) -> None:
    """See HELP."""
    from importlib.resources import files

    from control_plane.run.files import write_atomically

    text = (files("schemas") / "plano.schema.json").read_text("utf-8")
    if output is None or str(output) == "-":
        say(text.rstrip("\n"))
        return
    try:
        write_atomically(output, text)
    except OSError as error:
        raise Fault(f"{output}: {error.strerror}; choose a place that can be written") from None
    say(f"wrote {output}", err=True)
