"""Sets the demo up and takes it down: fake providers, a gateway started by `plano-cp up`, its access log.

Everything lives in a temporary directory and on loopback. No key of the user is read, passed on or needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from control_plane.run.state import run_directory
from e2e.fake import Provider
from e2e.harness import free_port

FILE = Path(__file__).with_name("gateway.yaml")
KEYS = {
    "OPENAI_API_KEY": "demo-key-for-openai",
    "ANTHROPIC_API_KEY": "demo-key-for-anthropic",
    "GROQ_API_KEY": "demo-key-for-groq",
    "XAI_API_KEY": "demo-key-for-xai",
    "RESEARCH_TEAM_KEY": "demo-key-of-research",
    "SUPPORT_TEAM_KEY": "demo-key-of-support",
}
NAME = "demo"
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "VIRTUAL_ENV", "NO_COLOR", "PYTHONPATH")


class DemoError(Exception):
    """The demo cannot go on; its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running demo."""

    port: int
    teams_port: int
    openai: Provider
    anthropic: Provider
    broken: Provider
    environ: dict[str, str]
    directory: Path
    started_in_s: float

    @property
    def providers(self) -> tuple[Provider, ...]:
        return self.openai, self.anthropic, self.broken

    def logged(self, request_id: str) -> dict[str, Any]:
        """The access-log line of a request; Envoy writes it when the answer is complete."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            for line in self.log_text().splitlines():
                if request_id in line:
                    with contextlib.suppress(ValueError):
                        found: dict[str, Any] = json.loads(line)
                        return found
            time.sleep(0.02)
        raise DemoError(f"the access log has no line for request {request_id}")

    def log_text(self) -> str:
        log = run_directory(NAME, self.environ).access_log
        return log.read_text() if log.exists() else ""


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Start everything; end everything, also on Ctrl-C and SIGTERM."""
    signal.signal(signal.SIGTERM, _stop)
    directory = Path(tempfile.mkdtemp(prefix="plano-demo-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        openai, anthropic, broken = (stack.enter_context(Provider(name=n)) for n in ("openai", "anthropic", "broken"))
        broken.always(status=503)
        port = _usual_or_free(12000)
        teams_port = _usual_or_free(12001)
        environ = {name: os.environ[name] for name in KEPT if name in os.environ} | KEYS
        environ |= {
            "PLANO_RUN_DIR": str(directory),
            "DEMO_PORT": str(port),
            "DEMO_TEAMS_PORT": str(teams_port),
            "DEMO_OPENAI_URL": openai.url,
            "DEMO_ANTHROPIC_URL": anthropic.url,
            "DEMO_BROKEN_URL": broken.url,
            "DEMO_NOBODY_URL": f"http://127.0.0.1:{free_port()}",
        }
        stack.callback(_down, environ)
        started = time.monotonic()
        plano(environ, "up", str(FILE), "--name", NAME, "--token-usage")
        yield Stage(
            port=port,
            teams_port=teams_port,
            openai=openai,
            anthropic=anthropic,
            broken=broken,
            environ=environ,
            directory=directory,
            started_in_s=time.monotonic() - started,
        )


def plano(environ: dict[str, str], *words: str) -> str:
    """Run `plano-cp`; what it printed. DemoError with its own words when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "control_plane.cli", *words], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DemoError(f"plano-cp {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _down(environ: dict[str, str]) -> None:
    if run_directory(NAME, environ).path.exists():
        with contextlib.suppress(DemoError):
            plano(environ, "down", "--name", NAME)


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _usual_or_free(port: int) -> int:
    """The port people expect, unless somebody has it."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return port
    return free_port()
