"""The settings of a request written: `generationConfig` and the members around it.

In: a `Request` and the model's generation. Out: members of a body. A setting the API has not is named as dropped.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.request import JsonOutput, Request
from ext_proc.dialects.gemini.losses import Losses
from ext_proc.dialects.gemini.schemas_out import fitting_schema
from ext_proc.dialects.gemini.spelling import camel
from ext_proc.dialects.gemini.thinking_out import write_thinking
from ext_proc.dialects.gemini.words import CONFIG, RAW

_TIERS = {"default": "standard", "standard_only": "standard", "standard": "standard"} | {
    word: word for word in ("flex", "priority")
}
_SHARED = ("safetySettings", "labels")
"""Members clients of other dialects may know by this API's name, in either spelling."""
_NO_SUCH = ("sampling.logit_bias", "user", "verbosity", "cache_key", "metadata")


def write_config(request: Request, losses: Losses) -> dict[str, Any]:
    sampling = request.sampling
    found = {
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "frequencyPenalty": sampling.frequency_penalty,
        "presencePenalty": sampling.presence_penalty,
        "seed": sampling.seed,
        "candidateCount": sampling.choices,
        "responseLogprobs": sampling.logprobs,
        "logprobs": sampling.top_logprobs,
        "maxOutputTokens": request.max_tokens,
        "stopSequences": list(request.stop) or None,
    }
    written = {name: value for name, value in found.items() if value is not None}
    written |= _own_members(request, losses, CONFIG)
    if request.output is not None:
        losses.need("structured_output", request.output.at, "the model cannot be held to a form of answer")
        written |= _output(request.output, losses)
    thinking = _own_members(request, losses, f"{CONFIG}.thinkingConfig") | write_thinking(request.thinking, losses)
    return {CONFIG: written | ({"thinkingConfig": thinking} if thinking else {})} if written or thinking else {}


def write_settings(request: Request, losses: Losses) -> dict[str, Any]:
    for name in _NO_SUCH:
        if _value(request, name) and not (losses.own and name == "metadata"):
            losses.member(name, "the API has no such setting")
    if request.parallel_tool_calls is False:
        losses.member("parallel_tool_calls", "several calls at once cannot be forbidden")
    tier = _tier(request, losses)
    written: dict[str, Any] = {"serviceTier": tier} if tier else {}
    if losses.own:
        labels = {"labels": dict(request.metadata)} if request.metadata else {}
        return written | labels | {name: value for name, value in request.rest.items() if "." not in name}
    return written | _foreign_rest(request, losses)


def _value(request: Request, name: str) -> object:
    head, _, tail = name.partition(".")
    found = getattr(request, head)
    return getattr(found, tail) if tail else found


def _own_members(request: Request, losses: Losses, place: str) -> dict[str, Any]:
    """The members of `place` that only this dialect has."""
    if not losses.own:
        return {}
    named = ((name.removeprefix(f"{place}."), value) for name, value in request.rest.items() if name.startswith(place))
    return {name: value for name, value in named if "." not in name}


def own_tool_config(request: Request, losses: Losses) -> dict[str, Any]:
    return _own_members(request, losses, "toolConfig")


def _foreign_rest(request: Request, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, value in request.rest.items():
        if camel(name) in _SHARED:
            written[camel(name)] = value
        else:
            losses.at(request.names.get(name, name), "the API has no such member")
    return written


def _tier(request: Request, losses: Losses) -> str:
    tier = request.service_tier
    if losses.own or tier in ("", "auto"):
        return tier if losses.own else ""
    if tier not in _TIERS:
        losses.member("service_tier", "no such tier")
    return _TIERS.get(tier, "")


def _output(output: JsonOutput, losses: Losses) -> dict[str, Any]:
    """A schema's name, description and strictness steer nothing here: every schema is kept to."""
    typed = {"responseMimeType": "application/json"}
    if output.schema is None:
        return typed
    if losses.own:
        return typed | (output.extra.get(RAW) or {"responseJsonSchema": output.schema})
    return typed | {"responseJsonSchema": fitting_schema(output.schema)}
