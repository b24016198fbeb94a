"""A request written for a provider.

In: a `Request` of any dialect and the model. Out: the body of a generateContent or streamGenerateContent call and what
was left out. Model and method stand in the path, which is not written here.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.refused_rest import check_rest
from ext_proc.chat.request import Request
from ext_proc.dialects.gemini.config_out import write_config, write_settings
from ext_proc.dialects.gemini.losses import Losses
from ext_proc.dialects.gemini.tools_out import write_tool_config, write_tools
from ext_proc.dialects.gemini.turns_out import write_system, write_turns
from ext_proc.dialects.gemini.words import NAME


def encode_request(request: Request, model: Model) -> Encoded:
    check_rest(request, NAME)
    losses = Losses(request, model)
    if (request.sampling.choices or 1) > 1:
        at = request.names.get("sampling.choices", "n")
        losses.need("several_choices", at, "the model gives one answer only")
    body: dict[str, Any] = {"contents": write_turns(request, losses)}
    if not body["contents"]:
        raise Unable(request.names.get("turns", "messages"), "content", "there is nothing to answer")
    body |= write_system(request.system, losses) | _tools(request, losses)
    body |= write_config(request, losses) | write_settings(request, losses)
    return Encoded(body=body, dropped=losses.dropped())


def _tools(request: Request, losses: Losses) -> dict[str, Any]:
    if request.tools and request.output is not None and not (losses.own or losses.generation.joins_tools):
        raise Unable(request.output.at, "structured_output", "the model calls functions or answers in JSON, not both")
    tools, config = write_tools(request.tools, losses), write_tool_config(request, losses)
    return ({"tools": tools} if tools else {}) | ({"toolConfig": config} if config else {})
