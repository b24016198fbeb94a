"""Tools and the choice among them, read.

In: `tools` and `toolConfig`. Out: values of `chat.request`. A tool that Google runs is a `BuiltinTool` of one member.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ext_proc.chat.parts import Plain
from ext_proc.chat.request import AnyTool, BuiltinTool, Tool, ToolChoice
from ext_proc.dialects.gemini.schemas_in import json_schema
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.words import NAME, PURPOSES, RAW


def read_tools(body: Member) -> tuple[AnyTool, ...]:
    return tuple(tool for entry in body.members("tools") for tool in _read_entry(entry))


def read_choice(body: Member) -> ToolChoice | None:
    config = body.node("toolConfig")
    calling = config.node("functionCallingConfig") if config is not None else None
    if calling is None:
        return None
    allowed = tuple(_names(calling))
    extra = {RAW: calling.plain}
    match calling.text("mode").upper(), allowed:
        case "NONE", _:
            return ToolChoice(mode="none", extra=extra, at=calling.at)
        case "ANY", ():
            return ToolChoice(mode="required", extra=extra, at=calling.at)
        case "ANY", (name,):
            return ToolChoice(mode="named", name=name, extra=extra, at=calling.at)
        case mode, (_, *_):
            return ToolChoice(mode="allowed", allowed=allowed, required=mode == "ANY", extra=extra, at=calling.at)
        case _:
            return ToolChoice(mode="auto", extra=extra, at=calling.at)


def left_of_config(body: Member) -> dict[str, Any]:
    """The members of `toolConfig` that say nothing on the choice of a function."""
    config = body.node("toolConfig")
    return config.rest("functionCallingConfig") if config is not None else {}


def _names(calling: Member) -> Iterator[str]:
    for number, name in enumerate(calling.items("allowedFunctionNames")):
        if not isinstance(name, str):
            calling.wrong(f"allowedFunctionNames[{number}]", "must be a string")
        yield name


def _read_entry(entry: Member) -> Iterator[AnyTool]:
    for name, value in entry.plain.items():
        if name == "functionDeclarations":
            yield from (_read_function(node) for node in entry.members(name))
        elif value is not None:
            raw = {name: value}
            purpose = PURPOSES.get(name, "")
            yield BuiltinTool(origin=NAME, kind=name, raw=raw, purpose=purpose, at=entry.address(name))


def _read_function(node: Member) -> Tool:
    return Tool(
        name=node.needed_text("name"),
        description=node.text("description"),
        parameters=_parameters(node),
        extra=node.rest("name", "description", "parametersJsonSchema"),
        at=node.at,
    )


def _parameters(node: Member) -> Plain | None:
    if (schema := node.plain_object("parametersJsonSchema")) is not None:
        return schema
    written = node.plain_object("parameters")
    return None if written is None else json_schema(written, node.address("parameters"))
