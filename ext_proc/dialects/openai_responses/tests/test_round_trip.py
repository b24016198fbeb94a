"""What a client of this dialect sends reaches a provider of this dialect as it was."""

from __future__ import annotations

from typing import Any

import pytest

from ext_proc.chat.dialect import Asked, Model
from ext_proc.dialects.openai_responses import CLIENT, PROVIDER
from ext_proc.dialects.openai_responses.tests.bodies import REQUESTS

ASKED = Asked(path="/v1/responses")


def settled(body: Any) -> Any:
    """A body without what the API takes for granted."""
    if isinstance(body, list):
        return [settled(each) for each in body]
    if not isinstance(body, dict):
        return body
    found = {name: settled(value) for name, value in body.items() if value is not None and value not in ([], {})}
    content = found.get("content")
    if "role" in found:
        found.setdefault("type", "message")
    if isinstance(content, str):
        found["content"] = [{"type": "output_text" if found["role"] == "assistant" else "input_text", "text": content}]
    if isinstance(found.get("input"), str):
        found["input"] = [{"type": "message", "role": "user", "content": settled_text(found["input"])}]
    return found


def settled_text(text: str) -> list[dict[str, str]]:
    return [{"type": "input_text", "text": text}]


@pytest.mark.parametrize("name", REQUESTS)
def test_the_provider_gets_what_the_client_sent(name: str) -> None:
    body = REQUESTS[name]
    encoded = PROVIDER.encode_request(CLIENT.decode_request(body, ASKED), Model(id=body["model"]))
    written = settled(encoded.body)
    assert written.get("input") == settled(body).get("input")
    assert written == settled(body)
    assert encoded.dropped == ()


@pytest.mark.parametrize("name", REQUESTS)
def test_reading_again_gives_the_same_request(name: str) -> None:
    request = CLIENT.decode_request(REQUESTS[name], ASKED)
    body = PROVIDER.encode_request(request, Model(id=request.model)).body
    again = CLIENT.decode_request(body, ASKED)
    assert (again.turns, again.system) == (request.turns, request.system)
    assert again == request
