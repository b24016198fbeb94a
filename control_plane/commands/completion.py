"""`plano-cp completion SHELL`: the script that teaches a shell our commands and options."""

from __future__ import annotations

import click

HELP = """Print the completion script of SHELL (bash, zsh or fish).

\b
Examples:
  eval "$(plano-cp completion bash)"         in ~/.bashrc
  eval "$(plano-cp completion zsh)"          in ~/.zshrc
  plano-cp completion fish | source          in ~/.config/fish/config.fish
"""


@click.command("completion", help=HELP, short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """See HELP."""
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    assert complete is not None, f"click knows {shell}"
    root = ctx.find_root().command
    click.echo(complete.source_template % complete(root, {}, "plano-cp", "_PLANO_CP_COMPLETE").source_vars())
