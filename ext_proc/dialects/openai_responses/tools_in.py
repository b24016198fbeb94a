"""Tools and the choice among them, read.

In: `tools` and `tool_choice`. Out: functions and text tools, those of a namespace with its name; tools that OpenAI runs
or defines itself stay whole, with what they are for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ext_proc.chat.reading import Node
from ext_proc.chat.request import AnyTool, BuiltinTool, CustomTool, Tool, ToolChoice
from ext_proc.dialects.openai_responses.words import NAME, PURPOSES, TOOLS

_DATE = re.compile(r"_\d{4}_\d{2}_\d{2}$")
RAW = "raw"
"""Where a choice keeps the object it was written as."""
NAMESPACE = "namespace"
"""Where a tool of a namespace keeps the namespace's other members."""


def read_tools(body: Node) -> tuple[AnyTool, ...]:
    """Also those that items of the conversation bring along; their address tells them."""
    brought = [item for item in _items(body) if item.text("type") == TOOLS]
    return tuple(tool for node in (body, *brought) for each in node.nodes("tools") for tool in _read_tool(each))


def _items(body: Node) -> Iterator[Node]:
    return iter(()) if isinstance(body.plain.get("input"), str) else body.nodes("input")


def read_choice(body: Node) -> ToolChoice | None:
    found = body.plain.get("tool_choice")
    if found is None:
        return None
    if isinstance(found, str):
        return _plain_choice(body, found)
    node = body.node("tool_choice")
    assert node is not None
    return _read_choice(node)


def _read_tool(node: Node) -> list[AnyTool]:
    match node.needed_text("type"):
        case "function":
            return [_function(node)]
        case "custom":
            return [_custom(node)]
        case "namespace":
            return _namespace(node)
        case kind:
            purpose = PURPOSES.get(_DATE.sub("", kind), "")
            return [BuiltinTool(origin=NAME, kind=kind, raw=node.plain, purpose=purpose, at=node.at)]


def _function(node: Node) -> Tool:
    return Tool(
        name=node.needed_text("name"),
        description=node.text("description"),
        parameters=node.plain_object("parameters"),
        strict=node.flag("strict"),
        extra=node.rest("type", "name", "description", "parameters", "strict"),
        at=node.at,
    )


def _custom(node: Node) -> CustomTool:
    return CustomTool(
        name=node.needed_text("name"),
        description=node.text("description"),
        format=node.plain_object("format"),
        extra=node.rest("type", "name", "description", "format"),
        at=node.at,
    )


def _namespace(node: Node) -> list[AnyTool]:
    """A namespace with a tool of an unknown type in it stays whole."""
    name, members = node.needed_text("name"), node.rest("type", "name", "tools")
    tools: list[AnyTool] = []
    for each in node.nodes("tools"):
        for tool in _read_tool(each):
            if not isinstance(tool, Tool | CustomTool) or tool.namespace:
                return [BuiltinTool(origin=NAME, kind="namespace", raw=node.plain, at=node.at)]
            tools.append(replace(tool, namespace=name, extra={**tool.extra, NAMESPACE: members}))
    return tools


def _plain_choice(body: Node, word: str) -> ToolChoice:
    match word:
        case "auto" | "none" | "required":
            return ToolChoice(mode=word)
        case _:
            return body.wrong("tool_choice", "must be auto, none, required or an object")


def _read_choice(node: Node) -> ToolChoice:
    kind, raw = node.needed_text("type"), {RAW: node.plain}
    if kind == "allowed_tools":
        names = tuple(_name(each) for each in node.nodes("tools"))
        return ToolChoice(mode="allowed", allowed=names, required=node.text("mode") == "required", extra=raw)
    return ToolChoice(mode="named", name=_name(node), extra=raw)


def _name(node: Node) -> str:
    """A tool that has no name of its own is called by its type, or its server's label."""
    return node.text("name") or node.text("server_label") or node.needed_text("type")
