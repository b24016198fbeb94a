"""How many tokens an answer cost, as far as agents say so, in the words of no dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """None: not known."""

    input_tokens: int | None = None
    output_tokens: int | None = None

    def updated(self, later: Usage) -> Usage:
        """The counts of an answer are running totals: what was said later holds."""
        return Usage(
            later.input_tokens if later.input_tokens is not None else self.input_tokens,
            later.output_tokens if later.output_tokens is not None else self.output_tokens,
        )


def total(usages: Iterable[Usage]) -> Usage | None:
    """The sum of what is known; None where nothing is."""
    known = [usage for usage in usages if usage != Usage()]
    if not known:
        return None
    return Usage(sum(u.input_tokens or 0 for u in known), sum(u.output_tokens or 0 for u in known))


def read_usage(plain: object) -> Usage:
    """The `usage` member of an answer: chat says prompt and completion, the other two input and output."""
    if not isinstance(plain, Mapping):
        return Usage()
    return Usage(
        _count(plain, "input_tokens", "prompt_tokens"),
        _count(plain, "output_tokens", "completion_tokens"),
    )


def _count(plain: Mapping[str, object], *names: str) -> int | None:
    found = (plain.get(name) for name in names)
    return next((n for n in found if isinstance(n, int) and not isinstance(n, bool) and n >= 0), None)
