"""Recorded answers of real providers, for clients of other APIs: the texts, calls and counts that were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.talking import TALKS
from e2e.translating import CLIENTS, World, translates, world

WEATHER = (("get_weather", {"location": "San Francisco"}),)
HELLO = "Hi there! How can I help you today?"
TOKYO = (("get_weather", {"location": "Tokyo"}),)
BASIC = (("get_weather", {"location": "San Francisco, CA", "unit": "celsius"}),)
RECORDED: list[Any] = [
    # provider, recording, streamed, what the text begins with, calls, input, cached, output
    ("chat", "chat-basic", False, HELLO, (), 8, 0, 377),
    ("chat", "completions--tool_call", False, "", None, 25, 0, 18),
    ("messages", "anthropic--tool", False, "<thinking>I need", BASIC, 561, 2, 48),
    ("messages", "anthropic--stream_tool", True, "", WEATHER, 15, 0, 12),
    ("responses", "responses--tool", False, "I will check that.", WEATHER, 30, 4, 5),
    ("gemini", "vertex-gemini--basic", False, "The provider is Gemini.", (), 8, 0, 6),
    ("gemini", "vertex-gemini--stream_tool", True, "", TOKYO, 15, 0, 12),
    ("converse", "bedrock--basic", False, "Hello world", (), 18, 0, 46),
]
CASES = [(client, *row) for row in RECORDED for client in CLIENTS if translates(client, row[0])]


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.mark.parametrize(
    ("client", "provider", "recording", "stream", "text", "calls", "read", "cached", "written"), CASES
)
def test_what_was_recorded_is_heard(
    running: World,
    client: str,
    provider: str,
    recording: str,
    stream: bool,
    text: str,
    calls: Any,
    read: int,
    cached: int,
    written: int,
) -> None:
    running.reset()
    running.providers[provider].next(recording=recording, chunk=9 if stream else 0)
    heard = TALKS[client](running.url).ask(provider, stream=stream, tools=calls != ())
    assert heard.text.startswith(text) and (heard.text or heard.calls)
    assert calls is None or heard.calls == calls
    assert heard.stop == ("end" if calls == () else "tool")
    assert (heard.input, heard.cached, heard.output) == (read, cached, written)


@pytest.mark.parametrize("recording", ["bedrock--basic.bin", "bedrock--tool.bin"])
@pytest.mark.parametrize("client", CLIENTS)
def test_recorded_frames_of_bedrock(running: World, client: str, recording: str) -> None:
    running.reset()
    running.providers["converse"].next(recording=recording, chunk=5)
    heard = TALKS[client](running.url).ask("converse", stream=True, tools="tool" in recording)
    assert bool(heard.calls) == ("tool" in recording) == (heard.stop == "tool")
    assert heard.text or heard.calls
    assert heard.input and heard.output
