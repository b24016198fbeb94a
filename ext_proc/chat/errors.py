"""What goes wrong with a request or an answer.

A `ProviderError` is what a provider said, an `Unable` what a dialect or a model cannot be asked for, a `Malformed` what
a client sent and no dialect allows, a `Garbled` what a provider sent and no dialect allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Whose fault a provider's error is, and of what kind."""

    CALLER = "caller"
    AUTH = "auth"
    NOT_FOUND = "not_found"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    CONTEXT_LENGTH = "context_length"
    TOO_LARGE = "too_large"
    CONTENT_FILTER = "content_filter"
    OVERLOADED = "overloaded"
    OUTAGE = "outage"
    TIMEOUT = "timeout"
    CUT = "cut"
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderError:
    """`status` is the HTTP status it came with, or would have (in a stream); `message` is the provider's, for the
    client; `code` the provider's own word; `param` the address it complains about. `retry_after_s` None: not said."""

    fault: Fault
    status: int
    message: str
    code: str = ""
    param: str = ""
    retry_after_s: float | None = None


def cut(code: str = "") -> ProviderError:
    """A stream that ended before its end; `code`: what the dialect calls it."""
    message = "the provider's answer ended before it was complete"
    return ProviderError(fault=Fault.CUT, status=502, message=message, code=code)


def garbled(code: str = "") -> ProviderError:
    """A stream that is none of its dialect."""
    message = "the provider's answer could not be understood"
    return ProviderError(fault=Fault.GARBLED, status=502, message=message, code=code)


class Malformed(Exception):
    """The client's request is none of its dialect. `at` is the address in the body."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(f"{at}: {message}" if at else message)
        self.at = at
        self.message = message


class Unable(Exception):
    """Content or a tool that would be lost. `at` is its address in the client's body, `capability` a word of
    `ext_proc.chat.loss`, `message` says what cannot be carried."""

    def __init__(self, at: str, capability: str, message: str) -> None:
        super().__init__(f"{at}: {message}" if at else message)
        self.at = at
        self.capability = capability
        self.message = message


class Garbled(Exception):
    """The provider's answer is none of its dialect; the text quotes nothing of it."""
