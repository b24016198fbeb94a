"""Which kind of fault a provider's error is: how the table of `fault_rows` is read.

In: the HTTP status and what the provider said. Out: a `Fault`. A provider's own word decides before its message, the
message before the status.
"""

from __future__ import annotations

import re

from ext_proc.chat.errors import Fault
from ext_proc.chat.fault_rows import PHRASES, STATUSES, STRONG_WORDS, WEAK_WORDS

CODES: dict[str, Fault] = {word.text: word.fault for word in STRONG_WORDS}
"""A provider's error code, type or status word, in lower case."""
MESSAGES: tuple[tuple[re.Pattern[str], Fault], ...] = tuple((re.compile(row.pattern), row.fault) for row in PHRASES)
"""Searched in lower-case text of providers that have no code for it; the first that is found holds."""
_WEAK: dict[str, Fault] = {word.text: word.fault for word in WEAK_WORDS}
_VAGUE = (Fault.CALLER, Fault.OUTAGE)


def classify(status: int, words: tuple[str, ...], message: str) -> Fault:
    """`words`: code, type, status word of the error, the most telling first. The first 2,000 characters of `message`
    are looked at."""
    lower = tuple(word.lower() for word in words)
    if (known := _first(lower, CODES)) is not None:
        return known
    text = message[:2000].lower()
    for pattern, fault in MESSAGES:
        if pattern.search(text):
            return fault
    found = STATUSES.get(status, Fault.CALLER if 400 <= status < 500 else Fault.OUTAGE)
    weak = _first(lower, _WEAK) if found in _VAGUE else None
    return found if weak is None else weak


def _first(words: tuple[str, ...], table: dict[str, Fault]) -> Fault | None:
    return next((table[word] for word in words if word in table), None)
