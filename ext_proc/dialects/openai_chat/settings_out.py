"""Limits, sampling and all other settings, written.

In: a request and the model. Out: members of the body. OpenAI's thinking models refuse most sampling settings, and
servers that are not OpenAI's often refuse members they do not know: to them only what everybody has is sent. What is
left out is named, unless it says what is so anyway.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ext_proc.chat.request import JsonOutput, Request
from ext_proc.dialects.openai_chat.families import family_of, is_mistral_api, newer_limit
from ext_proc.dialects.openai_chat.losses import Losses

Written = dict[str, Any]
_SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
    "choices": "n",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "logit_bias": "logit_bias",
}
"""`Sampling`'s member -> the body's."""
_NOT_BESIDE_THOUGHTS = {
    "temperature": 1,
    "top_p": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
    "top_logprobs": None,
    "logit_bias": None,
}
"""What OpenAI's thinking models refuse -> the value that says what is so anyway."""
_NOT_AT_MISTRAL = ("logprobs", "top_logprobs", "logit_bias")
_MOST_STOPS = 4
_LONGEST_NAME = 64
_TIERS = ("auto", "default", "flex", "scale", "priority", "fast")
_SHARED = ("safety_identifier", "prompt_cache_retention", "prompt_cache_options", "moderation", "prediction")
"""Members other dialects spell the same and mean the same by."""
_ELSEWHERE = ("reasoning", "thinking", "response_format", "stream_options")
"""Members of this dialect's `rest` that are written beside what was taken out of them."""


def write_limits(request: Request, losses: Losses) -> Written:
    written: Written = {}
    if request.max_tokens is not None:
        own = losses.own and request.names.get("max_tokens") == "max_completion_tokens"
        newer = newer_limit(losses.model) or own
        written["max_completion_tokens" if newer else "max_tokens"] = request.max_tokens
    if request.stop:
        written |= _stop(request.stop, losses)
    return written


def write_sampling(request: Request, losses: Losses) -> Written:
    written: Written = {}
    for name, member in _SAMPLING.items():
        value = getattr(request.sampling, name)
        if value is None:
            continue
        if losses.own or not (reason := _refused(name, losses)):
            written[_spelled(member, losses)] = value
        elif value != _NOT_BESIDE_THOUGHTS.get(name, ()):
            losses.member(f"sampling.{name}", reason)
    return written


def write_output(request: Request, losses: Losses) -> Written:
    if losses.own and "response_format" in request.rest:
        return {"response_format": request.rest["response_format"]}
    output = request.output
    if output is None:
        return {}
    losses.need("structured_output", output.at, "the model cannot be held to a form of answer")
    if output.schema is None:
        return {"response_format": {"type": "json_object"}}
    return {"response_format": {"type": "json_schema", "json_schema": _schema(output, losses)}}


def write_settings(request: Request, losses: Losses) -> Written:
    if losses.own:
        return _own_settings(request)
    openai = family_of(losses.model) != "compatible"
    written: Written = {}
    if request.user and is_mistral_api(losses.model):
        losses.member("user", "the API has no such member")
    elif request.user:
        written["user"] = _fitted(request.user)
    written |= _tier(request, losses, openai=openai) | _verbosity(request, losses)
    written |= _cache_key(request, losses, openai=openai) | _kept(request, losses, openai=openai)
    return written | _foreign_rest(request, losses, openai=openai)


def write_stream(request: Request, losses: Losses) -> Written:
    """Counts of tokens are always asked for; whether the client sees them is its own matter. Mistral tells them
    anyway."""
    if not request.stream:
        return {}
    if not losses.own and is_mistral_api(losses.model):
        return {"stream": True}
    left = request.rest.get("stream_options", {}) if losses.own else {}
    return {"stream": True, "stream_options": {**left, "include_usage": True}}


def _stop(stop: tuple[str, ...], losses: Losses) -> Written:
    family = "" if losses.own else family_of(losses.model)
    if family == "openai_reasoning":
        losses.member("stop", "the model has no stop sequences")
        return {}
    if family == "openai" and len(stop) > _MOST_STOPS:
        losses.member("stop", "more than four stop sequences")
        stop = stop[:_MOST_STOPS]
    return {"stop": list(stop)}


def _refused(name: str, losses: Losses) -> str:
    """Why the setting is not sent; "" = it is."""
    if name == "top_k":
        return "the API has no such setting"
    if name in _NOT_BESIDE_THOUGHTS and family_of(losses.model) == "openai_reasoning":
        return "not beside thinking"
    return "the API has no such setting" if name in _NOT_AT_MISTRAL and is_mistral_api(losses.model) else ""


def _spelled(member: str, losses: Losses) -> str:
    return "random_seed" if member == "seed" and not losses.own and is_mistral_api(losses.model) else member


def _schema(output: JsonOutput, losses: Losses) -> Written:
    written: Written = {"name": output.name or "answer", "schema": output.schema}
    if losses.own and not output.name:
        del written["name"]
    if output.description:
        written["description"] = output.description
    if output.strict is not None:
        written["strict"] = output.strict
    return written | (dict(output.extra) if losses.own else {})


def _own_settings(request: Request) -> Written:
    found = {
        "user": request.user,
        "service_tier": request.service_tier,
        "verbosity": request.verbosity,
        "prompt_cache_key": request.cache_key,
        "metadata": dict(request.metadata),
    }
    rest = {name: value for name, value in request.rest.items() if name not in _ELSEWHERE}
    return {name: value for name, value in found.items() if value} | rest


def _tier(request: Request, losses: Losses, *, openai: bool) -> Written:
    tier = "default" if request.service_tier == "standard_only" else request.service_tier
    if not tier or (tier in ("auto", "default") and not openai):
        return {}
    if tier in _TIERS and not is_mistral_api(losses.model):
        return {"service_tier": tier}
    losses.member("service_tier", "no such tier")
    return {}


def _verbosity(request: Request, losses: Losses) -> Written:
    if not request.verbosity or (family_of(losses.model) == "openai" and request.verbosity == "medium"):
        return {}
    if family_of(losses.model) == "openai_reasoning":
        return {"verbosity": request.verbosity}
    losses.member("verbosity", "the model has no such setting")
    return {}


def _cache_key(request: Request, losses: Losses, *, openai: bool) -> Written:
    if not request.cache_key:
        return {}
    if openai:
        return {"prompt_cache_key": _fitted(request.cache_key)}
    losses.member("cache_key", "the provider caches by itself")
    return {}


def _kept(request: Request, losses: Losses, *, openai: bool) -> Written:
    """Only answers that are kept have metadata; not to keep them is the default."""
    keeps = openai and request.rest.get("store") is True
    if request.metadata and not keeps:
        losses.member("metadata", "only answers that are kept have metadata")
    if not keeps:
        return {}
    return {"store": True} | ({"metadata": dict(request.metadata)} if request.metadata else {})


def _foreign_rest(request: Request, losses: Losses, *, openai: bool) -> Written:
    written: Written = {}
    for name, value in request.rest.items():
        if name in _SHARED and openai:
            written[name] = value
        elif not (name == "store" and (not value or openai)):
            losses.at(request.names.get(name, name), "the API has no such member")
    return written


def _fitted(name: str) -> str:
    """Longer names are refused; the same one always becomes the same."""
    return name if len(name) <= _LONGEST_NAME else hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
