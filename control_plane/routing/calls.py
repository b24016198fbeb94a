"""What a user would send. In: a text, or JSON from a file. Out: a call as `ext_proc.offline` takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from control_plane.gateway import Endpoint

MAX_BYTES = 16 * 1024 * 1024


class NotAConversation(Exception):
    """The file holds something else; the text says what."""


@dataclass(frozen=True, slots=True)
class Call:
    """`model` "" where none is named; `caller` is "key:NAME" or "token:ISSUER", "" for somebody who may use all."""

    path: str
    model: str
    body: Mapping[str, Any]
    caller: str = ""

    def plain(self) -> dict[str, object]:
        return {"path": self.path, "model": self.model, "body": dict(self.body), "caller": self.caller}


def spoken(text: str, path: str, model: str = "") -> Call:
    """A conversation of one turn."""
    return messages([{"role": "user", "content": text}], path, model)


def messages(turns: list[Any], path: str, model: str = "") -> Call:
    """A conversation in the words of the path's API."""
    key = "input" if path == Endpoint.RESPONSES else "messages"
    return Call(path, model, {"model": model, key: turns} if model else {key: turns})


def read(file: Path, path: str, model: str = "") -> Call:
    """A list of messages, or a whole request body; `model` wins over the body's own. Raises NotAConversation."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "the path is not valid").lower()
        raise NotAConversation(f"{file}: {reason}; check the name and its permissions") from None
    if len(content) > MAX_BYTES:
        raise NotAConversation(f"{file}: larger than {MAX_BYTES >> 20} MiB; a listener takes no such request")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotAConversation(f"{file}{line}: this is not JSON; write a list of messages") from None
    if isinstance(found, list):
        return messages(found, path, model)
    if not isinstance(found, dict):
        raise NotAConversation(f"{file}: write a list of messages, or a whole request body")
    named = model or (found["model"] if isinstance(found.get("model"), str) else "")
    return Call(path, named, {**found, "model": named} if named else found)
