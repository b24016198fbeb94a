"""The command line `plano-cp`. In: arguments. Out: text, files and an exit code of 0, 1 or 2.

Commands are loaded only when they run, so that `--help` and shell completion stay quick. Nothing heavy may be imported
here. A user's fault never shows a traceback; a fault of ours shows one line and keeps the details in a file.
"""

from __future__ import annotations

import importlib
import os
import sys

import click

COMMANDS = {
    "validate": "Check a configuration and print every problem in it.",
    "render": "Write the Envoy configuration a file compiles to.",
    "explain": "Say what will happen to a request, and which line decided it.",
    "route": "Say what would be chosen for a text, and how sure that is.",
    "doctor": "Measure the router model, and say what to do about it.",
    "schema": "Print the JSON schema of the configuration, for editors.",
    "init": "Write a first configuration from a template.",
    "up": "Start the gateway and wait until it answers.",
    "down": "Stop the gateway without cutting running streams.",
    "status": "Show processes, listeners, requests, decisions and upstream health.",
    "logs": "Show the requests, the decisions, and what Envoy says.",
    "completion": "Print the completion script of a shell.",
}

HELP = """Compile one YAML file into Envoy, and run it as a gateway for models and agents.

\b
Examples:
  plano-cp init                     write a first config.yaml
  plano-cp validate config.yaml     every problem, with its line
  plano-cp up                       start the gateway in this directory
  plano-cp logs --follow            watch the requests
  plano-cp down                     stop it; running streams finish first

\b
Exit codes:
  0  fine; warnings are allowed
  1  what was asked for failed: a process died, a port is in use, nothing is
     running, `render --diff` found a difference, `validate --strict` a warning
  2  the configuration or the command line is wrong

\b
Shell completion:
  eval "$(plano-cp completion bash)"            in ~/.bashrc
  eval "$(plano-cp completion zsh)"             in ~/.zshrc
  plano-cp completion fish | source             in ~/.config/fish/config.fish

\b
Environment: NO_COLOR=1 (no colours), PLANO_RUN_DIR (instead of ~/.plano/run),
PLANO_ENVOY (the Envoy to run), PLANO_DEBUG=1 (tracebacks of internal errors).
"""


class LazyGroup(click.Group):
    """A group whose commands live in `control_plane.commands.<name>.command`, imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"control_plane.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            ctx.fail(f"there is no command {name!r}{_close_match(name)}; `plano-cp --help` lists the commands")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _close_match(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    return f", did you mean {near[0]!r}" if near else ""


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"plano-cp {version('plano-dataplane')}")
        ctx.exit()


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=LazyGroup, help=HELP, context_settings=CONTEXT)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
def cli() -> None:
    """Commands are found by `LazyGroup`."""


def main() -> None:
    """Run the command line of this process; the console script of the package."""
    try:
        cli(prog_name="plano-cp")
    except Exception as bug:
        # The last door: users' faults were said long before, so whatever arrives here is ours.
        if os.environ.get("PLANO_DEBUG"):
            raise
        from control_plane.console import report_bug

        report_bug(bug)
        sys.exit(1)


if __name__ == "__main__":
    main()
