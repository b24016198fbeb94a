"""What a request cost.

In: the token counts of an answer's usage, in the convention of its API, and a price. Out: US dollars. Never: a cached
token counted twice: OpenAI's prompt count includes them, Anthropic's input count does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from ext_proc.preferences.prices import MTOK, Price

WRITE_RATE = 1.25
"""What writing a token into Anthropic's five-minute cache costs, relative to a fresh one."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, each counted once."""

    fresh_tokens: int
    cached_tokens: int
    written_tokens: int
    output_tokens: int

    @property
    def context_tokens(self) -> int:
        """Everything the model read."""
        return self.fresh_tokens + self.cached_tokens + self.written_tokens


def openai_usage(prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> Usage:
    """`prompt_tokens` includes the cached ones."""
    cached = max(0, min(cached_tokens, prompt_tokens))
    return Usage(max(0, prompt_tokens - cached), cached, 0, max(0, completion_tokens))


def anthropic_usage(input_tokens: int, output_tokens: int, read_tokens: int = 0, written_tokens: int = 0) -> Usage:
    """`input_tokens` has neither those read from the cache nor those written to it."""
    return Usage(max(0, input_tokens), max(0, read_tokens), max(0, written_tokens), max(0, output_tokens))


def cost_usd(usage: Usage, price: Price, discount: float = 0.1) -> float:
    """`discount`: the price of a cached token relative to a fresh one, where the list has none."""
    tokens = (
        (usage.fresh_tokens + usage.written_tokens * WRITE_RATE) * price.input_usd_per_mtok
        + usage.cached_tokens * price.cached_or(discount)
        + usage.output_tokens * price.output_usd_per_mtok
    )
    return tokens / MTOK
