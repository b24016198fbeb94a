"""An answer in JSON, asked for.

In: the form a client wants. Out: `output_config.format` for models that can be held to a schema; else, and where there
is no schema, a tool the model must call: its input is the answer. Decoders know such a call by the tool's name and turn
it into text. A tool that the client forces itself goes first. Thinking is not possible beside a forced tool.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.closed_schema import closed
from ext_proc.chat.errors import Unable
from ext_proc.chat.request import JsonOutput
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.tools_out import FORCED
from ext_proc.dialects.anthropic_messages.words import JSON_TOOL

Written = dict[str, Any]
_DESCRIPTION = "Gives the answer. Always call this tool to answer; its input is all that is read."


def write_format(output: JsonOutput | None, losses: Losses) -> Written:
    """The member that holds a model to a schema; none where a tool must do."""
    if output is None or not _has_format(output, losses):
        return {}
    schema = output.schema or {}
    form = {"type": "json_schema", "schema": schema if losses.own else closed(schema)}
    return {"output_format": form} if output.at == "output_format" else {"output_config": {"format": form}}


def with_answer_tool(output: JsonOutput | None, tools: Written, losses: Losses) -> Written:
    """`tools` and `tool_choice`, with the tool that stands for the answer where one is needed."""
    if output is None or _has_format(output, losses):
        return tools
    for capability in ("tools", "tool_choice"):
        if losses.lacks(capability):
            raise Unable(output.at, "structured_output", "the model cannot be held to a form of answer")
    choice = tools.get("tool_choice", {"type": "auto"})
    if choice["type"] in FORCED:
        return tools
    if tools.get("tools") and choice["type"] == "auto":
        choice = {**choice, "type": "any"}
    else:
        choice = {"type": "tool", "name": JSON_TOOL, "disable_parallel_tool_use": True}
    return {"tools": [*tools.get("tools", ()), _tool(output)], "tool_choice": choice}


def _has_format(output: JsonOutput, losses: Losses) -> bool:
    return not losses.lacks("structured_output") and (losses.own or bool(output.schema))


def _tool(output: JsonOutput) -> Written:
    schema = output.schema or {}
    if schema.get("type", "object") != "object":
        raise Unable(output.at, "structured_output", "the model can be held to JSON objects only")
    return {
        "name": JSON_TOOL,
        "description": output.description or _DESCRIPTION,
        "input_schema": {**schema, "type": "object"},
    }
