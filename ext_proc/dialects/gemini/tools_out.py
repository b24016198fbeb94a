"""Tools and the choice among them, written.

In: tools of any dialect. Out: `tools` and `toolConfig`. A search, a code sandbox or a page reader of another dialect
becomes Google's own; any other tool that a provider would run itself is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import as_function, called_tool, flat_name
from ext_proc.chat.parts import ToolCall
from ext_proc.chat.request import AnyTool, BuiltinTool, CustomTool, Request, Tool, ToolChoice
from ext_proc.dialects.gemini.config_out import own_tool_config
from ext_proc.dialects.gemini.losses import Losses
from ext_proc.dialects.gemini.schemas_out import fitting_schema
from ext_proc.dialects.gemini.words import NAME, RAW

Written = dict[str, Any]
_STAND_INS = {"web_search": "googleSearch", "code_execution": "codeExecution", "web_fetch": "urlContext"}
_ALL_FUNCTIONS = "functions"


def write_tools(tools: Sequence[AnyTool], losses: Losses) -> list[Written]:
    """All functions stand in one entry: some models take no more. Bodies of this dialect keep their entries."""
    if not losses.own and not losses.generation.joins_tools and _mixed(tools):
        at = next(tool.at for tool in tools if isinstance(tool, BuiltinTool))
        raise Unable(at, "builtin_tools", "the model takes functions or Google's own tools, not both")
    entries: dict[object, Written] = {}
    for tool in tools:
        if isinstance(tool, BuiltinTool):
            losses.need("builtin_tools", tool.at, "the provider runs no tools of its own")
            entries.setdefault(_entry_of(tool.at, losses) or tool.at, {}).update(_builtin(tool, losses))
        else:
            losses.need("tools", tool.at, "the model calls no tools")
            entry = entries.setdefault(_entry_of(tool.at, losses) or _ALL_FUNCTIONS, {})
            entry.setdefault("functionDeclarations", []).append(_function(tool, losses))
    return list(entries.values())


def write_tool_config(request: Request, losses: Losses) -> Written:
    config = own_tool_config(request, losses)
    if request.tool_choice is not None:
        config["functionCallingConfig"] = _choice(request.tool_choice, request.tools, losses)
    if losses.generation.mixes_tools and not losses.own and _mixed(request.tools):
        config["includeServerSideToolInvocations"] = True
    return config


def _entry_of(at: str, losses: Losses) -> str:
    return at.partition("]")[0] if losses.own else ""


def _mixed(tools: Iterable[AnyTool]) -> bool:
    return len({isinstance(tool, BuiltinTool) for tool in tools}) > 1


def _function(tool: Tool | CustomTool, losses: Losses) -> Written:
    if isinstance(tool, CustomTool):
        return _function(as_function(tool), losses)
    written: Written = {"name": flat_name(tool.namespace, tool.name)}
    if tool.description:
        written["description"] = tool.description
    if losses.own:
        schema = (
            {} if tool.parameters is None or "parameters" in tool.extra else {"parametersJsonSchema": tool.parameters}
        )
        return written | schema | dict(tool.extra)
    if tool.strict:
        losses.part(tool.at, "strict", "arguments cannot be held to a schema")
    if tool.cache:
        losses.cache_mark(tool.at)
    if tool.parameters and set(tool.parameters) - {"type", "properties"} | set(tool.parameters.get("properties") or ()):
        written["parametersJsonSchema"] = fitting_schema(tool.parameters)
    return written


def _builtin(tool: BuiltinTool, losses: Losses) -> Written:
    if tool.origin == NAME:
        return dict(tool.raw)
    if tool.purpose not in _STAND_INS:
        raise Unable(tool.at, "builtin_tools", "a tool that only its own API has")
    written: Written = {}
    for name, value in tool.raw.items():
        if name in ("type", "name") or not value:
            continue
        if name == "blocked_domains" and tool.purpose == "web_search":
            written["excludeDomains"] = value
        else:
            losses.part(tool.at, name, "Google's tool has no such setting")
    return {_STAND_INS[tool.purpose]: written}


def _choice(choice: ToolChoice, tools: Iterable[AnyTool], losses: Losses) -> Written:
    if choice.mode in ("required", "named", "allowed"):
        losses.need("tool_choice", choice.at, "the model cannot be told which tool to use")
    if losses.own and RAW in choice.extra:
        return dict(choice.extra[RAW])
    match choice.mode:
        case "auto" | "none":
            return {"mode": choice.mode.upper()}
        case "required":
            return {"mode": "ANY"}
        case "named":
            return {"mode": "ANY", "allowedFunctionNames": [_flat(choice.name, tools)]}
        case _:
            # VALIDATED is the only mode that limits the functions and still lets the model answer in words.
            mode = "ANY" if choice.required else "VALIDATED"
            return {"mode": mode, "allowedFunctionNames": [_flat(name, tools) for name in choice.allowed]}


def _flat(name: str, tools: Iterable[AnyTool]) -> str:
    tool = called_tool(ToolCall(id="", name=name, arguments=""), tools)
    if tool is None:
        tool = next((each for each in tools if not isinstance(each, BuiltinTool) and each.name == name), None)
    return flat_name(tool.namespace, tool.name) if tool is not None else name
