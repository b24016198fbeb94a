"""Close matches: what a misspelt word was probably meant to be. Pure functions over words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Comparing a name with a great many others costs more than a hint is worth.
_MOST = 500


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, None when none is near."""
    if len(word) > 200:
        return None
    words = list(dict.fromkeys(known))[:_MOST]
    by_folded = {w.casefold(): w for w in reversed(words)}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.65)
    return by_folded[found[0]] if found else None


def hint(word: str, known: Iterable[str], otherwise: str) -> str:
    """ "did you mean 'x'?" or, when nothing is near, the other advice."""
    match = closest(word, words := list(known))
    if match is None or match == word:
        return otherwise.replace("{known}", listed(words))
    return f"did you mean '{match}'?"


def listed(words: Iterable[str], most: int = 12) -> str:
    """The words in their order, cut short where they are many."""
    every = list(words)
    text = ", ".join(every[:most])
    return f"{text} and {len(every) - most} more" if len(every) > most else text or "none"
