"""Tools and the choice among them, written.

In: tools of any dialect. Out: `toolConfig`. A web search or a code sandbox becomes Amazon Nova's own; any other tool
that a provider would run itself is refused. Text tools become functions, namespaces part of a name. Only the tools a
client allowed are sent, none where none may be called; but a conversation in which tools were called must name some.
"""

from __future__ import annotations

import re
from typing import Any

from ext_proc.chat.closed_schema import closed
from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import as_function, flat_name
from ext_proc.chat.parts import ToolCall
from ext_proc.chat.request import AnyTool, BuiltinTool, CustomTool, Request, Tool, ToolChoice
from ext_proc.dialects.bedrock_converse.caching import point_after
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.words import NAME, Maker

Written = dict[str, Any]
_LEGAL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_STAND_INS = {"web_search": "nova_grounding", "code_execution": "nova_code_interpreter"}
_UNSAID = frozenset({"type", "name"})


def write_tools(request: Request, losses: Losses) -> Written:
    """`tools` and `toolChoice`; {} where none are sent."""
    if request.parallel_tool_calls is False:
        losses.member("parallel_tool_calls", "the API has no such setting")
    choice = request.tool_choice
    called = _called(request)
    if choice is not None and choice.mode == "none" and not called:
        return {}
    tools = [block for tool in _allowed(request.tools, choice) for block in _write(tool, losses)] or called
    if not tools:
        return {}
    return {"tools": tools} | _choice(choice, losses)


def _called(request: Request) -> list[Written]:
    calls = [part for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]
    names = dict.fromkeys(flat_name(call.namespace, call.name) for call in calls)
    return [{"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}} for name in names]


def _allowed(tools: tuple[AnyTool, ...], choice: ToolChoice | None) -> list[AnyTool]:
    if choice is None or choice.mode != "allowed":
        return list(tools)
    found = [tool for tool in tools if not isinstance(tool, BuiltinTool) and _flat(tool) in choice.allowed]
    if not found:
        raise Unable(choice.at, "tool_choice", "none of the allowed tools can be sent")
    return list(found)


def _flat(tool: Tool | CustomTool) -> str:
    return flat_name(tool.namespace, tool.name)


def _write(tool: AnyTool, losses: Losses) -> list[Written]:
    match tool:
        case Tool():
            return [{"toolSpec": _function(tool, losses)}, *point_after(tool.cache, tool.at, losses, tool=True)]
        case CustomTool():
            return _write(as_function(tool), losses)
        case BuiltinTool():
            losses.need("builtin_tools", tool.at, "the provider runs no tools of its own")
            return [dict(tool.raw)] if tool.origin == NAME else [_stand_in(tool, losses)]


def _function(tool: Tool, losses: Losses) -> Written:
    losses.need("tools", tool.at, "the model calls no tools")
    name = _flat(tool)
    if not _LEGAL_NAME.fullmatch(name):
        raise Unable(tool.at, "tools", "a tool's name is of letters, digits, _ and -, 64 at most")
    written: Written = {"name": name}
    if tool.description:
        written["description"] = tool.description
    schema = {**(tool.parameters or {}), "type": "object"}
    if tool.strict and losses.lacks("structured_output"):
        losses.part(tool.at, "strict", "the model cannot be held to a schema")
    elif tool.strict:
        return written | {"inputSchema": {"json": closed(schema)}, "strict": True}
    return written | {"inputSchema": {"json": schema}}


def _stand_in(tool: BuiltinTool, losses: Losses) -> Written:
    if tool.purpose not in _STAND_INS or losses.maker is not Maker.NOVA_2:
        raise Unable(tool.at, "builtin_tools", "a tool that only its own API has")
    for name, value in tool.raw.items():
        if value and name not in _UNSAID:
            losses.part(tool.at, name, "the tool has no such setting")
    return {"systemTool": {"name": _STAND_INS[tool.purpose]}}


def _choice(choice: ToolChoice | None, losses: Losses) -> Written:
    if choice is None:
        return {}
    if choice.mode == "none":
        losses.at(choice.at, "where tools were called they may be called again")
        return {}
    if choice.mode != "auto":
        losses.need("tool_choice", choice.at, "the model cannot be told which tool to use")
    match choice.mode:
        case "named":
            return {"toolChoice": {"tool": {"name": choice.name}}}
        case "required":
            return {"toolChoice": {"any": {}}}
        case "allowed":
            return {"toolChoice": {"any": {}} if choice.required else {"auto": {}}}
        case _:
            return {"toolChoice": {"auto": {}}}
