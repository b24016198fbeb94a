"""Requests of another dialect, and what they become."""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Model
from ext_proc.chat.parts import (
    Inline,
    Media,
    Part,
    Signature,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import (
    BuiltinTool,
    Request,
    Tool,
    Turn,
)
from ext_proc.dialects.gemini import PROVIDER
from ext_proc.dialects.gemini.tests.answers import PNG

SECOND = Model(id="gemini-2.5-flash")
THIRD = Model(id="gemini-3-flash-preview")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool(name="weather", parameters=SCHEMA, at="tools[0]")
SEARCH = BuiltinTool(origin="another", kind="s", purpose="web_search", raw={"type": "s"}, at="tools[1]")
PICTURE = Media(kind="image", source=Inline("image/png", PNG))


def user(*parts: Part) -> Turn:
    return Turn(role="user", parts=parts, at="messages[0]")


def model(*parts: Part) -> Turn:
    return Turn(role="assistant", parts=parts, at="messages[1]")


def asking(*turns: Turn, **more: Any) -> Request:
    return Request(origin="another", model="m", turns=turns or (user(Text(text="hello")),), **more)


def body(request: Request, to: Model = SECOND) -> dict[str, Any]:
    return dict(PROVIDER.encode_request(request, to).body)


def config(request: Request, to: Model = SECOND) -> dict[str, Any]:
    found: dict[str, Any] = body(request, to).get("generationConfig", {})
    return found


def dropped(request: Request, to: Model = SECOND) -> list[str]:
    return [each.at for each in PROVIDER.encode_request(request, to).dropped]


def call(id: str, name: str, signature: Signature | None = None, arguments: str = "{}") -> ToolCall:
    return ToolCall(id=id, name=name, arguments=arguments, signature=signature)


def result(id: str, text: str, **more: Any) -> ToolResult:
    return ToolResult(call_id=id, content=(Text(text=text),), **more)
