"""What the tests of requests to this dialect share."""

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import (
    Inline,
    Part,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import (
    Request,
    Tool,
    Turn,
)
from ext_proc.dialects.bedrock_converse import PROVIDER

SONNET = Model(id="us.anthropic.claude-sonnet-4-5-20250929-v1:0")
ADAPTIVE = Model(id="anthropic.claude-opus-4-7")
NOVA = Model(id="amazon.nova-pro-v1:0")
NOVA_2 = Model(id="us.amazon.nova-2-lite-v1:0")
GPT_OSS = Model(id="openai.gpt-oss-20b-1:0")
LLAMA = Model(id="meta.llama3-3-70b-instruct-v1:0")
HELLO = Text(text="hello", at="messages[0].content")
WEATHER = Tool(name="weather", parameters={"type": "object"}, at="tools[0]")
TIME = Tool(name="time", parameters={"type": "object"}, at="tools[1]")
CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Bern"}', at="messages[1].tool_calls[0]")
RESULT = ToolResult(call_id="call_1", content=(Text(text="sunny"),), at="messages[2]")
PDF = Inline("application/pdf", "JVBERi0xLjQK")


def asking(*parts: Part, **members: Any) -> Request:
    turn = Turn(role="user", parts=parts or (HELLO,), at="messages[0]")
    return Request(origin="another", model="m", turns=(turn,), **members)


def looping(*parts: Part, result: ToolResult = RESULT, **members: Any) -> Request:
    """A conversation in which a tool was called and has answered."""
    turns = (Turn(role="assistant", parts=parts or (CALL,), at="messages[1]"), Turn(role="user", parts=(result,)))
    request = asking(**members)
    return replace(request, turns=(*request.turns, *turns))


def encode(request: Request, model: Model = SONNET) -> Encoded:
    return PROVIDER.encode_request(request, model)


def body(request: Request, model: Model = SONNET) -> dict[str, Any]:
    return dict(encode(request, model).body)


def named(request: Request, model: Model = SONNET) -> list[str]:
    return [each.at for each in encode(request, model).dropped]


def refused(request: Request, model: Model = SONNET) -> tuple[str, str]:
    with pytest.raises(Unable) as caught:
        encode(request, model)
    return caught.value.capability, caught.value.at
