"""Tools and the choice among them, written.

In: tools of any dialect. Out: `tools`, `tool_choice`, `parallel_tool_calls`, `web_search_options`. Text tools become
functions for models that do not know them, names in namespaces one name. A choice among some tools is, for servers
without it, all the tools there are. Tools a provider would run itself are refused, but for a search where the model is
one that searches.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import as_function, flat_name
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import AnyTool, BuiltinTool, CustomTool, Request, Tool, ToolChoice
from ext_proc.dialects.openai_chat.content_out import cache_of
from ext_proc.dialects.openai_chat.families import calls_one_by_one, family_of, searches, takes_text_tools
from ext_proc.dialects.openai_chat.losses import Losses
from ext_proc.dialects.openai_chat.tools_in import RAW, grammar_out, is_legacy
from ext_proc.dialects.openai_chat.words import LEGACY, NAME, WEB_SEARCH

Written = dict[str, Any]
_NO_PARAMETERS: Written = {"type": "object", "properties": {}}


def write_tools(request: Request, losses: Losses) -> Written:
    """All members about tools."""
    written: Written = {}
    for tool in request.tools:
        name, found = _write_tool(tool, losses)
        if name == WEB_SEARCH:
            written[name] = found
        else:
            written.setdefault(name, []).append(found)
    if losses.own:
        return written | _own_choice(request)
    if "tools" not in written:
        return written | _choice_without_tools(request, losses)
    return written | _choice(request, written["tools"], losses) | _parallel(request, losses)


def _own_choice(request: Request) -> Written:
    written: Written = {}
    choice = request.tool_choice
    if choice is not None:
        legacy = choice.extra.get(LEGACY)
        named = {"name": choice.name} if choice.mode == "named" else choice.mode
        written["function_call" if legacy else "tool_choice"] = choice.extra.get(RAW, named)
    if request.parallel_tool_calls is not None and not is_legacy(request.tools):
        written["parallel_tool_calls"] = request.parallel_tool_calls
    return written


def _choice_without_tools(request: Request, losses: Losses) -> Written:
    """The API refuses a choice among no tools; what asks for none asks for nothing."""
    choice = request.tool_choice
    if choice is not None and choice.mode not in ("auto", "none"):
        losses.at(choice.at, "there are no tools to choose from")
    return {}


def _choice(request: Request, tools: list[Written], losses: Losses) -> Written:
    choice = request.tool_choice
    if choice is None:
        return {}
    if choice.mode in ("required", "named", "allowed"):
        losses.need("tool_choice", choice.at, "the model cannot be told which tool to use")
    match choice.mode:
        case "auto" | "none" | "required":
            return {"tool_choice": choice.mode}
        case "named":
            return {"tool_choice": _reference(choice.name, request.tools, tools)}
        case _:
            return _allowed(choice, request.tools, tools, losses)


def _allowed(choice: ToolChoice, known: tuple[AnyTool, ...], tools: list[Written], losses: Losses) -> Written:
    mode = "required" if choice.required else "auto"
    references = [_reference(name, known, tools) for name in choice.allowed]
    if family_of(losses.model) != "compatible":
        return {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": references}}}
    names = {_name_of(each) for each in references}
    return {"tools": [tool for tool in tools if _name_of(tool) in names], "tool_choice": mode}


def _reference(name: str, known: tuple[AnyTool, ...], tools: list[Written]) -> Written:
    """A tool by the name it was written with."""
    found = next((tool for tool in known if not isinstance(tool, BuiltinTool) and tool.name == name), None)
    flat = name if found is None else flat_name(found.namespace, found.name)
    kind = next((str(tool["type"]) for tool in tools if _name_of(tool) == flat), "function")
    return {"type": kind, kind: {"name": flat}}


def _name_of(written: Plain) -> str:
    return str(written[written["type"]]["name"])


def _parallel(request: Request, losses: Losses) -> Written:
    if request.parallel_tool_calls is None:
        return {}
    if calls_one_by_one(losses.model):
        losses.member("parallel_tool_calls", "the model has no such setting")
        return {}
    return {"parallel_tool_calls": request.parallel_tool_calls}


def _write_tool(tool: AnyTool, losses: Losses) -> tuple[str, Written]:
    """The member it belongs to, and the tool."""
    match tool:
        case Tool():
            losses.need("tools", tool.at, "the model calls no tools")
            legacy = losses.own and tool.extra.get(LEGACY)
            return ("functions", _inner(tool, losses)) if legacy else ("tools", _function(tool, losses))
        case CustomTool() if losses.own or (takes_text_tools(losses.model) and not losses.lacks("custom_tools")):
            return "tools", _custom(tool, losses)
        case CustomTool():
            return "tools", _function(as_function(tool), losses)
        case _:
            return _builtin(tool, losses)


def _function(tool: Tool, losses: Losses) -> Written:
    outer = _outer(tool.extra, "function", losses)
    cached = {} if losses.own else cache_of(tool.cache, tool.at, losses)
    return {"type": "function", "function": _inner(tool, losses), **cached, **outer}


def _inner(tool: Tool, losses: Losses) -> Written:
    written: Written = {"name": tool.name if losses.own else flat_name(tool.namespace, tool.name)}
    if tool.description:
        written["description"] = tool.description
    if tool.parameters is not None or not losses.own:
        written["parameters"] = tool.parameters or _NO_PARAMETERS
    if tool.strict is not None:
        written["strict"] = tool.strict
    return written | (dict(tool.extra.get("function", {})) if losses.own else {})


def _custom(tool: CustomTool, losses: Losses) -> Written:
    inner: Written = {"name": tool.name if losses.own else flat_name(tool.namespace, tool.name)}
    if tool.description:
        inner["description"] = tool.description
    if tool.format is not None:
        inner["format"] = grammar_out(tool.format)
    if losses.own:
        inner |= tool.extra.get("custom", {})
    return {"type": "custom", "custom": inner, **_outer(tool.extra, "custom", losses)}


def _outer(extra: Plain, inner: str, losses: Losses) -> Written:
    return {name: value for name, value in extra.items() if name not in (inner, LEGACY)} if losses.own else {}


def _builtin(tool: BuiltinTool, losses: Losses) -> tuple[str, Written]:
    if tool.origin == NAME:
        return (WEB_SEARCH if tool.kind == WEB_SEARCH else "tools"), dict(tool.raw)
    losses.need("builtin_tools", tool.at, "the provider runs no tools of its own")
    if tool.purpose == "web_search" and searches(losses.model):
        return WEB_SEARCH, _search(tool, losses)
    raise Unable(tool.at, "builtin_tools", "the chat API runs no tools but searches of models made for it")


def _search(tool: BuiltinTool, losses: Losses) -> Written:
    """Where from and how much are kept; limits are named as dropped."""
    written: Written = {}
    for name, value in tool.raw.items():
        match name, value:
            case "user_location", {"type": "approximate", **place}:
                known = {key: each for key, each in place.items() if each is not None}
                written["user_location"] = {"type": "approximate", "approximate": known}
            case "search_context_size", str():
                written["search_context_size"] = value
            case (("type" | "name"), _):
                pass
            case _ if value:
                losses.part(tool.at, name, "searches have no such limit")
    return written
