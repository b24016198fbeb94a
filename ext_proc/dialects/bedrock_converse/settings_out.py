"""How the answer is made, written: `inferenceConfig` and what stands beside it.

In: a request, the model and whether it will think. Temperatures above 1 become 1. Newer models of Anthropic take a
temperature or a top_p, the newest neither; with thinking hardly anything may be said. `top_k` exists for Claude and
Nova only. What is left out is named, unless it says what is so anyway.
"""

from __future__ import annotations

import re
from typing import Any

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.request import Request
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.words import Maker, is_adaptive

Written = dict[str, Any]
_UNKNOWN = ("frequency_penalty", "presence_penalty", "seed", "logprobs", "top_logprobs", "logit_bias")
_NAMES = {"temperature": "temperature", "top_p": "topP"}
_LEAST_TOP_P_OF_THOUGHTS = 0.95
_TIERS = {
    "auto": "",
    "standard": "default",
    "standard_only": "default",
    "default": "default",
    "flex": "flex",
    "priority": "priority",
    "reserved": "reserved",
}
_MOST_METADATA = 16
_LOGGABLE_NAME = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}")
_LOGGABLE = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")


def write_inference(request: Request, model: Model, losses: Losses, *, thinks: bool) -> Written:
    """The common settings."""
    written: Written = {}
    if request.max_tokens is not None:
        most = model.max_output_tokens
        written["maxTokens"] = request.max_tokens if most is None else min(request.max_tokens, most)
    written |= _sampling(request, model, losses, thinks=thinks)
    if stop := _stop(request, losses):
        written["stopSequences"] = stop
    return written


def write_top_k(request: Request, model: Model, losses: Losses, *, thinks: bool) -> Written:
    """A member only some makers know."""
    top_k = request.sampling.top_k
    if top_k is None:
        return {}
    if losses.maker is Maker.ANTHROPIC and not thinks and not is_adaptive(model):
        return {"top_k": top_k}
    if losses.maker in (Maker.NOVA, Maker.NOVA_2):
        return {"inferenceConfig": {"topK": top_k}}
    losses.member("sampling.top_k", "the model has no such setting here")
    return {}


def write_service(request: Request, losses: Losses) -> Written:
    """Members beside the prompt, and the names of those that have no place."""
    written: Written = {}
    if request.service_tier:
        if (tier := _TIERS.get(request.service_tier)) is None:
            losses.member("service_tier", "no such tier")
        if tier:
            written["serviceTier"] = {"type": tier}
    if metadata := _metadata(request, losses):
        written["requestMetadata"] = metadata
    for name in ("user", "verbosity", "cache_key"):
        if getattr(request, name):
            losses.member(name, "the API has no such setting")
    return written


def _sampling(request: Request, model: Model, losses: Losses, *, thinks: bool) -> Written:
    sampling = request.sampling
    if sampling.choices is not None and sampling.choices > 1:
        at = request.names.get("sampling.choices", "n")
        raise Unable(at, "several_choices", "one answer only can be asked for")
    for name in _UNKNOWN:
        if getattr(sampling, name):
            losses.member(f"sampling.{name}", "the API has no such setting")
    said = {name: getattr(sampling, name) for name in _NAMES}
    found = {name: min(value, 1) for name, value in said.items() if value is not None}
    written: Written = {}
    for name, value in found.items():
        reason = _refused(name, found, adaptive=is_adaptive(model), thinks=thinks, maker=losses.maker)
        if not reason:
            written[_NAMES[name]] = value
        elif value != 1:
            losses.member(f"sampling.{name}", reason)
    return written


def _refused(name: str, said: dict[str, float], *, adaptive: bool, thinks: bool, maker: Maker) -> str:
    """Why Claude would not take it; "" = it would."""
    if maker is not Maker.ANTHROPIC:
        return ""
    if adaptive:
        return "the model has no such setting"
    if thinks and said[name] < (1 if name == "temperature" else _LEAST_TOP_P_OF_THOUGHTS):
        return "not beside thinking"
    if name == "top_p" and said.get("temperature", 1) != 1:
        return "not beside a temperature"
    return "the default" if name == "temperature" and said[name] == 1 and "top_p" in said else ""


def _stop(request: Request, losses: Losses) -> list[str]:
    if not all(each.strip() for each in request.stop):
        losses.member("stop", "the API has no stop sequences of white space")
    return [each for each in request.stop if each.strip()]


def _metadata(request: Request, losses: Losses) -> dict[str, str]:
    """What may stand in the provider's log of calls."""
    found: dict[str, str] = {}
    for name, value in request.metadata.items():
        legal = isinstance(value, str) and _LOGGABLE.fullmatch(value) and _LOGGABLE_NAME.fullmatch(name)
        if legal and len(found) < _MOST_METADATA:
            found[name] = value
        else:
            losses.member("metadata", "too much, or with characters the API does not take")
    return found
