"""From a compiled configuration to something a supervisor can run.

In: a `Compiled` without errors, the run directory, the environment. Out: the files of the run directory and the child's
environment. Secrets go into that environment only: never into a file, an argument or a message.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from control_plane.run.curl import curl_line
from control_plane.run.drain import LISTENER_CLOSE_S
from control_plane.run.errors import RunError
from control_plane.run.files import write_atomically
from control_plane.run.processes import OWNER_ONLY, open_log
from control_plane.run.rotation import aside
from control_plane.run.state import Door, Lock, ProcessSpec, RunDirectory, RunPlan

if TYPE_CHECKING:
    from control_plane.compile import Compiled
    from control_plane.deployment import Deployment
    from control_plane.gateway import Gateway, Listener
    from control_plane.render import Rendered

INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables every child gets when they are set; everything else only by name."""
PYTHON = ("PYTHONPATH", "PYTHONHOME")
"""What only the supervisor gets, so that it finds the modules its parent found."""
LOG_FORMAT = "[%Y-%m-%d %T.%e][%l][%n] %v"
PLACEHOLDER = "placeholder"


def deployment(directory: RunDirectory, *, workers: int, token_usage: bool = False) -> Deployment:
    """Where an Envoy started by `up` finds its sockets and access log, and whether it counts tokens."""
    from control_plane.deployment import Deployment

    return Deployment(
        admin_socket=str(directory.admin_socket),
        internal_socket=str(directory.internal_socket),
        sidecar_sockets=tuple(str(directory.sidecar_socket(number)) for number in range(1, workers + 1)),
        access_log_path=str(directory.access_log),
        token_usage=token_usage,
    )


def workers(gateway: Gateway, asked: int | None) -> int:
    """How many workers the sidecar has: one for each core unless asked otherwise, none where nothing is decided."""
    if all(listener.decision is None for listener in gateway.listeners):
        return 0
    return asked or os.cpu_count() or 1


def placeholders(compiled: Compiled, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for a check only: every secret has a value, none has its own."""
    from control_plane import secrets

    assert compiled.config and compiled.gateway, "nothing to check without a plan"
    plan = (compiled.config, compiled.gateway, compiled.environment)
    names = {secret.variable for secret in compiled.gateway.secrets} | set(secrets.values(*plan))
    names |= {name for name, _ in secrets.missing(*plan)}
    return child_environment(environ, dict.fromkeys(names, PLACEHOLDER))


def child_environment(environ: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """What Envoy may know: the usual few variables and the secrets this configuration names."""
    return {name: environ[name] for name in INHERITED if name in environ} | dict(secrets)


def envoy_spec(envoy: Path, directory: RunDirectory, variables: tuple[str, ...], log_level: str) -> ProcessSpec:
    """How Envoy is started. Hot restart is off so that several gateways of one machine cannot meet."""
    argv = (
        *(str(envoy), "-c", str(directory.bootstrap), "--disable-hot-restart"),
        *("--drain-time-s", str(LISTENER_CLOSE_S), "--drain-strategy", "immediate"),
        *("--parent-shutdown-time-s", str(LISTENER_CLOSE_S + 1)),
        *("--log-level", log_level, "--log-format", LOG_FORMAT, "--file-flush-interval-msec", "200"),
        "--skip-deprecated-logs",
    )
    return ProcessSpec(name="envoy", argv=argv, variables=variables)


def sidecar_specs(
    directory: RunDirectory, count: int, variables: tuple[str, ...], drain_s: float
) -> tuple[ProcessSpec, ...]:
    """How the sidecar's workers are started. None of them gets a provider's key."""
    return tuple(
        ProcessSpec(
            name=f"sidecar-{number}",
            argv=(
                *(sys.executable, "-m", "ext_proc", str(directory.runtime)),
                *("--socket", str(directory.sidecar_socket(number)), "--upstream", str(directory.internal_socket)),
                *("--sessions", str(directory.sessions), "--drain-time", f"{drain_s:g}"),
            ),
            variables=(*INHERITED, *PYTHON, *variables),
        )
        for number in range(1, count + 1)
    )


def sidecar_variables(runtime: str) -> tuple[str, ...]:
    """The variables a runtime file refers to, by name: addresses of stores with a password in them."""
    from control_plane.environment import REFERENCE
    from schemas.runtime import load

    url = load(runtime).sessions.url or ""
    names = (match["name"] or match["braced"] for match in REFERENCE.finditer(url))
    return tuple(sorted({name for name in names if name}))


def doors(gateway: Gateway) -> tuple[Door, ...]:
    """The listeners as a client of this machine sees them."""
    return tuple(_door(listener, gateway) for listener in gateway.listeners)


def _door(listener: Listener, gateway: Gateway) -> Door:
    mutual = listener.tls is not None and listener.tls.client_ca_file is not None
    return Door(
        name=listener.name,
        kind=listener.kind,
        address=listener.address,
        port=listener.port,
        probe="tcp" if mutual else "https" if listener.tls else "http",
        curl=curl_line(listener, gateway),
        open=not (mutual or listener.auth or ip_address(listener.address).is_loopback),
    )


def write(directory: RunDirectory, rendered: Rendered, plan: RunPlan) -> None:
    """Fill the run directory; the logs and the state of an earlier run are put aside. Raises RunError."""
    try:
        for log in directory.logs.glob("*.log"):
            log.chmod(0o600)
            log.replace(aside(log))
        directory.access_log.touch(mode=0o600)
        directory.state.unlink(missing_ok=True)
        for old in (*directory.path.glob("*.sock"), *directory.path.glob("sessions.db*")):
            old.unlink(missing_ok=True)
        write_atomically(directory.bootstrap, rendered.bootstrap, 0o600)
        write_atomically(directory.runtime, rendered.runtime, 0o600)
        write_atomically(directory.plan, plan.dump(), 0o600)
    except OSError as error:
        # A full disk, most of all; `prepare` has made the directory.
        raise RunError(f"{directory.path}: {error.strerror}; make room there, or set PLANO_RUN_DIR") from None


def start_background(directory: RunDirectory, environ: Mapping[str, str], lock: Lock) -> subprocess.Popen[bytes]:
    """Start the supervisor in a session of its own; it inherits the lock, so the run directory is never unowned."""
    with open_log(directory.supervisor_log) as log:
        return subprocess.Popen(
            [sys.executable, "-m", "control_plane.run.supervise", str(directory.path)],
            env={name: os.environ[name] for name in PYTHON if name in os.environ} | dict(environ),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock.fd,),
            start_new_session=True,
            umask=OWNER_ONLY,
        )
