"""Tools of one dialect said in words every dialect has: text tools as functions, names without namespaces.

In: tools and calls as a client of the Responses dialect has them. Out: what the encoder of a dialect without them sends
instead, and what the client's encoder makes of the calls that come back. Both ways are found again from the client's
tools alone; nothing is remembered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

from ext_proc.chat.parts import ToolCall
from ext_proc.chat.request import AnyTool, CustomTool, Tool

INPUT = "input"
"""The one parameter of a function that stands for a tool whose input is text."""
_LONGEST_NAME = 64


def flat_name(namespace: str, name: str) -> str:
    """One name for a tool in a namespace, at most 64 characters; `name` itself without a namespace."""
    if not namespace:
        return name
    joined = f"{namespace}__{name}"
    if len(joined) <= _LONGEST_NAME:
        return joined
    return f"{joined[:51]}_{hashlib.sha256(joined.encode('utf-8', 'replace')).hexdigest()[:12]}"


def as_function(tool: CustomTool) -> Tool:
    """A text tool as a function; a grammar is told to the model, nobody enforces it."""
    grammar = (tool.format or {}).get("definition")
    told = f"The input follows this grammar ({(tool.format or {}).get('syntax')}):\n{grammar}" if grammar else ""
    schema = {"type": "object", "properties": {INPUT: {"type": "string"}}, "required": [INPUT]}
    described = "\n\n".join(words for words in (tool.description, told) if words)
    return Tool(name=tool.name, description=described, parameters=schema, namespace=tool.namespace, at=tool.at)


def wrapped(text: str) -> str:
    """The arguments of such a function for a text."""
    return json.dumps({INPUT: text}, ensure_ascii=False, separators=(",", ":"))


def unwrapped(arguments: str) -> str:
    """The text in the arguments of such a function; the arguments as they are where they have another form."""
    try:
        found = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    only = next(iter(found.values())) if isinstance(found, dict) and len(found) == 1 else None
    return only if isinstance(only, str) else arguments


def flat_call(call: ToolCall) -> ToolCall:
    """A call as a provider without text tools and namespaces has it."""
    arguments = wrapped(call.arguments) if call.custom else call.arguments
    return replace(call, name=flat_name(call.namespace, call.name), namespace="", custom=False, arguments=arguments)


def called_tool(call: ToolCall, tools: Iterable[AnyTool]) -> Tool | CustomTool | None:
    """The client's tool that a provider's call means."""
    known = [tool for tool in tools if isinstance(tool, Tool | CustomTool)]
    for tool in known:
        if (tool.namespace, tool.name) == (call.namespace, call.name):
            return tool
    flat = flat_name(call.namespace, call.name)
    return next((tool for tool in known if flat_name(tool.namespace, tool.name) == flat), None)
