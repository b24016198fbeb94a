"""`plano-cp up`: compile, check everything that can be checked, start, wait until every listener answers.

Refuses with all reasons at once and before anything starts. Secrets reach the supervisor and Envoy as environment
variables only; nothing here prints or writes one.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from control_plane.commands.source import (
    compile_source,
    file_argument,
    find,
    name_option,
    require_valid,
    token_usage_option,
)
from control_plane.commands.up_checks import claim, require_envoy, require_files, require_free_ports, require_secrets
from control_plane.commands.up_report import NOT_ENFORCED, report, run_in_foreground, wait_in_background
from control_plane.console import Fault, Progress, WrongInput, say

if TYPE_CHECKING:
    from control_plane.compile import Compiled
    from control_plane.deployment import Deployment
    from control_plane.run.state import Lock, RunDirectory, RunPlan

HELP = """Start the gateway FILE describes (default: config.yaml, then plano_config.yaml) and wait until it answers.

\b
Examples:
  plano-cp up                          in the background; see `plano-cp status`, `logs`, `down`
  plano-cp up plano.yaml --foreground  attached; Ctrl-C drains, a second Ctrl-C stops at once
  OPENAI_API_KEY=... plano-cp up       no file: a gateway for every provider whose key is set

Secrets come from the environment and from .env beside FILE. A process that dies is started again; that is written to
the log (`plano-cp logs`) or, with --foreground, to the terminal. Exit codes: 0 running (foreground: stopped as asked),
1 a port is in use, a process does not stay up or it is already running, 2 the configuration, a missing secret, no key.
"""
LEVELS = ("info", "warning", "error", "critical")
"""Not lower: at debug Envoy logs whole header lists, and with them every key."""


@click.command("up", help=HELP, short_help="Start the gateway and wait until it answers.")
@file_argument
@click.option("--foreground", is_flag=True, help="Stay attached and print the log.")
@click.option("--listener-port", type=click.IntRange(1, 65535), default=12000, show_default=True, help="Without FILE.")
@click.option(
    "--drain-time", type=click.FloatRange(0), default=30.0, show_default=True, help="Seconds streams get when stopping."
)
@click.option(
    "--ready-timeout", type=click.FloatRange(0.1), default=60.0, show_default=True, help="Seconds to come up."
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Of the sidecar, where there is one (default: one a core)."
)
@click.option("--log-level", type=click.Choice(LEVELS), default="warning", show_default=True, help="Of Envoy's log.")
@token_usage_option
@name_option
def command(
    file: Path | None,
    directory: Path | None,
    foreground: bool,
    listener_port: int,
    drain_time: float,
    ready_timeout: float,
    workers: int | None,
    log_level: str,
    token_usage: bool,
    name: str,
) -> None:
    """See HELP."""
    from control_plane.run import launch
    from control_plane.run.errors import RunError
    from control_plane.run.state import run_directory

    path = find(file, directory)
    if str(path) == "-":
        raise WrongInput("`up` needs a file, because .env and certificates lie beside it; write stdin to one first")
    compiled = compile_source(path) if path else _from_environment(listener_port)
    require_valid(compiled, later=NOT_ENFORCED)
    require_secrets(compiled)
    assert compiled.gateway is not None, "checked by require_valid"
    require_files(compiled)
    target = run_directory(name, os.environ)
    source = str(path.absolute()) if path else "the keys in the environment"
    try:
        lock = claim(target)
        with closing(lock):
            count = launch.workers(compiled.gateway, workers)
            deployment = launch.deployment(target, workers=count, token_usage=token_usage)
            plan = _prepare(compiled, source, target, deployment, log_level, (drain_time, ready_timeout))
            code = _start(compiled, target, plan, lock, foreground)
    except RunError as error:
        raise Fault(str(error)) from None
    raise SystemExit(code)


def _from_environment(port: int) -> Compiled:
    """The configuration for every provider whose key is set here or in .env; a fault naming the keys when none is."""
    from control_plane import compile, environment, zero_config
    from control_plane.problems import ConfigError

    here = Path.cwd()
    try:
        known = environment.read(here, os.environ)
    except ConfigError as error:
        raise WrongInput(str(error)) from None
    chosen = zero_config.found(known)
    if not chosen:
        rows = "\n".join(f"  {choice.variable:24} {choice.title}" for choice in zero_config.missing(known))
        raise WrongInput(
            "no config.yaml or plano_config.yaml here, and no provider's key in the environment; write a configuration "
            f"with `plano-cp init`, or set at least one of:\n{rows}"
        )
    say(f"no configuration file; serving what has a key: {', '.join(choice.prefix for choice in chosen)}", err=True)
    text = zero_config.configuration(known, port)
    return compile.compile_text(text.encode(), "<environment>", here, os.environ)


def _prepare(
    compiled: Compiled,
    source: str,
    directory: RunDirectory,
    deployment: Deployment,
    log_level: str,
    times: tuple[float, float],
) -> RunPlan:
    """Everything up to the start: an Envoy, free ports, the rendered files. Raises RunError or Fault."""
    from control_plane.commands.render import check_with_envoy
    from control_plane.render import render
    from control_plane.run import launch
    from control_plane.run.state import RunPlan

    assert compiled.gateway is not None, "checked by require_valid"
    envoy = require_envoy(os.environ)
    require_free_ports(compiled.gateway)
    with Progress("rendering the Envoy configuration"):
        rendered = render(compiled, deployment)
    check_with_envoy(compiled, rendered)
    variables = tuple(sorted(launch.child_environment(os.environ, envoy_secrets(compiled))))
    sidecar = launch.sidecar_specs(
        directory, len(deployment.sidecar_sockets), launch.sidecar_variables(rendered.runtime), times[0]
    )
    plan = RunPlan(
        config=source,
        # Workers first: Envoy finds them when it comes up; they end last.
        processes=(*sidecar, launch.envoy_spec(envoy, directory, variables, log_level)),
        doors=launch.doors(compiled.gateway),
        drain_time_s=times[0],
        ready_within_s=times[1],
    )
    launch.write(directory, rendered, plan)
    return plan


def envoy_secrets(compiled: Compiled) -> dict[str, str]:
    """Names and values that Envoy alone gets; no worker of the sidecar may know a provider's key."""
    from control_plane import secrets

    assert compiled.config and compiled.gateway, "checked by require_valid"
    return secrets.values(compiled.config, compiled.gateway, compiled.environment)


def child_environment(compiled: Compiled) -> dict[str, str]:
    """What the supervisor gets, to hand each process its own part; the values are secrets."""
    from control_plane import secrets
    from control_plane.run import launch

    assert compiled.config and compiled.gateway, "checked by require_valid"
    theirs = secrets.sidecar_values(compiled.config, compiled.gateway, compiled.environment)
    return launch.child_environment(os.environ, {**theirs, **envoy_secrets(compiled)})


def _start(compiled: Compiled, directory: RunDirectory, plan: RunPlan, lock: Lock, foreground: bool) -> int:
    from control_plane.run import launch

    environ = child_environment(compiled)
    if foreground:
        import asyncio

        return asyncio.run(run_in_foreground(directory, plan, environ, compiled.problems))
    child = launch.start_background(directory, environ, lock)
    wait_in_background(directory, child)
    report(directory, plan, compiled.problems)
    return 0
