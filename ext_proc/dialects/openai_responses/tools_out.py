"""Tools and the choice among them, written.

In: tools of any dialect. Out: the dialect's tools. A web search or a code sandbox of another dialect becomes OpenAI's
own; any other tool that a provider would run itself is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import as_function
from ext_proc.chat.request import AnyTool, BuiltinTool, CustomTool, Tool, ToolChoice
from ext_proc.dialects.openai_responses.content_out import mark_lost
from ext_proc.dialects.openai_responses.losses import Losses
from ext_proc.dialects.openai_responses.tools_in import NAMESPACE, RAW
from ext_proc.dialects.openai_responses.words import NAME

Written = dict[str, Any]
_NO_PARAMETERS = {"type": "object", "properties": {}}


def write_tools(tools: Iterable[AnyTool], losses: Losses) -> list[Written]:
    """Neighbours in one namespace are written as one. What items of this dialect bring along stays in them."""
    tools = [tool for tool in tools if not (losses.own and tool.at.startswith("input["))]
    written: list[Written] = []
    for namespace, group in groupby(tools, lambda tool: "" if isinstance(tool, BuiltinTool) else tool.namespace):
        found = list(group)
        inside = [_write_tool(tool, losses) for tool in found]
        written += [_namespace(namespace, found[0], inside)] if namespace else inside
    return written


def write_choice(choice: ToolChoice, tools: Iterable[AnyTool], losses: Losses) -> str | Written:
    if choice.mode in ("required", "named", "allowed"):
        losses.need("tool_choice", choice.at, "the model cannot be told which tool to use")
    if losses.own and RAW in choice.extra:
        return dict(choice.extra[RAW])
    kinds = {_name(tool): _kind(tool) for tool in tools}
    match choice.mode:
        case "auto" | "none" | "required":
            return choice.mode
        case "named":
            return _reference(choice.name, kinds)
        case _:
            mode = "required" if choice.required else "auto"
            return {
                "type": "allowed_tools",
                "mode": mode,
                "tools": [_reference(name, kinds) for name in choice.allowed],
            }


def _reference(name: str, kinds: Mapping[str, str]) -> Written:
    kind = kinds.get(name, "function")
    return {"type": kind, "name": name} if kind in ("function", "custom") else {"type": kind}


def _name(tool: AnyTool) -> str:
    return tool.kind if isinstance(tool, BuiltinTool) else tool.name


def _kind(tool: AnyTool) -> str:
    match tool:
        case Tool():
            return "function"
        case CustomTool():
            return "custom"
        case _:
            return tool.kind if tool.origin == NAME else _STAND_INS.get(tool.purpose, tool.kind)


def _write_tool(tool: AnyTool, losses: Losses) -> Written:
    match tool:
        case Tool():
            losses.need("tools", tool.at, "the model calls no tools")
            return _function(tool, losses)
        case CustomTool() if losses.lacks("custom_tools"):
            return _function(as_function(tool), losses)
        case CustomTool():
            return _custom(tool, losses)
        case _:
            losses.need("builtin_tools", tool.at, "the provider runs no tools of its own")
            return dict(tool.raw) if tool.origin == NAME else _stand_in(tool, losses)


def _function(tool: Tool, losses: Losses) -> Written:
    """Without a word on strictness this API is strict, others are not; it wants `properties` where others do not."""
    written: Written = {"type": "function", "name": tool.name}
    if tool.description:
        written["description"] = tool.description
    if tool.parameters is not None or not losses.own:
        written["parameters"] = tool.parameters if losses.own else {**_NO_PARAMETERS, **(tool.parameters or {})}
    if tool.strict is not None or not losses.own:
        written["strict"] = bool(tool.strict)
    if tool.cache and not losses.own:
        mark_lost(tool.at, losses)
    return written | _own_members(tool.extra, losses)


def _custom(tool: CustomTool, losses: Losses) -> Written:
    written: Written = {"type": "custom", "name": tool.name}
    if tool.description:
        written["description"] = tool.description
    if tool.format is not None:
        written["format"] = tool.format
    return written | _own_members(tool.extra, losses)


def _own_members(extra: Mapping[str, Any], losses: Losses) -> Written:
    return {name: value for name, value in extra.items() if name != NAMESPACE} if losses.own else {}


def _namespace(name: str, first: AnyTool, tools: list[Written]) -> Written:
    members = {} if isinstance(first, BuiltinTool) else first.extra.get(NAMESPACE, {})
    return {"type": "namespace", "name": name, "description": name, **members, "tools": tools}


_STAND_INS = {"web_search": "web_search", "code_execution": "code_interpreter"}


def _stand_in(tool: BuiltinTool, losses: Losses) -> Written:
    match tool.purpose:
        case "web_search":
            return _search(tool, losses)
        case "code_execution":
            return {"type": "code_interpreter", "container": {"type": "auto"}}
        case _:
            raise Unable(tool.at, "builtin_tools", "a tool that only its own API has")


def _search(tool: BuiltinTool, losses: Losses) -> Written:
    """Where to search and from where are kept; other limits are named as dropped."""
    written: Written = {"type": "web_search"}
    for name, value in tool.raw.items():
        match name, value:
            case "allowed_domains", list():
                written["filters"] = {"allowed_domains": value}
            case "user_location", {"type": "approximate", "approximate": dict() as place}:
                written["user_location"] = {"type": "approximate", **place}
            case "user_location", {"type": "approximate"}:
                written["user_location"] = value
            case "search_context_size", str():
                written["search_context_size"] = value
            case (("type" | "name"), _):
                pass
            case _ if value:
                losses.part(tool.at, name, "searches have no such limit")
    return written
