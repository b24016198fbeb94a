"""What the tests of requests to this dialect share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ext_proc.chat.dialect import Asked, Encoded, Model
from ext_proc.chat.parts import (
    Part,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import Request, Tool, Turn
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER
from ext_proc.dialects.anthropic_messages.tests.bodies import SIMPLE
from ext_proc.dialects.anthropic_messages.words import ADAPTIVE

MODEL = Model(id="m")
NEW = Model(id="m", family=ADAPTIVE)
HELLO = Turn(role="user", parts=(Text(text="hello"),))
ASK = Request(origin="another", model="x", turns=(HELLO,))
TOOL = Tool(name="find", parameters={"type": "object"})
FIND = ToolCall(id="c1", name="find", arguments="{}", at="call")
FOUND = ToolResult(call_id="c1", content=(Text(text="r"),), at="result")


def encode(request: Request, model: Model = MODEL) -> Encoded:
    return PROVIDER.encode_request(request, model)


def asking(**members: Any) -> Request:
    return replace(ASK, **members)


def turns(*said: tuple[str, Part]) -> Request:
    return asking(turns=tuple(Turn(role=role, parts=(part,)) for role, part in said))  # type: ignore[arg-type]


def told(request: Request, model: Model = MODEL) -> list[tuple[str, list[str]]]:
    messages = encode(request, model).body["messages"]
    return [(each["role"], [block["type"] for block in each["content"]]) for each in messages]


def lost(request: Request, model: Model = MODEL) -> list[str]:
    return [each.at for each in encode(request, model).dropped]


def own(**members: Any) -> Request:
    return CLIENT.decode_request({**SIMPLE, **members}, Asked(path="/v1/messages"))


# Turns
