"""Answers of any provider, as a client of this dialect is told them."""

from __future__ import annotations

from dataclasses import replace

from ext_proc.chat.answer import Answer, Choice, Stop, Usage
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.parts import Citation, Inline, Media, Part, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.chat.request import Request
from ext_proc.dialects.gemini import CLIENT

PATH = "/v1beta/models/gemini-2.5-flash:generateContent"
STREAM_PATH = "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
HELLO = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
USAGE = Usage(input=100, cached=60, output=40, reasoning=10)


def answer(*parts: Part, stop: Stop | None = None, id: str = "r1", usage: Usage | None = USAGE) -> Answer:
    return Answer(id=id, model="m", choices=(Choice(parts=parts, stop=stop or Stop(reason="end")),), usage=usage)


def request(*, form: str = "", stream: bool = False) -> Request:
    query = {} if form == "json_array" else {"alt": "sse"}
    return CLIENT.decode_request(HELLO, Asked(path=STREAM_PATH if stream else PATH, query=query))


def saying(asked: Request | None = None) -> Saying:
    return Saying(id="Ab12", created_s=1_700_000_000, model="smart", request=asked or request())


CALL = ToolCall(id="toolu_1", name="weather", arguments='{"city":"Bern"}')
THOUGHT = Reasoning(text="I should look.", signature=Signature("anthropic_messages", "c2ln"))
SUNNY = Text(text="Sunny in Zürich.")
SOURCE = Citation(origin="another", raw={}, url="https://a.example", title="A", start=9, end=15)
FULL = answer(THOUGHT, SUNNY, CALL, stop=Stop(reason="tool_use", raw="tool_use"))
CITED = answer(replace(SUNNY, citations=(SOURCE,)))
PICTURE = answer(Text(text="Here."), Media(kind="image", source=Inline("image/png", PNG)))
REFUSED = answer(Refusal(text="I will not."), stop=Stop(reason="refusal"))
