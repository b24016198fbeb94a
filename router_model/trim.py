"""What of a conversation a router model gets to read: the newest turns, as many as fit a budget of tokens.

In: turns, oldest first. Out: a tail of them, oldest first; at most one of them is shortened, in its middle. Pure; it
never raises, never gives more turns than came in and never nothing where something came in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from router_model.choice import Turn

TURNS_MAX = 16
BYTES_PER_TOKEN = 4
"""An estimate: a real tokenizer on the way of every request costs more than it gains."""
ELLIPSIS = "…"

Measure = Callable[[str], int]
"""The bytes a text takes in the prompt."""


def utf8_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def estimated_tokens(size_bytes: int) -> int:
    return -(-size_bytes // BYTES_PER_TOKEN)


def recent(
    turns: Sequence[Turn],
    budget_tokens: int,
    *,
    turns_max: int = TURNS_MAX,
    turn_tokens: int = 0,
    measure: Measure = utf8_bytes,
) -> tuple[Turn, ...]:
    """The newest turns that fit `budget_tokens`, each counted as its text and `turn_tokens` of framing.

    Going back in time, the first turn that does not fit ends the walk; a user's turn is shortened to what is left. The
    last turn always stays, shortened (to at least its ellipsis) whoever wrote it.
    """
    kept: list[Turn] = []
    left_tokens = budget_tokens
    for turn in reversed(turns[-turns_max:]):
        cost_tokens = estimated_tokens(measure(turn.text)) + turn_tokens
        if cost_tokens <= left_tokens:
            kept.append(turn)
            left_tokens -= cost_tokens
            continue
        room_bytes = (left_tokens - turn_tokens) * BYTES_PER_TOKEN
        if not kept or (turn.role == "user" and room_bytes > measure(ELLIPSIS)):
            kept.append(replace(turn, text=cut_middle(turn.text, room_bytes, measure)))
        break
    return tuple(reversed(kept))


def cut_middle(text: str, room_bytes: int, measure: Measure = utf8_bytes) -> str:
    """The text, or its first 60 % and last 40 % around an ellipsis so that it takes at most `room_bytes`.

    People name the task first and ask last, with the pasted part between. Never less than the ellipsis.
    """
    if measure(text) <= room_bytes:
        return text
    sizes = range(len(text))
    fitting = bisect_right(sizes, room_bytes, key=lambda kept: measure(_ends(text, kept)))
    return _ends(text, max(fitting - 1, 0))


def _ends(text: str, kept_chars: int) -> str:
    head = kept_chars * 3 // 5
    tail = kept_chars - head
    return text[:head] + ELLIPSIS + text[len(text) - tail :]
