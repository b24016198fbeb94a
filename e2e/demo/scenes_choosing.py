"""Preferences for models: what is asked decides which one answers. In: a running stage. Out: a `Scene` each."""

from __future__ import annotations

import json
from collections.abc import Callable

from e2e.client import CHAT, call
from e2e.demo import decided
from e2e.demo.scenes import Scene, short
from e2e.demo.stage import CHOOSING_NAME, Stage
from e2e.fake import Provider
from schemas.decisions import MEANING, Why

CODE = "Write a Python function that parses ISO dates"
POEM = "Write me a poem about the sea"
NEITHER = "What is the capital of France?"


def _preferred(stage: Stage, text: str, title: str, provider: Provider, model: str, route: str | None) -> Scene:
    scene = Scene(title, f"POST {CHAT}  (no model) {short(text)}")
    asked = len(provider.seen)
    reply, line = decided.question(stage, scene, CHOOSING_NAME, stage.choosing_port, text)
    sent = json.loads(provider.last.body)["model"] if len(provider.seen) > asked else None
    scene.answered = f"{reply.status} {provider.name} was asked for {sent}"
    scene.notes.append(decided.headers(reply))
    scene.expect(reply.status == 200 and sent == model, f"{provider.name} answers for {model}")
    scene.expect(line.get("decision_route") == route, f"the log says {route}")
    scene.expect(reply.headers.get("x-plano-route") == route, f"and so does the header x-plano-route: {route}")
    return scene


def code(stage: Stage) -> Scene:
    title = "Two preferences: a question about code"
    return _preferred(stage, CODE, title, stage.groq, "llama-3.3-70b-versatile", "code generation")


def poem(stage: Stage) -> Scene:
    return _preferred(stage, POEM, "The same address, a poem", stage.openai, "gpt-4o-mini", "creative writing")


def neither(stage: Stage) -> Scene:
    return _preferred(stage, NEITHER, "Nothing fits: the default model", stage.openai, "gpt-4o-mini", None)


def ranking(stage: Stage) -> Scene:
    scene = Scene("Only the choice, without an answer", f"POST /routing{CHAT}  x-plano-explain: 1  {short(CODE)}")
    asked = len(stage.groq.seen) + len(stage.openai.seen)
    body = {"messages": [{"role": "user", "content": CODE}]}
    reply = call(stage.choosing_port, f"/routing{CHAT}", body, {"x-plano-explain": "1"})
    told = reply.json
    explained = told["explain"]
    scene.answered = f"{reply.status} models {', '.join(told['models'])}"
    scene.notes.append(decided.scored(explained["scores"], explained["threshold"]))
    why = Why(explained["why"])
    words = (f"{why}: {MEANING[why]}", f"route {told['route']}", f"confidence {explained['confidence']:.2f}")
    scene.why = " · ".join((*words, f"router {explained['router']}", f"{explained['router_ms']:.0f} ms"))
    scene.expect(told["models"] == ["groq/llama-3.3-70b-versatile", "openai/gpt-4o-mini"], "both models, best first")
    scene.expect(len(stage.groq.seen) + len(stage.openai.seen) == asked, "no provider is asked")
    return scene


SCENES: tuple[Callable[[Stage], Scene], ...] = (code, poem, neither, ranking)
