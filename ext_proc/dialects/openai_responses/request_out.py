"""A request written for a provider.

In: a `Request` of any dialect and the model. Out: the body of POST /v1/responses and what was left out. Requests of
other dialects keep nothing at the provider: thoughts come back encrypted and travel with the conversation.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.effort import effort_of
from ext_proc.chat.errors import Unable
from ext_proc.chat.refused_rest import check_rest
from ext_proc.chat.request import JsonOutput, Request, Thinking
from ext_proc.dialects.openai_responses.items_out import write_system, write_turn
from ext_proc.dialects.openai_responses.losses import Losses
from ext_proc.dialects.openai_responses.tools_out import write_choice, write_tools
from ext_proc.dialects.openai_responses.words import ENCRYPTED, LOGPROBS, NAME

_LEAST_TOKENS = 16
"""The API refuses a smaller limit."""
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh")
_TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
_SHARED = (
    "safety_identifier",
    "prompt_cache_retention",
    "prompt_cache_options",
    "moderation",
    "truncation",
    "max_tool_calls",
)
"""Members other dialects spell the same and mean the same by."""
_UNKNOWN_SAMPLING = ("top_k", "frequency_penalty", "presence_penalty", "seed", "logit_bias")


def encode_request(request: Request, model: Model) -> Encoded:
    check_rest(request, NAME)
    losses = Losses(request, model)
    body: dict[str, Any] = {"model": model.id}
    body |= _conversation(request, losses) | _tools(request, losses)
    body |= _sampling(request, losses) | _text(request, losses) | _reasoning(request, losses)
    body |= _settings(request, losses)
    if request.stream:
        body["stream"] = True
    return Encoded(body=body, dropped=losses.dropped())


def _conversation(request: Request, losses: Losses) -> dict[str, Any]:
    instructions, items = write_system(request, losses)
    items += [item for turn in request.turns for item in write_turn(turn, losses)]
    return ({"instructions": instructions} if instructions else {}) | ({"input": items} if items else {})


def _tools(request: Request, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if request.tools:
        written["tools"] = write_tools(request.tools, losses)
    if request.tool_choice is not None:
        written["tool_choice"] = write_choice(request.tool_choice, request.tools, losses)
    if request.parallel_tool_calls is not None:
        written["parallel_tool_calls"] = request.parallel_tool_calls
    return written


def _sampling(request: Request, losses: Losses) -> dict[str, Any]:
    sampling = request.sampling
    if sampling.choices is not None and sampling.choices > 1:
        at = request.names.get("sampling.choices", "n")
        raise Unable(at, "several_choices", "one answer only can be asked for")
    for name in _UNKNOWN_SAMPLING:
        if getattr(sampling, name) is not None:
            losses.member(f"sampling.{name}", "the API has no such setting")
    if request.stop:
        losses.member("stop", "the API has no stop sequences")
    tokens = request.max_tokens
    if tokens is not None and not losses.own:
        tokens = max(tokens, _LEAST_TOKENS)
    found = {
        "max_output_tokens": tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_logprobs": sampling.top_logprobs,
    }
    return {name: value for name, value in found.items() if value is not None}


def _text(request: Request, losses: Losses) -> dict[str, Any]:
    text: dict[str, Any] = dict(request.rest.get("text", {})) if losses.own else {}
    if request.output is not None:
        losses.need("structured_output", request.output.at, "the model cannot be held to a form of answer")
        text["format"] = _format(request.output)
    if request.verbosity:
        text["verbosity"] = request.verbosity
    return {"text": text} if text else {}


def _format(output: JsonOutput) -> dict[str, Any]:
    if output.schema is None:
        return {"type": "json_object"}
    written: dict[str, Any] = {"type": "json_schema", "name": output.name or "answer", "schema": output.schema}
    if output.description:
        written["description"] = output.description
    if output.strict is not None:
        written["strict"] = output.strict
    return written


def _reasoning(request: Request, losses: Losses) -> dict[str, Any]:
    found: dict[str, Any] = dict(request.rest.get("reasoning", {})) if losses.own else {}
    if request.thinking is not None:
        if losses.lacks("reasoning") and not losses.own:
            if request.thinking.enabled:
                losses.member("thinking", "the model does not think")
            return {}
        found |= _thinking(request.thinking)
    return {"reasoning": found} if found else {}


def _thinking(thinking: Thinking) -> dict[str, Any]:
    """A budget becomes the word whose limit is not below it. Who wants to see thoughts is shown summaries."""
    if not thinking.enabled:
        return {"effort": "none"} | ({"summary": thinking.summary} if thinking.summary else {})
    written: dict[str, Any] = {}
    if thinking.effort:
        written["effort"] = thinking.effort
    elif thinking.budget_tokens is not None and thinking.budget_tokens >= 0:
        written["effort"] = effort_of(thinking.budget_tokens, _EFFORTS)
    if summary := thinking.summary or ("auto" if thinking.show else ""):
        written["summary"] = summary
    return written


def _settings(request: Request, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if request.metadata:
        written["metadata"] = dict(request.metadata)
    if request.cache_key:
        written["prompt_cache_key"] = request.cache_key
    if request.user:
        written["user"] = request.user
    if tier := _tier(request, losses):
        written["service_tier"] = tier
    return written | (_own_rest(request) if losses.own else _foreign_rest(request, losses))


def _tier(request: Request, losses: Losses) -> str:
    tier = "default" if request.service_tier == "standard_only" else request.service_tier
    if not tier or losses.own or tier in _TIERS:
        return tier
    losses.member("service_tier", "no such tier")
    return ""


def _own_rest(request: Request) -> dict[str, Any]:
    return {name: value for name, value in request.rest.items() if name not in ("text", "reasoning")}


def _foreign_rest(request: Request, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {"store": False}
    include = [LOGPROBS] if request.sampling.logprobs else []
    if not losses.lacks("reasoning"):
        include.append(ENCRYPTED)
    if include:
        written["include"] = include
    for name, value in request.rest.items():
        if name in _SHARED:
            written[name] = value
        elif name != "store" or value:
            losses.at(request.names.get(name, name), "the API has no such member")
    return written
