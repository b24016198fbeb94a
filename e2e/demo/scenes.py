"""The requests of the demo. In: a running stage. Out: a `Scene` each: asked, answered, why, and what was wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from e2e.client import CHAT, MESSAGES, RawConnection, Reply, call
from e2e.demo.stage import KEYS, Stage

# How a log line says that there is nothing to say.
NOTHING = (None, "", "-")


@dataclass(slots=True)
class Scene:
    """One thing shown. `wrong` names every expectation that did not hold."""

    title: str
    asked: str
    answered: str = ""
    why: str = ""
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)


def asking(model: str | None, text: str = "Hello!", **more: Any) -> dict[str, Any]:
    named = {} if model is None else {"model": model}
    return {**named, "max_tokens": 200, "messages": [{"role": "user", "content": text}], **more}


def _bearer(variable: str) -> dict[str, str]:
    return {"authorization": f"Bearer {KEYS[variable]}"}


def _ask(
    stage: Stage, scene: Scene, path: str, body: Any, headers: Mapping[str, str] | None = None, *, port: int = 0
) -> tuple[Reply, dict[str, Any]]:
    """One request, its answer and its access-log line."""
    reply = call(port or stage.port, path, body, headers)
    line = stage.logged(reply.headers.get("x-request-id", "?"))
    scene.why = explain(line)
    return reply, line


def explain(line: Mapping[str, Any]) -> str:
    """An access-log line as one sentence."""
    asked = line.get("attempts") not in (*NOTHING, 0)
    shown = ("listener", "caller", "requested_model", "route", *(("cluster", "attempts") if asked else ()))
    words = [f"{key.removeprefix('requested_')} {line[key]}" for key in shown if line.get(key) not in NOTHING]
    if not asked:
        words.append("no provider asked")
    if line.get("input_tokens") not in NOTHING:
        words.append(f"tokens {line['input_tokens']} in, {line.get('output_tokens')} out")
    words.append(f"{line.get('duration_ms')} ms")
    return " · ".join(words)


def short(text: str, limit: int = 76) -> str:
    one_line = " ".join(text.split())
    return f'"{one_line}"' if len(one_line) <= limit else f'"{one_line[:limit].rsplit(" ", 1)[0]} ..."'


def _error(reply: Reply) -> str:
    return f"{reply.status} {reply.error.get('code')}: {reply.error['message']}"


def named_model(stage: Stage) -> Scene:
    scene = Scene("A model by its name", f"POST {CHAT}  model: gpt-4o")
    reply, line = _ask(stage, scene, CHAT, asking("gpt-4o"))
    scene.expect(reply.status == 200, f"status {reply.status}, wanted 200")
    scene.answered = f"200 {short(reply.json['choices'][0]['message']['content'])}"
    scene.expect(line.get("attempts") == 1, "one attempt")
    key = stage.openai.last.header("authorization")
    scene.expect(key == f"Bearer {KEYS['OPENAI_API_KEY']}", "the provider gets the configured key")
    return scene


def streamed(stage: Stage) -> Scene:
    scene = Scene(
        "A streamed answer, with the tokens counted on the way", f"POST {CHAT}  model: assistant, stream: true"
    )
    stage.openai.next(recording="chat-streaming-detailed-usage", chunk=-1, gap_ms=15)
    body = asking("assistant", stream=True, stream_options={"include_usage": True})
    reply, line = _ask(stage, scene, CHAT, body)
    events = [e for e in reply.body.split(b"\n\n") if e]
    scene.answered = f"{reply.status} {len(events)} events, the last is {events[-1].decode()!r}"
    scene.expect(reply.whole and events[-1] == b"data: [DONE]", "the stream is complete")
    scene.expect((line.get("input_tokens"), line.get("output_tokens")) == (12, 100), "12 and 100 tokens in the log")
    scene.expect(json.loads(stage.openai.last.body)["model"] == "gpt-4o", "the alias became gpt-4o")
    return scene


def anthropic_client(stage: Stage) -> Scene:
    scene = Scene("An Anthropic client", f"POST {MESSAGES}  model: claude-sonnet-4-6, stream: true")
    headers = {"x-api-key": "the-client-needs-none", "anthropic-version": "2023-06-01"}
    reply, _ = _ask(stage, scene, MESSAGES, asking("claude-sonnet-4-6", stream=True), headers)
    data = [json.loads(e[5:]) for e in reply.body.decode().splitlines() if e.startswith("data:")]
    text = "".join(d["delta"].get("text", "") for d in data if d["type"] == "content_block_delta")
    scene.answered = f"{reply.status} {short(text)}"
    scene.expect(reply.whole and data[-1]["type"] == "message_stop", "the stream is complete")
    scene.expect(stage.anthropic.last.header("x-api-key") == KEYS["ANTHROPIC_API_KEY"], "the configured key is sent")
    return scene


def failover(stage: Stage) -> Scene:
    scene = Scene("Failover: nobody listens at xai, groq answers 503, openai answers", f"POST {CHAT}  model: resilient")
    reply, line = _ask(stage, scene, CHAT, asking("resilient"))
    scene.expect(reply.status == 200, f"status {reply.status}, wanted 200")
    scene.answered = f"200 {short(reply.json['choices'][0]['message']['content'])}"
    scene.expect(line.get("attempts") == 3, f"three attempts, not {line.get('attempts')}")
    for name, provider in (("groq", stage.broken), ("openai", stage.openai)):
        asked = provider.last
        model, key = json.loads(asked.body)["model"], asked.header("authorization") or ""
        scene.notes.append(f"{name:6} was asked {asked.path} for {model} with {key.removeprefix('Bearer ')}")
        scene.expect(key == f"Bearer {KEYS[f'{name.upper()}_API_KEY']}", f"{name} gets its own key and no other")
    return scene


def default_model(stage: Stage) -> Scene:
    scene = Scene("No model named: the default answers", f"POST {CHAT}  (no model)")
    reply, _ = _ask(stage, scene, CHAT, asking(None))
    sent = json.loads(stage.openai.last.body)["model"]
    scene.answered = f"{reply.status} the provider was asked for {sent}"
    scene.expect(reply.status == 200 and sent == "gpt-4o", "the default model is asked")
    return scene


def wildcard(stage: Stage) -> Scene:
    scene = Scene("A model the file does not name, through openai/*", f"POST {CHAT}  model: openai/gpt-5-nano")
    reply, _ = _ask(stage, scene, CHAT, asking("openai/gpt-5-nano"))
    sent = json.loads(stage.openai.last.body)["model"]
    scene.answered = f"{reply.status} the provider was asked for {sent}"
    scene.expect(reply.status == 200 and sent == "gpt-5-nano", "the id without its prefix is asked for")
    return scene


def unknown_model(stage: Stage) -> Scene:
    scene = Scene("A model nobody configured", f"POST {CHAT}  model: gpt-2")
    reply, _ = _ask(stage, scene, CHAT, asking("gpt-2"))
    scene.answered = _error(reply)
    scene.expect((reply.status, reply.error["code"]) == (404, "model_not_found"), "404 model_not_found")
    return scene


def translation(stage: Stage) -> Scene:
    scene = Scene("An Anthropic client asks for an OpenAI model", f"POST {MESSAGES}  model: gpt-4o")
    reply, _ = _ask(stage, scene, MESSAGES, {**asking("gpt-4o"), "max_tokens": 100})
    answer = reply.json
    scene.answered = f"{reply.status} {short(answer['content'][0]['text'])}, as an Anthropic message"
    scene.expect((reply.status, answer.get("type")) == (200, "message"), "200, in Anthropic's shape")
    scene.expect(stage.openai.last.path == CHAT, "OpenAI is asked in its own language")
    scene.expect(reply.headers.get("x-plano-translated") == "openai_chat", "the answer says that it was translated")
    return scene


def stranger(stage: Stage) -> Scene:
    scene = Scene("A caller without a key, at the second listener", f"POST :teams{CHAT}  no key")
    reply, _ = _ask(stage, scene, CHAT, asking("assistant"), port=stage.teams_port)
    scene.answered = _error(reply)
    scene.expect((reply.status, reply.error["code"]) == (401, "unauthorized"), "401 unauthorized")
    return scene


def not_on_the_list(stage: Stage) -> Scene:
    scene = Scene("A caller whose list has other models", f"POST :teams{CHAT}  model: gpt-4o, key of support")
    reply, _ = _ask(stage, scene, CHAT, asking("gpt-4o"), _bearer("SUPPORT_TEAM_KEY"), port=stage.teams_port)
    scene.answered = _error(reply)
    scene.expect((reply.status, reply.error["code"]) == (403, "model_not_allowed"), "403 model_not_allowed")
    return scene


def known_caller(stage: Stage) -> Scene:
    scene = Scene("The same caller, a model on its list", f"POST :teams{CHAT}  model: assistant, key of support")
    reply, line = _ask(stage, scene, CHAT, asking("assistant"), _bearer("SUPPORT_TEAM_KEY"), port=stage.teams_port)
    scene.answered = f"{reply.status} the log says who called, never with which key"
    scene.expect(reply.status == 200 and line.get("caller") == "support", "200, logged as support")
    seen = str(stage.openai.last.headers)
    scene.expect(KEYS["SUPPORT_TEAM_KEY"] not in seen, "the caller's key stays here")
    return scene


def leaving(stage: Stage) -> Scene:
    scene = Scene("A client leaves in the middle of a stream", f"POST {CHAT}  model: gpt-4o, stream: true, then gone")
    stage.openai.next(recording="chat-streaming", fault="hang_mid", cut=400)
    connection = RawConnection(stage.port, asking("gpt-4o", stream=True))
    connection.read_some()
    left, exchange = time.monotonic(), stage.openai.last
    connection.leave(reset=False)
    noticed = stage.openai.wait(lambda: exchange.gone is not None, 5)
    scene.expect(noticed, "the provider notices")
    after_ms = max(1, round((exchange.gone - left) * 1000)) if exchange.gone else 0
    scene.answered = f"the provider's connection was closed {after_ms} ms later: no token is made for nobody"
    scene.why = "a request that ends takes its upstream request with it"
    return scene


def models(stage: Stage) -> Scene:
    scene = Scene("What may be asked for", "GET /v1/models")
    reply = call(stage.port, "/v1/models", method="GET")
    ids = [m["id"] for m in reply.json["data"]]
    scene.answered = f"{reply.status} {len(ids)} models, among them {', '.join(i for i in ids if '/' not in i)}"
    scene.why = "made from the configuration; Envoy answers it without asking anybody"
    scene.expect({"assistant", "resilient", "openai/gpt-4o"} <= set(ids), "the configured names are listed")
    return scene


def secrets(stage: Stage) -> Scene:
    scene = Scene("Where the keys are not", "every file of the three run directories, read")
    files = [f for f in stage.directory.rglob("*") if f.is_file()]
    found = [f.name for f in files if any(key in f.read_text(errors="replace") for key in KEYS.values())]
    scene.answered = (
        f"{len(files)} files (bootstraps, logs, states): none holds a key" if not found else f"found in {found}"
    )
    scene.why = "Envoy reads keys from its environment; files name the variable only"
    scene.expect(not found, "no key in any file")
    return scene


SCENES: tuple[Callable[[Stage], Scene], ...] = (
    named_model,
    streamed,
    anthropic_client,
    failover,
    default_model,
    wildcard,
    unknown_model,
    translation,
    stranger,
    not_on_the_list,
    known_caller,
    leaving,
    models,
)
