"""Which recording or made-up answer fits a request. In: path, body, script. Out: status, headers, body; no I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from e2e.fake.recordings import Recording, by_request, fingerprint, recordings
from e2e.fake.script import Script

JSON = ("content-type", "application/json")
_WHOLE, _STREAM = ":generateContent", ":streamGenerateContent"
_CONVERSE, _CONVERSE_STREAM = "/converse", "/converse-stream"
_RECORDED = (
    "/chat/completions",
    "/completions",
    "/messages",
    "/responses",
    "/embeddings",
    _WHOLE,
    _STREAM,
    _CONVERSE,
    _CONVERSE_STREAM,
)
_OF_A_PATH = {
    _WHOLE: "vertex-gemini--basic",
    _STREAM: "vertex-gemini--stream_tool",
    _CONVERSE: "bedrock--basic",
}
"""What is answered there whatever the body says."""
# Answers nobody recorded for us: the smallest that the SDKs' types accept.
MADE_UP: dict[str, tuple[str, bytes]] = {
    "/rerank": ("application/json", b'{"id":"rr-1","results":[{"index":1,"relevance_score":0.9}],"meta":{}}'),
    "/images/generations": ("application/json", b'{"created":1,"data":[{"b64_json":"aW1n"}]}'),
    "/images/edits": ("application/json", b'{"created":1,"data":[{"b64_json":"aW1n"}]}'),
    "/images/variations": ("application/json", b'{"created":1,"data":[{"b64_json":"aW1n"}]}'),
    "/audio/speech": ("audio/mpeg", bytes(range(256)) * 8),
    "/audio/transcriptions": ("application/json", b'{"text":"spoken words"}'),
    "/audio/translations": ("application/json", b'{"text":"translated words"}'),
    "/moderations": (
        "application/json",
        b'{"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":false,"categories":{},"category_scores":{}}]}',
    ),
    "/models": ("application/json", b'{"object":"list","data":[]}'),
}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(path: str, body: Any, script: Script) -> Answer:
    """The answer to a request; `body` is the parsed JSON (None when it was not JSON)."""
    if script.status >= 400 and not script.recording:
        found = failure(path, script.status)
    else:
        found = _named(script.recording) if script.recording else _fitting(path.partition("?")[0], body)
    extra = {name.lower() for name, _ in script.headers}
    return Answer(
        script.status or found.status,
        (*(h for h in found.headers if h[0] not in extra), *script.headers),
        found.body if script.body is None else script.body,
    )


def _named(name: str) -> Answer:
    return _replay(recordings()[name])


def _replay(recording: Recording) -> Answer:
    return Answer(recording.status, recording.headers, recording.body)


def _fitting(path: str, body: Any) -> Answer:
    endpoint = _endpoint(path)
    if endpoint in MADE_UP:
        kind, content = MADE_UP[endpoint]
        return Answer(200, (("content-type", kind),), content)
    asked = by_request().get(fingerprint("/v1" + endpoint, body)) if isinstance(body, dict) else None
    return _replay(asked) if asked else _named(_usual(endpoint, body if isinstance(body, dict) else {}))


def _endpoint(path: str) -> str:
    for known in (*MADE_UP, *_RECORDED):
        if path.endswith(known):
            return known
    return path


def _usual(endpoint: str, body: dict[str, Any]) -> str:
    stream, tools = bool(body.get("stream")), bool(body.get("tools"))
    if endpoint in _OF_A_PATH:
        return _OF_A_PATH[endpoint]
    if endpoint == _CONVERSE_STREAM:
        return "bedrock--tool.bin" if "toolConfig" in body else "bedrock--basic.bin"
    if endpoint == "/messages":
        return ("anthropic--stream_" if stream else "anthropic--") + ("tool" if tools else "basic")
    if endpoint == "/responses":
        return "responses--stream" if stream else "responses--tool" if tools else "responses--basic"
    if endpoint == "/embeddings":
        return "embeddings-basic"
    if endpoint == "/completions":
        return "completion-streaming"
    if stream:
        return "chat-streaming-detailed-usage" if body.get("stream_options") else "chat-streaming"
    return "chat-tools" if tools else "chat-basic"


def failure(path: str, status: int) -> Answer:
    """A provider's error in the dialect of the path."""
    error = {"message": f"the fake provider was told to say {status}", "type": "fake_error"}
    called = path.partition("?")[0]
    if called.endswith("/messages"):
        body: dict[str, Any] = {"type": "error", "error": error}
    elif called.endswith((_WHOLE, _STREAM)):
        body = {"error": {"code": status, "message": error["message"], "status": "FAKE"}}
    elif called.endswith((_CONVERSE, _CONVERSE_STREAM)):
        body = {"message": error["message"]}
    else:
        body = {"error": {**error, "param": None, "code": "fake"}}
    return Answer(status, (JSON, ("x-request-id", "req_fake_failure")), json.dumps(body).encode())
