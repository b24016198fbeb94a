"""Answers of other dialects' providers, and what it takes to tell them."""

from __future__ import annotations

import json
from typing import Any

from ext_proc.chat.answer import Answer, Choice, Stop, Usage
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.parts import (
    Citation,
    Inline,
    Link,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Signature,
    Text,
    ToolCall,
)
from ext_proc.dialects.openai_chat import CLIENT
from ext_proc.dialects.openai_chat.tests.bodies import PATCH, PNG, TOOLS, WEATHER

ANTHROPIC = "anthropic_messages"
THOUGHT = Reasoning(text="I should look.", signature=Signature(ANTHROPIC, "c2lnbmVk"))
HIDDEN = Reasoning(redacted=True, signature=Signature(ANTHROPIC, "aGlkZGVu"))
SUMMARY = Reasoning(text="In short.", summary=True, id="rs_1", signature=Signature("openai_responses", "ZW5j"))
PLACE = {"url": "https://b.example", "title": "B", "start_index": 0, "end_index": 5}
CITED = Text(
    text="Sunny in Bern.",
    citations=(
        Citation(origin=ANTHROPIC, raw={}, url="https://a.example", title="A", start=0, end=5),
        Citation(origin=ANTHROPIC, raw={}, cited_text="no address"),
        Citation(origin="openai_chat", raw={"type": "url_citation", "url_citation": PLACE}),
    ),
)
WORDS = Text(text=" Take a hat.")
CALL = ToolCall(id="toolu_1", name="weather", arguments='{"city":"Bern"}')
PATCHED = ToolCall(id="toolu_2", name="patch", arguments='{"input":"*** Begin Patch\\n"}')
SIGNED = ToolCall(id="", name="weather", arguments="{}", signature=Signature("gemini", "dGhvdWdodA"))
IMAGE = Media(kind="image", source=Inline("image/png", PNG))
SOUND = Media(kind="audio", source=Inline("audio/wav", "UklGRg=="))
FILE = Media(kind="document", source=Link("https://a.example/a.pdf"), title="a.pdf")
SEARCH = Opaque(origin=ANTHROPIC, kind="server_tool_use", raw={"type": "server_tool_use"})
USAGE = Usage(input=100, cached=60, cache_write=10, output=40, reasoning=15)


def answer(*parts: Part, reason: Any = "end", usage: Usage | None = USAGE, more: tuple[Choice, ...] = ()) -> Answer:
    return Answer(
        id="msg_01",
        model="upstream",
        choices=(Choice(parts=parts, stop=Stop(reason=reason)), *more),
        usage=usage,
        created_s=5,
        rest={"service_tier": "standard", "system_fingerprint": "fp_1", "odd": 1},
    )


FULL = answer(THOUGHT, HIDDEN, SUMMARY, CITED, WORDS, SEARCH, WORDS, CALL, PATCHED, SIGNED, reason="tool_use")
REFUSED = answer(Refusal(text="I cannot."), reason="refusal")
SHOWN = answer(Text(text="Look:"), IMAGE, IMAGE, SOUND, FILE)
SEVERAL = answer(Text(text="One"), more=(Choice(parts=(Text(text="Two"),), stop=Stop(reason="pause")),))
SCORED = Answer(
    id="chatcmpl-1",
    model="upstream",
    choices=(
        Choice(
            parts=(Text(text="Hi"),),
            stop=Stop(reason="stop_sequence"),
            logprobs={"content": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}]},
        ),
    ),
)
ASKED: dict[str, Any] = TOOLS | {"tools": [WEATHER, PATCH], "stream_options": {"include_usage": True}}


def saying(body: Any = ASKED) -> Saying:
    request = CLIENT.decode_request(body, Asked(path="/v1/chat/completions"))
    return Saying(id="Ab12", created_s=1_700_000_000, model=request.model, request=request)


def streamed(events: Any, body: Any = ASKED) -> bytes:
    encoder = CLIENT.stream_encoder(saying(body))
    return b"".join(encoder.encode(event) for event in events)


def lines(data: bytes) -> list[Any]:
    """The data of a stream's events."""
    found = []
    for block in data.decode().split("\n\n"):
        if block and not block.startswith(":"):
            text = block.removeprefix("data: ")
            found.append(text if text == "[DONE]" else json.loads(text))
    return found
