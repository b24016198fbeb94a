"""A request written for Bedrock.

In: a `Request` of any dialect and the model. Out: the body of POST /model/{id}/converse or converse-stream, and what
was left out. The model stands in the path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.refused_rest import check_rest
from ext_proc.chat.request import Request
from ext_proc.dialects.bedrock_converse.caching import keep_last_points
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.output_out import is_forced, with_answer_tool, write_format
from ext_proc.dialects.bedrock_converse.settings_out import write_inference, write_service, write_top_k
from ext_proc.dialects.bedrock_converse.thinking_out import EFFORT, write_thinking
from ext_proc.dialects.bedrock_converse.tools_out import write_tools
from ext_proc.dialects.bedrock_converse.turns_out import write_turns
from ext_proc.dialects.bedrock_converse.words import NAME, Maker, is_adaptive

Written = dict[str, Any]
WHICH_SEQUENCE = "/stop_sequence"
"""Where Claude says which stop sequence ended the answer."""


def encode_request(request: Request, model: Model) -> Encoded:
    check_rest(request, NAME)
    losses = Losses(request, model)
    body: Written = write_turns(request, losses)
    tools = with_answer_tool(request.output, write_tools(request, losses), losses)
    beside = write_thinking(request, model, losses, barred=_barred(model, tools, body["messages"], losses))
    effort = {EFFORT: beside.pop(EFFORT)} if EFFORT in beside else {}
    thinks = beside.get("thinking", {}).get("type") in ("enabled", "adaptive")
    beside |= write_top_k(request, model, losses, thinks=thinks)
    members: Written = {
        "inferenceConfig": write_inference(request, model, losses, thinks=thinks),
        "toolConfig": tools,
        "outputConfig": write_format(request.output, losses) | effort,
        "additionalModelRequestFields": beside,
        "additionalModelResponseFieldPaths": _paths(request, losses),
        **write_service(request, losses),
        **_rest(request, losses),
    }
    body |= {name: value for name, value in members.items() if value}
    keep_last_points(body, losses)
    return Encoded(body=body, dropped=losses.dropped())


def _barred(model: Model, tools: Written, messages: Sequence[Written], losses: Losses) -> str:
    """Why Claude would refuse thoughts."""
    if is_forced(tools):
        return "not beside a forced tool"
    if losses.thoughts and not is_adaptive(model) and _in_tool_loop(messages):
        return "the thoughts before the tool call are lost"
    return ""


def _in_tool_loop(messages: Sequence[Written]) -> bool:
    """Tools were called, and the turn of the calls does not begin with a thought."""
    if not any("toolResult" in block for block in messages[-1]["content"]):
        return False
    return "reasoningContent" not in messages[-2]["content"][0]


def _paths(request: Request, losses: Losses) -> list[str]:
    return [WHICH_SEQUENCE] if request.stop and losses.maker is Maker.ANTHROPIC else []


def _rest(request: Request, losses: Losses) -> Written:
    """Nothing is kept at the provider anyway."""
    if request.origin == NAME:
        return dict(request.rest)
    for name, value in request.rest.items():
        if name != "store" or value:
            losses.at(request.names.get(name, name), "the API has no such member")
    return {}
