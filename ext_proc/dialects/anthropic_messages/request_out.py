"""A request written for a provider.

In: a `Request` of any dialect and the model. Out: the body of POST /v1/messages, the header that asks for the features
its client asked for, and what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.refused_rest import check_rest
from ext_proc.chat.request import Request
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.marks import keep_last_marks
from ext_proc.dialects.anthropic_messages.output_out import with_answer_tool, write_format
from ext_proc.dialects.anthropic_messages.sampling_out import write_sampling
from ext_proc.dialects.anthropic_messages.thinking_out import (
    is_adaptive,
    wanted_budget_tokens,
    wants_thoughts,
    write_thinking,
)
from ext_proc.dialects.anthropic_messages.tools_out import FORCED, write_tools
from ext_proc.dialects.anthropic_messages.turns_out import write_turns
from ext_proc.dialects.anthropic_messages.words import BETA, NAME

Written = dict[str, Any]
DEFAULT_MAX_TOKENS = 4096
_TIERS = {"auto": "auto", "priority": "auto", "standard_only": "standard_only", "default": "standard_only"}
_OFF = {"type": "disabled"}
_SPREAD = (BETA, "thinking", "output_config")
"""Members of `rest` that are written elsewhere."""


def encode_request(request: Request, model: Model) -> Encoded:
    check_rest(request, NAME)
    losses = Losses(request, model)
    body: Written = {"model": model.id, "max_tokens": _max_tokens(request, model, losses)}
    body |= write_turns(request, losses)
    body |= with_answer_tool(request.output, write_tools(request, losses), losses)
    body |= _thoughts_and_format(request, model, body, losses)
    body |= write_sampling(
        request, model, losses, thinks=body.get("thinking", {}).get("type") in ("enabled", "adaptive")
    )
    body |= _settings(request, losses)
    keep_last_marks(body, losses)
    return Encoded(body=body, dropped=losses.dropped(), headers=_headers(request, losses))


def _max_tokens(request: Request, model: Model, losses: Losses) -> int:
    """The API wants a limit; where nobody knows one, an answer and its thoughts get room."""
    asked, most = request.max_tokens, model.max_output_tokens
    if asked is not None:
        return asked if losses.own or most is None else min(asked, most)
    if most is not None:
        return most
    thinking = request.thinking
    room = wanted_budget_tokens(thinking) if thinking is not None and wants_thoughts(thinking) else 0
    return DEFAULT_MAX_TOKENS + room


def _thoughts_and_format(request: Request, model: Model, body: Written, losses: Losses) -> Written:
    barred = _barred(request, model, body, losses)
    found = write_thinking(request, model, losses, max_tokens=body["max_tokens"], barred=barred)
    form = write_format(request.output, losses)
    config = dict(request.rest.get("output_config", {})) if losses.own else {}
    config |= form.pop("output_config", {})
    if effort := found.pop("effort", ""):
        config["effort"] = effort
    return found | form | ({"output_config": config} if config else {})


def _barred(request: Request, model: Model, body: Written, losses: Losses) -> str:
    """Why thoughts would be refused. What a client of this dialect combined itself is its own matter."""
    choice = body.get("tool_choice", {}).get("type")
    asked = request.tool_choice.mode if request.tool_choice else "auto"
    if choice in FORCED and not (losses.own and asked in ("required", "named")):
        return "not beside a forced tool"
    if not is_adaptive(model) and (losses.thoughts or not losses.own) and _lost_loop(body["messages"]):
        return "the thoughts before the tool call are lost"
    return ""


def _lost_loop(messages: Sequence[Written]) -> bool:
    """The conversation goes on after tools were called, and the calls' turn does not begin with a thought."""
    if len(messages) < 2 or not _kinds(messages[-1]) & {"tool_result"}:
        return False
    calls = messages[-2]["content"]
    return "tool_use" in _kinds(messages[-2]) and calls[0]["type"] not in ("thinking", "redacted_thinking")


def _kinds(message: Written) -> set[str]:
    content = message.get("content")
    return {block["type"] for block in content} if isinstance(content, list) else set()


def _settings(request: Request, losses: Losses) -> Written:
    written: Written = {}
    if request.stop:
        written["stop_sequences"] = _stop(request, losses)
    metadata = dict(request.metadata) if losses.own else {}
    if request.user:
        metadata["user_id"] = request.user
    if metadata:
        written["metadata"] = metadata
    if request.service_tier and (tier := _tier(request, losses)):
        written["service_tier"] = tier
    if request.stream:
        written["stream"] = True
    if losses.own:
        return written | {name: value for name, value in request.rest.items() if name not in _SPREAD}
    _name_the_rest(request, losses)
    return {name: value for name, value in written.items() if value}


def _stop(request: Request, losses: Losses) -> list[str]:
    if losses.own:
        return list(request.stop)
    if not all(each.strip() for each in request.stop):
        losses.member("stop", "the API has no stop sequences of white space")
    return [each for each in request.stop if each.strip()]


def _tier(request: Request, losses: Losses) -> str:
    if losses.own:
        return request.service_tier
    if request.service_tier not in _TIERS:
        losses.member("service_tier", "no such tier")
    return _TIERS.get(request.service_tier, "")


def _name_the_rest(request: Request, losses: Losses) -> None:
    """Nothing is kept at the provider anyway."""
    for name, known in (
        ("metadata", bool(request.metadata)),
        ("verbosity", bool(request.verbosity)),
        ("cache_key", bool(request.cache_key)),
    ):
        if known:
            losses.member(name, "the API has no such setting")
    for name, value in request.rest.items():
        if name != "store" or value:
            losses.at(request.names.get(name, name), "the API has no such member")


def _headers(request: Request, losses: Losses) -> dict[str, str]:
    beta = request.rest.get(BETA)
    return {BETA: beta} if losses.own and isinstance(beta, str) else {}
