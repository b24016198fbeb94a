"""Gemini's two interfaces take the key in two places: one never sees the other's."""

from __future__ import annotations

import pytest

from e2e.client import CHAT, call, chat
from e2e.fake import Provider
from e2e.harness import Gateway, free_port

GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent"
ANSWER = '{"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}'
ASKED = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}


@pytest.mark.parametrize(
    "path, body, own",
    [
        pytest.param(GENERATE, ASKED, True, id="its own client"),
        pytest.param("/v1/messages", {**chat("gemini-2.5-flash"), "max_tokens": 9}, True, id="in translation"),
        pytest.param(CHAT, chat("gemini-2.5-flash"), False, id="OpenAI's form"),
    ],
)
def test_the_key_stands_where_the_interface_takes_it(path: str, body: dict[str, object], own: bool) -> None:
    port = free_port()
    with Provider() as provider:
        if own:
            provider.always(body=ANSWER, headers={"content-type": "application/json"})
        yaml = f"""
version: v0.4.0
listeners: [{{type: model, name: llm, port: {port}, address: 127.0.0.1}}]
model_providers: [{{model: gemini/gemini-2.5-flash, access_key: $KEY, base_url: "{provider.url}"}}]
"""
        with Gateway(yaml, {"KEY": "g-key"}):
            assert call(port, path, body).status == 200
        headers = dict(provider.seen[-1].headers)
    assert headers.get("x-goog-api-key") == ("g-key" if own else None)
    assert headers.get("authorization") == (None if own else "Bearer g-key")
