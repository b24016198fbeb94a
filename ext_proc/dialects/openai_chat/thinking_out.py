"""How much to think, written.

In: a request and the model. Out: `reasoning_effort`, or for clients of this dialect the member they used. A budget
becomes the word whose limit is not below it; a word the model does not know the nearest one it does.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.effort import effort_of
from ext_proc.chat.request import Request, Thinking
from ext_proc.dialects.openai_chat.families import family_of, fitting_effort, is_mistral_api
from ext_proc.dialects.openai_chat.losses import Losses
from ext_proc.dialects.openai_chat.thinking_in import EFFORT, OBJECT, SWITCH

Written = dict[str, Any]


def write_thinking(request: Request, losses: Losses) -> Written:
    thinking = request.thinking
    if losses.own:
        return _own(request, thinking)
    if thinking is None:
        return {}
    if thinking.summary:
        losses.member("thinking.summary", "thoughts cannot be asked for")
    if losses.lacks("reasoning") or family_of(losses.model) == "openai" or is_mistral_api(losses.model):
        if thinking.enabled:
            losses.at(thinking.at, "the model does not think")
        return {}
    effort = fitting_effort(asked, losses.model) if (asked := _effort(thinking, losses)) else ""
    if asked and not effort:
        losses.at(thinking.at, "the model always thinks")
    return {EFFORT: effort} if effort else {}


def _effort(thinking: Thinking, losses: Losses) -> str:
    """ "" leaves it to the model. Some models of OpenAI do not think unless told how much."""
    if not thinking.enabled or thinking.effort == "none":
        return "none"
    if thinking.effort:
        return thinking.effort
    if thinking.budget_tokens is not None and thinking.budget_tokens >= 0:
        return effort_of(thinking.budget_tokens)
    left_open = thinking.adaptive and (bool(thinking.summary) or family_of(losses.model) == "compatible")
    return "" if left_open else "medium"


def _own(request: Request, thinking: Thinking | None) -> Written:
    written = {name: request.rest[name] for name in (OBJECT, SWITCH) if name in request.rest}
    match thinking.at if thinking is not None else "":
        case "reasoning_effort" if thinking is not None:
            written[EFFORT] = thinking.effort
        case "reasoning" if thinking is not None:
            written[OBJECT] = _object(thinking) | written.get(OBJECT, {})
        case "thinking" if thinking is not None:
            kind = "adaptive" if thinking.adaptive else "enabled" if thinking.enabled else "disabled"
            budget = {} if thinking.budget_tokens is None else {"budget_tokens": thinking.budget_tokens}
            written[SWITCH] = {"type": kind, **budget} | written.get(SWITCH, {})
        case _:
            pass
    return written


def _object(thinking: Thinking) -> Written:
    written: Written = {}
    if thinking.effort:
        written["effort"] = thinking.effort
    if thinking.budget_tokens is not None:
        written["max_tokens"] = thinking.budget_tokens
    if not thinking.enabled and thinking.effort != "none":
        written["enabled"] = False
    elif thinking.adaptive and thinking.show is None:
        written["enabled"] = True
    if thinking.show is not None:
        written["exclude"] = not thinking.show
    return written
