"""An answer in JSON, asked for.

In: the form a client wants. Out: `outputConfig.textFormat` for models that can be held to a schema; else, and where
there is no schema, a tool the model must call: its input is the answer. Decoders know such a call by the tool's name
and turn it into text. A tool that the client forces itself goes first. Thinking is not possible beside a forced tool.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.closed_schema import closed
from ext_proc.chat.errors import Unable
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.request import JsonOutput
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.words import JSON_TOOL

Written = dict[str, Any]
_DESCRIPTION = "Gives the answer. Always call this tool to answer; its input is all that is read."


def is_forced(tools: Written) -> bool:
    choice = tools.get("toolChoice", {})
    return "any" in choice or "tool" in choice


def write_format(output: JsonOutput | None, losses: Losses) -> Written:
    """The member that holds a model to a schema; none where a tool must do."""
    if output is None or not _has_format(output, losses):
        return {}
    schema = {"schema": _schema_text(output), "name": output.name or "answer"}
    if output.description:
        schema["description"] = output.description
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}


def _schema_text(output: JsonOutput) -> str:
    """Here alone a schema is text."""
    try:
        return dumps(closed(output.schema or {})).decode()
    except (ValueError, RecursionError):
        raise Unable(output.at, "structured_output", "the schema is no JSON, or too deep") from None


def with_answer_tool(output: JsonOutput | None, tools: Written, losses: Losses) -> Written:
    """`tools` and `toolChoice`, with the tool that stands for the answer where one is needed."""
    if output is None or _has_format(output, losses) or is_forced(tools):
        return tools
    for capability in ("tools", "tool_choice"):
        if losses.lacks(capability):
            raise Unable(output.at, "structured_output", "the model cannot be held to a form of answer")
    choice = {"any": {}} if tools else {"tool": {"name": JSON_TOOL}}
    return {"tools": [*tools.get("tools", ()), _tool(output)], "toolChoice": choice}


def _has_format(output: JsonOutput, losses: Losses) -> bool:
    return not losses.lacks("structured_output") and bool(output.schema)


def _tool(output: JsonOutput) -> Written:
    schema = output.schema or {}
    if schema.get("type", "object") != "object":
        raise Unable(output.at, "structured_output", "the model can be held to JSON objects only")
    described = output.description or _DESCRIPTION
    spec = {"name": JSON_TOOL, "description": described, "inputSchema": {"json": {**schema, "type": "object"}}}
    return {"toolSpec": spec}
