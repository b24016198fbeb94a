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
from e2e.agents import Agent
from e2e.demo.travel_agents import flight_says, weather_says
from e2e.fake import Provider
from e2e.harness import free_port

FOLDER = Path(__file__).parent
FILE = FOLDER / "gateway.yaml"
CHOOSING = FOLDER / "preferences.yaml"
TRAVEL = FOLDER / "travel.yaml"
KEYS = {
    "OPENAI_API_KEY": "demo-key-for-openai",
    "ANTHROPIC_API_KEY": "demo-key-for-anthropic",
    "GROQ_API_KEY": "demo-key-for-groq",
    "XAI_API_KEY": "demo-key-for-xai",
    "RESEARCH_TEAM_KEY": "demo-key-of-research",
    "SUPPORT_TEAM_KEY": "demo-key-of-support",
}
NAME = "demo"
CHOOSING_NAME = "demo-choosing"
TRAVEL_NAME = "demo-travel"
OTHERS = ((CHOOSING, CHOOSING_NAME), (TRAVEL, TRAVEL_NAME))
INTERNAL = '"listener":"plano_internal"'
"""Of the log lines of the sidecar's own calls, which bear the id of the request they were made for."""
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "VIRTUAL_ENV", "NO_COLOR", "PYTHONPATH")


class DemoError(Exception):
    """The demo cannot go on; its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running demo."""

    port: int
    teams_port: int
    choosing_port: int
    travel_port: int
    openai: Provider
    anthropic: Provider
    broken: Provider
    groq: Provider
    weather: Agent
    flight: Agent
    environ: dict[str, str]
    directory: Path
    started_in_s: float

    def logged(self, request_id: str, name: str = NAME) -> dict[str, Any]:
        """The access-log line of a request to that gateway; Envoy writes it when the answer is complete."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            for line in self.log_text(name).splitlines():
                if request_id in line and INTERNAL not in line:
                    with contextlib.suppress(ValueError):
                        found: dict[str, Any] = json.loads(line)
                        return found
            time.sleep(0.02)
        raise DemoError(f"the access log has no line for request {request_id}")

    def log_text(self, name: str) -> str:
        log = run_directory(name, self.environ).access_log
        return log.read_text() if log.exists() else ""


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Start everything; end everything, also on Ctrl-C and SIGTERM."""
    signal.signal(signal.SIGTERM, _stop)
    directory = Path(tempfile.mkdtemp(prefix="plano-demo-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        names = ("openai", "anthropic", "broken", "groq")
        openai, anthropic, broken, groq = (stack.enter_context(Provider(name=name)) for name in names)
        broken.always(status=503)
        weather = stack.enter_context(Agent(weather_says, name="weather"))
        flight = stack.enter_context(Agent(flight_says, name="flight"))
        port, teams_port, choosing_port = (_usual_or_free(usual) for usual in (12000, 12001, 12002))
        travel_port = _usual_or_free(8001)
        environ = {name: os.environ[name] for name in KEPT if name in os.environ} | KEYS
        environ |= {
            "PLANO_RUN_DIR": str(directory),
            "DEMO_PORT": str(port),
            "DEMO_TEAMS_PORT": str(teams_port),
            "DEMO_OPENAI_URL": openai.url,
            "DEMO_ANTHROPIC_URL": anthropic.url,
            "DEMO_BROKEN_URL": broken.url,
            "DEMO_NOBODY_URL": f"http://127.0.0.1:{free_port()}",
            "DEMO_CHOOSING_PORT": str(choosing_port),
            "DEMO_TRAVEL_PORT": str(travel_port),
            "DEMO_AGENTS_MODELS_PORT": str(_usual_or_free(12003)),
            "DEMO_GROQ_URL": groq.url,
            "DEMO_WEATHER_URL": weather.url,
            "DEMO_FLIGHT_URL": flight.url,
        }
        stack.callback(_down, environ)
        started = time.monotonic()
        plano(environ, "up", str(FILE), "--name", NAME, "--token-usage")
        started_in_s = time.monotonic() - started
        for file, name in OTHERS:
            plano(environ, "up", str(file), "--name", name, "--workers", "1")
        yield Stage(
            port=port,
            teams_port=teams_port,
            choosing_port=choosing_port,
            travel_port=travel_port,
            openai=openai,
            anthropic=anthropic,
            broken=broken,
            groq=groq,
            weather=weather,
            flight=flight,
            environ=environ,
            directory=directory,
            started_in_s=started_in_s,
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
    for name in (NAME, CHOOSING_NAME, TRAVEL_NAME):
        if run_directory(name, environ).path.exists():
            with contextlib.suppress(DemoError):
                plano(environ, "down", "--name", name)


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _usual_or_free(port: int) -> int:
    """The port people expect, unless somebody has it."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return port
    return free_port()
