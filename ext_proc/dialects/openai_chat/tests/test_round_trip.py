"""What a client of this dialect sends reaches a provider of this dialect as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ext_proc.chat.dialect import Asked, Model
from ext_proc.dialects.openai_chat import CLIENT, PROVIDER
from ext_proc.dialects.openai_chat.tests.bodies import REQUESTS

ASKED = Asked(path="/v1/chat/completions")
RECORDINGS = Path(__file__).parent / "recordings"
RECORDED = {
    path.stem: json.loads(each["request"]["body"])
    for path in sorted(RECORDINGS.glob("chat-*.yaml"))
    for each in yaml.safe_load(path.read_text())["interactions"]
    if path.stem != "chat-bad-request"
}
ALL = REQUESTS | RECORDED


def settled(body: Any) -> Any:
    """A body without what the API takes for granted."""
    if isinstance(body, list):
        return [settled(each) for each in body]
    if not isinstance(body, dict):
        return body
    found = {name: settled(value) for name, value in body.items() if value is not None and value not in ([], {})}
    if isinstance(found.get("stop"), str):
        found["stop"] = [found["stop"]]
    if found.get("stream"):
        found["stream_options"] = {"include_usage": True, **found.get("stream_options", {})}
    if found.get("response_format") == {"type": "text"}:
        del found["response_format"]
    return found


@pytest.mark.parametrize("name", ALL)
def test_the_provider_gets_what_the_client_sent(name: str) -> None:
    body = ALL[name]
    encoded = PROVIDER.encode_request(CLIENT.decode_request(body, ASKED), Model(id=body["model"]))
    written = settled(encoded.body)
    assert written.get("messages") == settled(body).get("messages")
    assert written == settled(body)
    assert encoded.dropped == ()


@pytest.mark.parametrize("name", ALL)
def test_reading_again_gives_the_same_request(name: str) -> None:
    request = CLIENT.decode_request(ALL[name], ASKED)
    body = PROVIDER.encode_request(request, Model(id=request.model)).body
    again = CLIENT.decode_request(body, ASKED)
    assert (again.turns, again.system) == (request.turns, request.system)
    assert again.tools == request.tools
    assert (again.rest, again.thinking, again.tool_choice) == (request.rest, request.thinking, request.tool_choice)
