"""Tools and the choice among them, read.

In: `tools`, `tool_choice`, `web_search_options` and the older `functions`, `function_call`. Out: functions and text
tools; whatever else a server runs itself stays whole.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.parts import Plain
from ext_proc.chat.reading import Node
from ext_proc.chat.request import AnyTool, BuiltinTool, CustomTool, Tool, ToolChoice
from ext_proc.dialects.openai_chat.media_in import cache_mark
from ext_proc.dialects.openai_chat.words import LEGACY, NAME, WEB_SEARCH

RAW = "raw"
"""Where a choice keeps the object it was written as."""


def read_tools(body: Node) -> tuple[AnyTool, ...]:
    tools = [_read_tool(node) for node in body.nodes("tools")]
    tools += [_function(node, node, {LEGACY: True}) for node in body.nodes("functions")]
    search = body.plain_object(WEB_SEARCH)
    if search is not None:
        tools.append(
            BuiltinTool(origin=NAME, kind=WEB_SEARCH, raw=search, purpose="web_search", at=body.address(WEB_SEARCH))
        )
    return tuple(tools)


def is_legacy(tools: tuple[AnyTool, ...]) -> bool:
    return any(isinstance(tool, Tool) and tool.extra.get(LEGACY) for tool in tools)


def read_choice(body: Node) -> ToolChoice | None:
    for name, extra in (("tool_choice", {}), ("function_call", {LEGACY: True})):
        found = body.plain.get(name)
        if isinstance(found, str):
            return _plain_choice(body, name, found, extra)
        if found is not None:
            node = body.node(name)
            assert node is not None, "it is not null"
            return _read_choice(node, extra)
    return None


def grammar_in(format: Plain | None) -> Plain | None:
    """The form of a text tool's input; its grammar is flat in `CustomTool`, as in the Responses API."""
    grammar = format.get("grammar") if format is not None else None
    return {"type": "grammar", **grammar} if isinstance(grammar, dict) else format


def grammar_out(format: Plain) -> Plain:
    if format.get("type") != "grammar":
        return format
    return {"type": "grammar", "grammar": {name: value for name, value in format.items() if name != "type"}}


def _read_tool(node: Node) -> AnyTool:
    match node.needed_text("type"):
        case "function":
            return _function(node, node.node("function") or node.wrong("function", "is missing"), {})
        case "custom":
            return _custom(node, node.node("custom") or node.wrong("custom", "is missing"))
        case kind:
            return BuiltinTool(origin=NAME, kind=kind, raw=node.plain, at=node.at)


def _function(node: Node, inner: Node, extra: dict[str, Any]) -> Tool:
    """`extra`: the members beside the function, and those in it under its name."""
    deeper = inner.rest("name", "description", "parameters", "strict")
    left = node.rest("type", "function") if inner is not node else {}
    return Tool(
        name=inner.needed_text("name"),
        description=inner.text("description"),
        parameters=inner.plain_object("parameters"),
        strict=inner.flag("strict"),
        cache=cache_mark(node),
        extra=left | extra | ({"function": deeper} if deeper else {}),
        at=node.at,
    )


def _custom(node: Node, inner: Node) -> CustomTool:
    deeper = inner.rest("name", "description", "format")
    return CustomTool(
        name=inner.needed_text("name"),
        description=inner.text("description"),
        format=grammar_in(inner.plain_object("format")),
        extra=node.rest("type", "custom") | ({"custom": deeper} if deeper else {}),
        at=node.at,
    )


def _plain_choice(body: Node, name: str, word: str, extra: dict[str, Any]) -> ToolChoice:
    match word:
        case "auto" | "none" | "required":
            return ToolChoice(mode=word, extra=extra, at=name)
        case "any":
            return ToolChoice(mode="required", extra=extra | {RAW: word}, at=name)
        case _:
            return body.wrong(name, "must be auto, none, required or an object")


def _read_choice(node: Node, extra: dict[str, Any]) -> ToolChoice:
    if extra:
        return ToolChoice(mode="named", name=node.needed_text("name"), extra=extra, at=node.at)
    kind, raw = node.needed_text("type"), {RAW: node.plain}
    match kind:
        case "auto" | "none" | "required":
            return ToolChoice(mode=kind, extra=raw, at=node.at)
        case "allowed_tools":
            allowed = node.node(kind) or node
            names = tuple(_name(each) for each in allowed.nodes("tools"))
            required = allowed.text("mode") == "required"
            return ToolChoice(mode="allowed", allowed=names, required=required, extra=raw, at=node.at)
        case _:
            return ToolChoice(mode="named", name=_name(node), extra=raw, at=node.at)


def _name(node: Node) -> str:
    """Names stand in an object named like the type, at times beside it."""
    inner = node.node(node.text("type"))
    found = inner.text("name") if inner is not None else node.text("name")
    return found or node.needed_text("type")
