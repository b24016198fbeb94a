"""Tools and the choice among them, read."""

from __future__ import annotations

import re

from ext_proc.chat.reading import Node
from ext_proc.chat.request import AnyTool, BuiltinTool, Tool, ToolChoice
from ext_proc.dialects.anthropic_messages.marks import read_mark
from ext_proc.dialects.anthropic_messages.words import NAME, PURPOSES

_DATE = re.compile(r"_20\d{6}$")
_TAKEN = ("name", "description", "input_schema", "strict", "cache_control")


def read_tools(node: Node) -> tuple[AnyTool, ...]:
    return tuple(_tool(tool) for tool in node.nodes("tools"))


def read_choice(node: Node) -> tuple[ToolChoice | None, bool | None]:
    """The choice, and whether several tools may be called at once."""
    found = node.node("tool_choice")
    if found is None:
        return None, None
    single = found.flag("disable_parallel_tool_use")
    return _choice(found), None if single is None else not single


def _choice(node: Node) -> ToolChoice:
    match node.needed_text("type"):
        case "auto":
            return ToolChoice(mode="auto")
        case "any":
            return ToolChoice(mode="required")
        case "none":
            return ToolChoice(mode="none")
        case "tool":
            return ToolChoice(mode="named", name=node.needed_text("name"))
        case _:
            node.wrong("type", 'must be "auto", "any", "tool" or "none"')


def _tool(node: Node) -> AnyTool:
    kind = node.text("type", "custom")
    if kind != "custom":
        purpose = PURPOSES.get(_DATE.sub("", kind), "")
        return BuiltinTool(origin=NAME, kind=kind, raw=node.plain, purpose=purpose, at=node.at)
    cache, kept = read_mark(node)
    return Tool(
        name=node.needed_text("name"),
        description=node.text("description"),
        parameters=node.plain_object("input_schema"),
        strict=node.flag("strict"),
        cache=cache,
        extra=node.rest(*_TAKEN) | kept,
        at=node.at,
    )
