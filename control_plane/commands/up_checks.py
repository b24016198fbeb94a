"""What `up` makes sure of before it starts anything. Each check says everything that stands in the way, at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from control_plane.commands.source import name_words
from control_plane.console import WrongInput

if TYPE_CHECKING:
    from control_plane.compile import Compiled
    from control_plane.gateway import Gateway
    from control_plane.run.state import Lock, RunDirectory

CLAIM_S = 0.5
"""`status` holds the lock for a moment while it looks; so long `up` tries again."""


def require_secrets(compiled: Compiled) -> None:
    """A fault (exit 2) that names every variable nobody set, each with the place in the YAML that wants it."""
    from control_plane import secrets

    assert compiled.config and compiled.gateway, "checked before"
    missing = secrets.missing(compiled.config, compiled.gateway, compiled.environment)
    if not missing:
        return
    rows = "\n".join(f"  {variable:24} {place}" for variable, place in missing)
    noun, it = ("this variable is", "it") if len(missing) == 1 else (f"these {len(missing)} variables are", "them")
    raise WrongInput(f"{noun} not set; export {it}, or write {it} into .env beside the configuration:\n{rows}")


def require_files(compiled: Compiled) -> None:
    """A fault with a line for every file Envoy has to open that is not there or cannot be read."""
    from control_plane.files import unreadable

    assert compiled.config and compiled.document, "checked before"
    rows = [f"  {file.key}: {file.path}  ({file.at})" for file in unreadable(compiled.config, compiled.document)]
    if rows:
        raise WrongInput("no such file, or not readable; make it, or change the path:\n" + "\n".join(rows))


def require_envoy(environ: Mapping[str, str]) -> Path:
    """The Envoy to run. Raises RunError."""
    from control_plane.run import envoy_binary

    return envoy_binary.find(environ)


def require_free_ports(gateway: Gateway) -> None:
    """RunError with a line for every listener whose port cannot be had."""
    from control_plane.run.errors import RunError
    from control_plane.run.ports import obstacle

    faults = []
    for index, listener in enumerate(gateway.listeners):
        reason = obstacle(listener.address, listener.port)
        if reason:
            do = "stop it, or change" if "in use" in reason else "change"
            faults.append(f"{reason}; {do} listeners[{index}] ({listener.name}, {listener.at})")
    if faults:
        raise RunError("\n       ".join(faults))


def claim(directory: RunDirectory) -> Lock:
    """Become the one owner of the run directory. Raises RunError when a gateway runs there already."""
    from control_plane.run.errors import RunError
    from control_plane.run.state import Lock, holder

    directory.prepare()
    name = name_words(directory.path.name)
    end = time.monotonic() + CLAIM_S
    while (lock := Lock.take(directory)) is None:
        if time.monotonic() > end:
            pid = holder(directory)
            if not pid:
                raise RunError(f"another `plano-cp up{name}` is starting it just now; see `plano-cp status{name}`")
            raise RunError(f"already running (pid {pid}); stop it first: plano-cp down{name}")
        time.sleep(0.05)
    return lock
