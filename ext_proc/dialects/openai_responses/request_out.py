"""A request written for a provider.

In: a `Request` of any dialect and the model. Out: the body of POST /v1/responses and what was left out. Requests of
other dialects keep nothing at the provider: thoughts come back encrypted and travel with the conversation, where the
model is known to think or the client asks for thoughts.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Encoded, Model
from ext_proc.chat.parts import Part, Reasoning
from ext_proc.chat.refused_rest import check_rest
from ext_proc.chat.request import Request
from ext_proc.dialects.openai_responses.items_out import in_order, write_system, write_turn
from ext_proc.dialects.openai_responses.losses import Losses
from ext_proc.dialects.openai_responses.tools_out import write_choice, write_tools
from ext_proc.dialects.openai_responses.tuning_out import (
    without_taste,
    write_reasoning,
    write_sampling,
    write_text,
)
from ext_proc.dialects.openai_responses.words import ENCRYPTED, LOGPROBS, NAME, TIERS

_SHARED = (
    "safety_identifier",
    "prompt_cache_retention",
    "prompt_cache_options",
    "moderation",
    "truncation",
    "max_tool_calls",
)
"""Members other dialects spell the same and mean the same by."""


def encode_request(request: Request, model: Model) -> Encoded:
    check_rest(request, NAME)
    losses = Losses(request, model)
    request = without_taste(request, losses)
    body: dict[str, Any] = {"model": model.id}
    body |= _conversation(request, losses) | _tools(request, losses)
    body |= write_sampling(request, losses) | write_text(request, losses) | write_reasoning(request, losses)
    body |= _settings(request, losses)
    if request.stream:
        body["stream"] = True
    return Encoded(body=body, dropped=losses.dropped())


def _conversation(request: Request, losses: Losses) -> dict[str, Any]:
    instructions, placed = write_system(request, losses)
    placed += [each for turn in request.turns for each in write_turn(turn, losses)]
    items = in_order(placed) if losses.own else [item for _, item in placed]
    if instructions and not items and not losses.own:
        # The API answers no instructions alone.
        return {"input": [{"type": "message", "role": "developer", "content": instructions}]}
    return ({"instructions": instructions} if instructions else {}) | ({"input": items} if items else {})


def _tools(request: Request, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if tools := write_tools(request.tools, losses):
        written["tools"] = tools
    if not tools and not losses.own:
        # The API refuses words about tools where there are none.
        return written
    if request.tool_choice is not None:
        written["tool_choice"] = write_choice(request.tool_choice, request.tools, losses)
    if request.parallel_tool_calls is not None:
        written["parallel_tool_calls"] = request.parallel_tool_calls
    return written


def _settings(request: Request, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if metadata := _metadata(request, losses):
        written["metadata"] = metadata
    if request.cache_key:
        written["prompt_cache_key"] = request.cache_key
    if request.user:
        written["user"] = request.user
    if tier := _tier(request, losses):
        written["service_tier"] = tier
    return written | (_own_rest(request) if losses.own else _foreign_rest(request, losses))


def _metadata(request: Request, losses: Losses) -> dict[str, Any]:
    """Values are texts here."""
    texts = {name: value for name, value in request.metadata.items() if losses.own or isinstance(value, str)}
    if len(texts) < len(request.metadata):
        losses.member("metadata", "values must be texts")
    return texts


def _tier(request: Request, losses: Losses) -> str:
    tier = "default" if request.service_tier == "standard_only" else request.service_tier
    if not tier or losses.own or tier in TIERS:
        return tier
    losses.member("service_tier", "no such tier")
    return ""


def _own_rest(request: Request) -> dict[str, Any]:
    return {name: value for name, value in request.rest.items() if name not in ("text", "reasoning")}


def _thoughts_come_back(request: Request, losses: Losses) -> bool:
    """Whether to ask for them encrypted: not of a model that may refuse that."""
    if losses.thinks is not None:
        return losses.thinks
    asked = request.thinking is not None and request.thinking.enabled
    return asked or any(_is_ours(part) for turn in request.turns for part in turn.parts)


def _is_ours(part: Part) -> bool:
    return isinstance(part, Reasoning) and part.signature is not None and part.signature.origin == NAME


def _foreign_rest(request: Request, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {"store": False}
    include = [LOGPROBS] if request.sampling.logprobs else []
    if _thoughts_come_back(request, losses):
        include.append(ENCRYPTED)
    if include:
        written["include"] = include
    for name, value in request.rest.items():
        if name in _SHARED:
            written[name] = value
        elif name != "store" or value:
            losses.at(request.names.get(name, name), "the API has no such member")
    return written
