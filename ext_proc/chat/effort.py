"""How much to think, in words and in tokens; dialects know one or the other."""

from __future__ import annotations

_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 65536}


def budget_tokens(effort: str) -> int:
    """The limit a word stands for; "medium" for an unknown word, 0 for "none"."""
    return 0 if effort == "none" else _BUDGETS.get(effort, _BUDGETS["medium"])


def effort_of(budget: int, known: tuple[str, ...] = ("minimal", "low", "medium", "high", "xhigh", "max")) -> str:
    """The smallest word among `known` whose limit is not below the budget; "none" for 0; "medium" for -1."""
    if budget <= 0:
        return "none" if budget == 0 else "medium"
    return next((word for word in known if _BUDGETS[word] >= budget), known[-1])
