"""How much to think, written for a generation of models: as a level, or as a budget of tokens.

In: a client's wish and the model's generation. Out: members of `thinkingConfig`. What cannot be had is named as
dropped, and the nearest to it asked for.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.effort import budget_tokens, effort_of
from ext_proc.chat.request import Thinking
from ext_proc.dialects.gemini.losses import Losses

_WORDS = {"none": 0, "minimal": 1, "low": 2, "medium": 3, "high": 4, "xhigh": 5, "max": 6}


def write_thinking(thinking: Thinking | None, losses: Losses) -> dict[str, Any]:
    if thinking is None:
        return {}
    kind = losses.generation.thinking
    if losses.lacks("reasoning") or kind == "none":
        if thinking.enabled:
            losses.member("thinking", "the model does not think")
        return {}
    if losses.own and (kind != "budget" or not losses.generation.named or thinking.budget_tokens is not None):
        return _as_said(thinking)
    show = _shown(thinking, losses)
    shown = {} if show is None else {"includeThoughts": show}
    return shown | (_level(thinking, losses) if kind == "level" else _budget(thinking, losses))


def _as_said(thinking: Thinking) -> dict[str, Any]:
    """A client of this dialect knows best what a model takes; newer generations take older ones' budgets."""
    said = {
        "includeThoughts": thinking.show,
        "thinkingBudget": thinking.budget_tokens,
        "thinkingLevel": thinking.effort.upper() or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _shown(thinking: Thinking, losses: Losses) -> bool | None:
    """Dialects that count thinking in tokens show it unless told not to."""
    if thinking.summary:
        return True
    counted = thinking.enabled and (thinking.budget_tokens is not None or thinking.adaptive)
    return True if thinking.show is None and counted and not losses.own else thinking.show


def _level(thinking: Thinking, losses: Losses) -> dict[str, Any]:
    levels = losses.generation.levels
    if not thinking.enabled:
        losses.member("thinking", "the model always thinks; it is told to think least")
        return {"thinkingLevel": levels[0].upper()}
    if thinking.effort:
        return {"thinkingLevel": _nearest(thinking.effort, levels).upper()}
    budget = thinking.budget_tokens
    return {} if budget is None or budget < 0 else {"thinkingLevel": effort_of(budget, levels).upper()}


def _nearest(effort: str, levels: tuple[str, ...]) -> str:
    """The least level that is no less than asked for, else the highest; a word nobody knows goes as it is."""
    if effort not in _WORDS:
        return effort
    return next((level for level in levels if _WORDS[level] >= _WORDS[effort]), levels[-1])


def _budget(thinking: Thinking, losses: Losses) -> dict[str, Any]:
    generation = losses.generation
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
