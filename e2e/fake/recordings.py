"""Recorded provider answers. In: the files beside this package. Out: `Recording` values, by name. Never changes a byte
of a body."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "recordings"
# What belongs to one connection or to one moment is not replayed; everything else of the answer is.
NOT_REPLAYED = {"date", "content-length", "transfer-encoding", "connection", "keep-alive", "alt-svc", "server"}
PATHS = {
    "anthropic": "/v1/messages",
    "completions": "/v1/chat/completions",
    "responses": "/v1/responses",
    "bedrock": "/model/any/converse",
    "vertex-gemini": "/v1/projects/any/models/any:generateContent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One answer, and the request that led to it where that was recorded (`request` is the raw body, else b"")."""

    name: str
    path: str
    request: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def content_type(self) -> str:
        return dict(self.headers).get("content-type", "")

    @property
    def streamed(self) -> bool:
        return self.content_type.startswith("text/event-stream")


def _headers(recorded: Mapping[str, list[str]]) -> tuple[tuple[str, str], ...]:
    flat = ((name.lower(), value) for name, values in recorded.items() for value in values)
    return tuple((name, value) for name, value in flat if name not in NOT_REPLAYED)


def _from_vcr(file: Path) -> Recording:
    (interaction,) = yaml.load(file.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))["interactions"]
    request, response = interaction["request"], interaction["response"]
    return Recording(
        name=file.stem,
        path="/" + request["url"].split("/", 3)[3],
        request=request["body"].encode(),
        status=response["code"],
        headers=_headers(response["headers"]),
        body=response["body"].encode(),
    )


def _content_type(file: Path) -> str:
    if file.suffix == ".bin":
        return "application/vnd.amazon.eventstream"
    return "text/event-stream; charset=utf-8" if "stream" in file.stem else "application/json"


def _from_raw(file: Path) -> Recording:
    name = file.name if file.suffix == ".bin" else file.stem
    return Recording(
        name=name,
        path=PATHS[file.stem.split("--")[0]],
        request=b"",
        status=200,
        headers=(("content-type", _content_type(file)), ("request-id", f"req_{name}")),
        body=file.read_bytes(),
    )


@functools.cache
def recordings() -> Mapping[str, Recording]:
    """Every recording by name, e.g. "chat-basic", "anthropic--stream_tool", "bedrock--basic.bin"."""
    vcr = [_from_vcr(f) for f in sorted((FOLDER / "openai").glob("*.yaml"))]
    raw = [_from_raw(f) for f in sorted((FOLDER / "providers").iterdir()) if f.suffix in {".json", ".bin"}]
    return {r.name: r for r in [*vcr, *raw]}


def fingerprint(path: str, body: Any) -> str:
    """What a request asks, whatever the spacing, the key order and the model."""
    rest = {k: v for k, v in body.items() if k != "model"} if isinstance(body, dict) else body
    return path + json.dumps(rest, sort_keys=True)


@functools.cache
def by_request() -> Mapping[str, Recording]:
    """Recordings by `fingerprint` of their recorded request; of two equal requests the first successful one."""
    found: dict[str, Recording] = {}
    for recording in sorted(recordings().values(), key=lambda r: r.status >= 400):
        if recording.request:
            found.setdefault(fingerprint(recording.path, json.loads(recording.request)), recording)
    return found
