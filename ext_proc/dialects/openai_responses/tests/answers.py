"""Answers of other dialects' providers, and what it takes to tell them."""

from __future__ import annotations

import json
from typing import Any

from ext_proc.chat.answer import Answer, Choice, Event, Grew, Pinged, Stop, Usage
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.parts import Citation, Part, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.dialects.openai_responses import CLIENT
from ext_proc.dialects.openai_responses.tests.bodies import CODEX

ANTHROPIC = "anthropic_messages"
THOUGHT = Reasoning(text="I should look.", signature=Signature(ANTHROPIC, "c2lnbmVk"))
HIDDEN = Reasoning(redacted=True, signature=Signature(ANTHROPIC, "aGlkZGVu"))
CITED = Text(
    text="Sunny in Bern.",
    citations=(
        Citation(origin=ANTHROPIC, raw={}, url="https://a.example", title="A", start=0, end=5),
        Citation(origin=ANTHROPIC, raw={}, cited_text="no address"),
    ),
)
WORDS = Text(text=" Take a hat.")
SHELL = ToolCall(id="toolu_1", name="shell", arguments='{"command":["ls"]}')
PATCHED = ToolCall(id="toolu_2", name="apply_patch", arguments='{"input":"*** Begin Patch\\n"}')
FOUND = ToolCall(id="", name="mcp__docs__find", arguments="{}", signature=Signature("gemini", "dGhvdWdodA"))
USAGE = Usage(input=100, cached=60, cache_write=10, output=40, reasoning=15)


def answer(*parts: Part, reason: Any = "end", usage: Usage | None = USAGE) -> Answer:
    return Answer(
        id="msg_01",
        model="upstream",
        choices=(Choice(parts=parts, stop=Stop(reason=reason)),),
        usage=usage,
        created_s=5,
    )


FULL = answer(THOUGHT, HIDDEN, CITED, WORDS, SHELL, PATCHED, FOUND, reason="tool_use")
REFUSED = answer(Refusal(text="I cannot."), reason="refusal")


def saying(body: Any = CODEX) -> Saying:
    request = CLIENT.decode_request(body, Asked(path="/v1/responses"))
    return Saying(id="Ab12", created_s=1_700_000_000, model=request.model, request=request)


def streamed(events: Any, body: Any = CODEX) -> bytes:
    encoder = CLIENT.stream_encoder(saying(body))
    return b"".join(encoder.encode(event) for event in events)


def lines(data: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each checked to be called by its type."""
    found = []
    for block in data.decode().split("\n\n"):
        if not block or block.startswith(":"):
            continue
        name, _, told = block.partition("\n")
        event = json.loads(told.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    return found


def grown(events: list[Event]) -> list[Event]:
    """Without signs of life, and with what was told piecemeal put together."""
    joined: list[Event] = []
    for event in events:
        if isinstance(event, Pinged):
            continue
        last = joined[-1] if joined else None
        if isinstance(event, Grew) and isinstance(last, Grew):
            joined[-1] = Grew(text=last.text + event.text, index=event.index, choice=event.choice)
        else:
            joined.append(event)
    return joined
