"""The settings of a request written: `generationConfig` and the members around it.

In: a `Request` and the model's generation. Out: members of a body. A setting the API has not is named as dropped.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.effort import budget_tokens, effort_of
from ext_proc.chat.request import JsonOutput, Request, Thinking
from ext_proc.dialects.gemini.losses import Losses
from ext_proc.dialects.gemini.schemas_out import fitting_schema
from ext_proc.dialects.gemini.spelling import camel
from ext_proc.dialects.gemini.words import CONFIG, RAW

_TIERS = {"default": "standard", "standard_only": "standard", "standard": "standard"} | {
    word: word for word in ("flex", "priority")
}
_SHARED = ("safetySettings", "labels")
"""Members clients of other dialects may know by this API's name, in either spelling."""
_NO_SUCH = ("sampling.logit_bias", "user", "verbosity", "cache_key", "metadata")
_WORDS = {"none": 0, "minimal": 1, "low": 2, "medium": 3, "high": 4, "xhigh": 5, "max": 6}


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
    thinking = _own_members(request, losses, f"{CONFIG}.thinkingConfig") | _thinking(request.thinking, losses)
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


def _thinking(thinking: Thinking | None, losses: Losses) -> dict[str, Any]:
    if thinking is None:
        return {}
    kind = losses.generation.thinking
    if kind == "none" or losses.lacks("reasoning"):
        if thinking.enabled:
            losses.member("thinking", "the model does not think")
        return {}
    show = _shown(thinking, losses)
    shown = {} if show is None else {"includeThoughts": show}
    return shown | (_level(thinking, losses) if kind == "level" else _budget(thinking, losses))


def _shown(thinking: Thinking, losses: Losses) -> bool | None:
    """Dialects that count thinking in tokens show it unless told not to."""
    if thinking.summary:
        return True
    counted = thinking.enabled and (thinking.budget_tokens is not None or thinking.adaptive)
    return True if thinking.show is None and counted and not losses.own else thinking.show


def _level(thinking: Thinking, losses: Losses) -> dict[str, Any]:
    """This generation takes budgets of its own dialect's clients too, but never both."""
    levels = losses.generation.levels
    if not thinking.enabled and not losses.own:
        losses.member("thinking", "the model always thinks; it is told to think least")
        return {"thinkingLevel": levels[0].upper()}
    if thinking.effort and (losses.own or thinking.effort not in _WORDS):
        return {"thinkingLevel": thinking.effort.upper()}
    if thinking.effort:
        return {"thinkingLevel": _nearest(thinking.effort, levels).upper()}
    budget = thinking.budget_tokens
    if budget is None or (budget < 0 and not losses.own):
        return {}
    return {"thinkingBudget": budget} if losses.own else {"thinkingLevel": effort_of(budget, levels).upper()}


def _nearest(effort: str, levels: tuple[str, ...]) -> str:
    """The least level that is no less than asked for, else the highest."""
    return next((level for level in levels if _WORDS[level] >= _WORDS[effort]), levels[-1])


def _budget(thinking: Thinking, losses: Losses) -> dict[str, Any]:
    generation = losses.generation
    if losses.own and thinking.budget_tokens is not None:
        return {"thinkingBudget": thinking.budget_tokens}
    if not thinking.enabled or thinking.effort == "none":
        if not generation.always_thinks:
            return {"thinkingBudget": 0}
        losses.member("thinking", "the model always thinks; it is told to think least")
        return {"thinkingBudget": generation.least_tokens}
    if (budget := thinking.budget_tokens) is None:
        if not thinking.effort:
            return {"thinkingBudget": -1} if thinking.adaptive and not losses.own else {}
        budget = budget_tokens(thinking.effort)
    return {"thinkingBudget": -1 if budget < 0 else min(max(budget, generation.least_tokens), generation.most_tokens)}
