"""How much to think, written.

In: a request, its limit of tokens and the model. Out: `thinking`, and an effort for models that know it. A limit of
tokens is kept: a budget becomes smaller until it fits, and with no room for the least budget nothing is thought. A
forced tool excludes thinking, and so does, for models with budgets, a tool loop whose thoughts are lost. All of that is
named as dropped.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.dialect import Model
from ext_proc.chat.effort import budget_tokens, effort_of
from ext_proc.chat.parts import Plain
from ext_proc.chat.request import Request, Thinking
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.words import ADAPTIVE, ALWAYS_ADAPTIVE

Written = dict[str, Any]
_LEAST_BUDGET_TOKENS = 1024
_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def is_adaptive(model: Model) -> bool:
    return model.family in (ADAPTIVE, ALWAYS_ADAPTIVE)


def wants_thoughts(thinking: Thinking | None) -> bool:
    return thinking is not None and thinking.enabled and thinking.effort != "none" and thinking.budget_tokens != 0


def wanted_budget_tokens(thinking: Thinking) -> int:
    if thinking.budget_tokens is not None and thinking.budget_tokens > 0:
        return thinking.budget_tokens
    return budget_tokens(thinking.effort or "medium")


def write_thinking(request: Request, model: Model, losses: Losses, *, max_tokens: int, barred: str) -> Written:
    """`barred`: why the API would refuse thoughts, "" = it would not. Out: the members `thinking` and `effort`."""
    thinking = request.thinking
    if thinking is None:
        return {}
    if not wants_thoughts(thinking):
        return _off(thinking, model, losses)
    if barred or losses.lacks("reasoning"):
        losses.at(thinking.at, barred or "the model does not think")
        return {}
    if is_adaptive(model):
        return _adaptive(thinking, request.rest.get("thinking", {}), losses)
    if losses.own:
        return _own(thinking, request.rest.get("thinking", {}))
    return _budgeted(thinking, max_tokens, losses)


def _own(thinking: Thinking, left: Plain) -> Written:
    written: Written = {"effort": thinking.effort} if thinking.effort else {}
    if thinking.budget_tokens is not None:
        written["thinking"] = {"type": "enabled", "budget_tokens": thinking.budget_tokens}
    elif thinking.adaptive:
        written["thinking"] = {"type": "adaptive"}
    else:
        return written
    written["thinking"] |= _display(thinking.show) | dict(left)
    return written


def _off(thinking: Thinking, model: Model, losses: Losses) -> Written:
    effort = {"effort": thinking.effort} if losses.own and thinking.effort else {}
    if losses.lacks("reasoning"):
        return {}
    if model.family == ALWAYS_ADAPTIVE:
        losses.at(thinking.at, "the model always thinks")
        return effort
    return {"thinking": {"type": "disabled"}} | effort


def _adaptive(thinking: Thinking, left: Plain, losses: Losses) -> Written:
    """An effort alone, from a client of this dialect, switches nothing on."""
    if losses.own and thinking.budget_tokens is None:
        return _own(thinking, left)
    effort = "low" if thinking.effort == "minimal" else thinking.effort
    if not effort and thinking.budget_tokens is not None and thinking.budget_tokens > 0:
        effort = effort_of(thinking.budget_tokens, _EFFORTS)
    shown = True if thinking.summary else thinking.show
    written: Written = {"thinking": {"type": "adaptive"} | _display(shown) | (dict(left) if losses.own else {})}
    return written | ({"effort": effort} if effort else {})


def _budgeted(thinking: Thinking, max_tokens: int, losses: Losses) -> Written:
    """At most three quarters of the limit: the answer needs some of it."""
    if max_tokens <= _LEAST_BUDGET_TOKENS:
        losses.at(thinking.at, "the limit of tokens leaves no room for thoughts")
        return {}
    budget = max(_LEAST_BUDGET_TOKENS, min(wanted_budget_tokens(thinking), max_tokens * 3 // 4))
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _display(show: bool | None) -> Written:
    return {} if show is None else {"display": "summarized" if show else "omitted"}
