"""Which kind of fault a provider's error is: the table, and how it is read.

In: the HTTP status and what the provider said. Out: a `Fault`. A provider's own word decides before its message, the
message before the status. Facts are from the providers' public error documentation.
"""

from __future__ import annotations

import re

from ext_proc.chat.errors import Fault

CODES: dict[str, Fault] = {
    "context_length_exceeded": Fault.CONTEXT_LENGTH,
    "rate_limit_exceeded": Fault.RATE_LIMIT,
    "rate_limit_error": Fault.RATE_LIMIT,
    "insufficient_quota": Fault.QUOTA,
    "overloaded_error": Fault.OVERLOADED,
}
"""A provider's error code, type or status word, in lower case."""

MESSAGES: tuple[tuple[str, Fault], ...] = (
    (
        r"maximum context length|prompt is too long|context window|input is too long|too many tokens in",
        Fault.CONTEXT_LENGTH,
    ),
)
"""Regular expressions for messages of providers that have no code for it, searched in lower-case text."""

_STATUS = {
    400: Fault.CALLER,
    401: Fault.AUTH,
    403: Fault.AUTH,
    404: Fault.NOT_FOUND,
    408: Fault.TIMEOUT,
    413: Fault.TOO_LARGE,
    429: Fault.RATE_LIMIT,
    503: Fault.OVERLOADED,
    504: Fault.TIMEOUT,
    529: Fault.OVERLOADED,
}


def classify(status: int, words: tuple[str, ...], message: str) -> Fault:
    """`words`: code, type, status word of the error, the most telling first. The first 2,000 characters of `message`
    are looked at."""
    for word in words:
        if (known := CODES.get(word.lower())) is not None:
            return known
    text = message[:2000].lower()
    for pattern, fault in MESSAGES:
        if re.search(pattern, text):
            return fault
    return _STATUS.get(status, Fault.CALLER if 400 <= status < 500 else Fault.OUTAGE)
