"""Tools and the choice among them, written.

In: tools of any dialect. Out: `tools` and `tool_choice`. A web search, a web fetch or a code sandbox of another dialect
becomes Anthropic's own; any other tool that a provider would run itself is refused. Text tools become functions,
namespaces part of a name. Only the tools a client allowed are sent.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.closed_schema import closed
from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import as_function, flat_name
from ext_proc.chat.parts import ToolCall
from ext_proc.chat.request import AnyTool, BuiltinTool, CustomTool, Request, Tool, ToolChoice
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.marks import write_mark
from ext_proc.dialects.anthropic_messages.words import NAME

Written = dict[str, Any]
FORCED = ("any", "tool")
_STAND_INS = {
    "web_search": ("web_search_20250305", "web_search"),
    "web_fetch": ("web_fetch_20250910", "web_fetch"),
    "code_execution": ("code_execution_20250825", "code_execution"),
}


def write_tools(request: Request, losses: Losses) -> Written:
    tools = [_write(tool, losses) for tool in request.tools]
    choice = _choice(request.tool_choice, losses)
    if request.tool_choice is not None and request.tool_choice.mode == "allowed":
        tools = _allowed(tools, request.tool_choice)
    if not choice and request.parallel_tool_calls is False and tools:
        choice = {"type": "auto"}
    if choice and choice["type"] != "none" and (single := _single(request, losses)) is not None:
        choice["disable_parallel_tool_use"] = single
    if not tools and not losses.own:
        return _called(request)
    return ({"tools": tools} if tools else {}) | ({"tool_choice": choice} if choice else {})


def _called(request: Request) -> Written:
    """A conversation in which tools were called must name them, though none may be called any more."""
    calls = [part for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]
    names = dict.fromkeys(flat_name(call.namespace, call.name) for call in calls)
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in names]
    return {"tools": tools, "tool_choice": {"type": "none"}} if tools else {}


def write_function(tool: Tool, losses: Losses) -> Written:
    losses.need("tools", tool.at, "the model calls no tools")
    written: Written = {"name": tool.name if losses.own else flat_name(tool.namespace, tool.name)}
    if tool.description:
        written["description"] = tool.description
    if tool.parameters is not None or not losses.own:
        written["input_schema"] = tool.parameters if losses.own else {"type": "object", **(tool.parameters or {})}
    return written | _strict(tool, written, losses) | write_mark(tool.cache) | (dict(tool.extra) if losses.own else {})


def _strict(tool: Tool, written: Written, losses: Losses) -> Written:
    """Who is strict elsewhere has the limits of a schema known here only in part."""
    if losses.own:
        return {} if tool.strict is None else {"strict": tool.strict}
    if not tool.strict:
        return {}
    if losses.lacks("structured_output"):
        losses.part(tool.at, "strict", "the model cannot be held to a schema")
        return {}
    return {"strict": True, "input_schema": closed(written["input_schema"])}


def _write(tool: AnyTool, losses: Losses) -> Written:
    match tool:
        case Tool():
            return write_function(tool, losses)
        case CustomTool():
            return write_function(as_function(tool), losses)
        case BuiltinTool():
            losses.need("builtin_tools", tool.at, "the provider runs no tools of its own")
            return dict(tool.raw) if tool.origin == NAME else _stand_in(tool, losses)


def _stand_in(tool: BuiltinTool, losses: Losses) -> Written:
    if tool.purpose not in _STAND_INS:
        raise Unable(tool.at, "builtin_tools", "a tool that only its own API has")
    kind, name = _STAND_INS[tool.purpose]
    return {"type": kind, "name": name} | (_limits(tool, losses) if tool.purpose == "web_search" else {})


def _limits(tool: BuiltinTool, losses: Losses) -> Written:
    """Where to search and from where are kept; other limits are named as dropped."""
    written: Written = {}
    for name, value in tool.raw.items():
        match name, value:
            case "filters", {"allowed_domains": list() as domains}:
                written["allowed_domains"] = domains
            case "user_location", {"approximate": dict() as place}:
                written["user_location"] = {"type": "approximate", **place}
            case "user_location", dict() as place:
                written["user_location"] = {**place, "type": "approximate"}
            case (("type" | "name"), _):
                pass
            case _ if value:
                losses.part(tool.at, name, "searches have no such limit")
    return written


def _choice(choice: ToolChoice | None, losses: Losses) -> Written:
    if choice is None:
        return {}
    if choice.mode not in ("auto", "none"):
        losses.need("tool_choice", choice.at, "the model cannot be told which tool to use")
    match choice.mode:
        case "required":
            return {"type": "any"}
        case "named":
            return {"type": "tool", "name": choice.name}
        case "allowed":
            return {"type": "any" if choice.required else "auto"}
        case mode:
            return {"type": mode}


def _allowed(tools: list[Written], choice: ToolChoice) -> list[Written]:
    found = [tool for tool in tools if tool["name"] in choice.allowed]
    if not found:
        raise Unable(choice.at, "tool_choice", "none of the allowed tools can be sent")
    return found


def _single(request: Request, losses: Losses) -> bool | None:
    """Several calls at once are what a provider does unasked."""
    parallel = request.parallel_tool_calls
    return None if parallel is None or (parallel and not losses.own) else not parallel
