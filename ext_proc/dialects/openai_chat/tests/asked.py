"""What the tests of requests to this dialect share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ext_proc.chat.dialect import Model
from ext_proc.chat.parts import (
    Inline,
    Media,
    Part,
    Text,
    ToolCall,
    ToolResult,
)
from ext_proc.chat.request import (
    CustomTool,
    Request,
    Tool,
    Turn,
)
from ext_proc.dialects.openai_chat import PROVIDER

HELLO = Turn(role="user", parts=(Text(text="hello"),), at="messages[0]")
PLAIN = Request(origin="another", model="m", turns=(HELLO,), names={"thinking": "think"})
WEATHER = Tool(name="weather", description="Tells", parameters={"type": "object"}, at="tools[0]")
PATCH = CustomTool(name="patch", format={"type": "grammar", "syntax": "lark", "definition": "start: /x/"})
PNG = Media(kind="image", source=Inline("", "iVBORw0="), at="messages[0].content[0]")
CALL = ToolCall(id="call_1", name="weather", arguments="", at="messages[1].content[0]")
RESULT = ToolResult(call_id="call_1", content=(Text(text="sunny"),), at="messages[2].content[0]")


def written(request: Request, model: str = "m", **members: Any) -> dict[str, Any]:
    return dict(PROVIDER.encode_request(request, Model(id=model, **members)).body)


def dropped(request: Request, model: str = "m", **members: Any) -> list[str]:
    return [each.at for each in PROVIDER.encode_request(request, Model(id=model, **members)).dropped]


def says(*parts: Part) -> Request:
    return replace(PLAIN, turns=(Turn(role="user", parts=parts),))


def turns(*turns: tuple[str, tuple[Part, ...]]) -> Request:
    found: list[Any] = [Turn(role=role, parts=parts) for role, parts in turns]  # type: ignore[arg-type]
    return replace(PLAIN, turns=tuple(found), tools=(WEATHER,))


def messages(request: Request, model: str = "m") -> Any:
    return written(request, model)["messages"]
