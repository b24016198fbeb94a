"""How much to think, written in the words of the model's maker.

In: a request, its limit of tokens and the model. Out: members beside the common ones, and the common `effort`.

| models                     | asked                                                                       |
| Claude with budgets        | `thinking: {type: enabled, budget_tokens}`, an effort as its budget         |
| Claude that decides itself | `thinking: {type: adaptive}` and `outputConfig.effort`                      |
| Nova 2                     | `reasoningConfig` with `maxReasoningEffort`; high only with no limits beside |
| gpt-oss                    | `reasoning_effort`                                                          |
| others                     | nothing, named as dropped                                                   |

A budget becomes smaller until it fits the limit of tokens, and with no room for the least budget nothing is thought.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Model
from ext_proc.chat.effort import budget_tokens, effort_of
from ext_proc.chat.request import Request, Thinking
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.words import Maker, is_adaptive, is_always_adaptive

Written = dict[str, Any]
_LEAST_BUDGET_TOKENS = 1024
_DEFAULT_MAX_TOKENS = 4096
_EFFORTS_OF_ANTHROPIC = ("low", "medium", "high", "xhigh", "max")
_THREE = ("low", "medium", "high")
EFFORT = "effort"
"""Member of what `write_thinking` returns that belongs into `outputConfig`."""


def write_thinking(request: Request, model: Model, losses: Losses, *, barred: str) -> Written:
    """`barred`: why Claude would refuse thoughts, "" = it would not."""
    thinking = request.thinking
    if thinking is None:
        return {}
    if not _wanted(thinking):
        return _off(thinking, model, losses)
    if losses.lacks("reasoning"):
        losses.at(thinking.at, "the model does not think")
        return {}
    match losses.maker:
        case Maker.ANTHROPIC:
            return _claude(thinking, request, model, losses, barred)
        case Maker.NOVA_2:
            return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": _nova_effort(thinking, request)}}
        case Maker.GPT_OSS:
            return {"reasoning_effort": _word(thinking, _THREE) or "medium"}
        case _:
            losses.at(thinking.at, "nothing is known of how the model thinks")
            return {}


def _wanted(thinking: Thinking) -> bool:
    return thinking.enabled and thinking.effort != "none" and thinking.budget_tokens != 0


def _off(thinking: Thinking, model: Model, losses: Losses) -> Written:
    """Claude with budgets and Nova think only when asked."""
    if is_always_adaptive(model) or losses.maker is Maker.GPT_OSS:
        losses.at(thinking.at, "the model always thinks")
        return {}
    return {"thinking": {"type": "disabled"}} if is_adaptive(model) else {}


def _claude(thinking: Thinking, request: Request, model: Model, losses: Losses, barred: str) -> Written:
    if barred:
        losses.at(thinking.at, barred)
        return {}
    if is_adaptive(model):
        effort = _word(thinking, _EFFORTS_OF_ANTHROPIC)
        return {"thinking": {"type": "adaptive"}} | ({EFFORT: effort} if effort else {})
    most = request.max_tokens or model.max_output_tokens or _wanted_tokens(thinking) + _DEFAULT_MAX_TOKENS
    if most <= _LEAST_BUDGET_TOKENS:
        losses.at(thinking.at, "the limit of tokens leaves no room for thoughts")
        return {}
    budget = max(_LEAST_BUDGET_TOKENS, min(_wanted_tokens(thinking), most * 3 // 4))
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _wanted_tokens(thinking: Thinking) -> int:
    if thinking.budget_tokens is not None and thinking.budget_tokens > 0:
        return thinking.budget_tokens
    return budget_tokens(thinking.effort or "medium")


def _word(thinking: Thinking, known: tuple[str, ...]) -> str:
    """The nearest effort; "" where nobody said one."""
    if thinking.budget_tokens is not None and thinking.budget_tokens > 0:
        return effort_of(thinking.budget_tokens, known)
    if not thinking.effort:
        return ""
    return effort_of(budget_tokens(thinking.effort), known)


def _nova_effort(thinking: Thinking, request: Request) -> str:
    effort = _word(thinking, _THREE) or "medium"
    sampling = request.sampling
    limits = (request.max_tokens, sampling.temperature, sampling.top_p)
    return "medium" if effort == "high" and any(limit is not None for limit in limits) else effort
