"""How to answer, written: sampling, the form of the answer, how much to think.

In: a `Request`. Out: members of the body. Settings the API has not are named as dropped, as are those it refuses for
models that think: they choose their words themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ext_proc.chat.effort import effort_of
from ext_proc.chat.errors import Unable
from ext_proc.chat.request import JsonOutput, Request, Thinking
from ext_proc.dialects.openai_responses.losses import Losses

_LEAST_TOKENS = 16
"""The API refuses a smaller limit."""
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh")
_UNKNOWN_SAMPLING = ("top_k", "frequency_penalty", "presence_penalty", "seed", "logit_bias")
_TASTE = {"temperature": (None, 1), "top_p": (None, 1), "logprobs": (None, False), "top_logprobs": (None, 0)}
"""What models that think take no word on -> what is lost without being missed."""


def without_taste(request: Request, losses: Losses) -> Request:
    """The request as a model can take it."""
    silent = request.thinking is not None and not request.thinking.enabled
    if not losses.thinks or losses.own or silent:
        return request
    for name, unmissed in _TASTE.items():
        if getattr(request.sampling, name) not in unmissed:
            losses.member(f"sampling.{name}", "models that think have no such setting")
    nothing: dict[str, None] = dict.fromkeys(_TASTE)
    return replace(request, sampling=replace(request.sampling, **nothing))


def write_sampling(request: Request, losses: Losses) -> dict[str, Any]:
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


def write_text(request: Request, losses: Losses) -> dict[str, Any]:
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


def write_reasoning(request: Request, losses: Losses) -> dict[str, Any]:
    found: dict[str, Any] = dict(request.rest.get("reasoning", {})) if losses.own else {}
    if request.thinking is not None:
        if losses.thinks is False and not losses.own:
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
