"""A question to a gateway that decides, and the reason of its decision as lines for the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from e2e.client import CHAT, Reply, call
from e2e.demo.scenes import NOTHING, Scene
from e2e.demo.stage import Stage, plano
from schemas.decisions import MEANING, Why


def question(
    stage: Stage, scene: Scene, name: str, port: int, text: str, *, streamed: bool = False
) -> tuple[Reply, dict[str, Any]]:
    """Ask in chat; the answer and its line of the access log. The scene tells why."""
    reply = call(port, CHAT, {"messages": [{"role": "user", "content": text}], "stream": streamed})
    line = stage.logged(reply.headers.get("x-request-id", "?"), name)
    scene.why = reason(line)
    return reply, line


def reason(line: Mapping[str, Any]) -> str:
    """What a log line says about the decision."""
    why = Why(line["decision_why"])
    fields = ("agents", "route", "model", "confidence", "router")
    words = [f"{name} {line[f'decision_{name}']}" for name in fields if line.get(f"decision_{name}") not in NOTHING]
    return " · ".join([f"{why}: {MEANING[why]}", *words, f"{float(line['decision_ms']):.0f} ms"])


def scores(stage: Stage, file: Path, text: str) -> str:
    """What the router gave to every candidate, by `plano-cp route`."""
    told = json.loads(plano(stage.environ, "route", str(file), text, "--json"))
    return scored(told["scores"], told["threshold"])


def scored(rows: Sequence[Mapping[str, Any]], threshold: float | None) -> str:
    each = ", ".join(f"{row['name']} {row['probability']:.2f}" for row in rows)
    return f"scores {each}" + (f" (chosen from {threshold:.2f})" if threshold is not None else "")


def headers(reply: Reply) -> str:
    """What a client sees of the decision."""
    shown = (f"{name}: {value}" for name, value in reply.headers.items() if name.startswith("x-plano-"))
    return "headers " + ", ".join(sorted(shown))


def streamed_text(reply: Reply) -> tuple[str, int]:
    """The text of a streamed chat answer, and of how many events it is made."""
    events = [event[6:] for event in reply.body.decode().split("\n\n") if event.startswith("data: {")]
    deltas = [choice["delta"] for event in events for choice in json.loads(event).get("choices", [])]
    return "".join(delta.get("content") or "" for delta in deltas), len(events)
