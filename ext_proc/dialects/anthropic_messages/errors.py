"""Errors, from a provider and for a client.

In: a provider's error body or error event. Out: a `ProviderError`; and back, with the types this dialect's clients look
for. Never: a text that is no JSON is not quoted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ext_proc.chat import errors
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.faults import classify
from ext_proc.chat.parts import Plain
from ext_proc.chat.retry_after import retry_after_s

_FAULTS = {
    "invalid_request_error": Fault.CALLER,
    "authentication_error": Fault.AUTH,
    "billing_error": Fault.QUOTA,
    "permission_error": Fault.AUTH,
    "not_found_error": Fault.NOT_FOUND,
    "request_too_large": Fault.TOO_LARGE,
    "rate_limit_error": Fault.RATE_LIMIT,
    "timeout_error": Fault.TIMEOUT,
    "api_error": Fault.OUTAGE,
    "overloaded_error": Fault.OVERLOADED,
}
_MESSAGES = (
    (re.compile(r"credit balance is too low"), Fault.QUOTA),
    (re.compile(r"blocked by content filtering policy"), Fault.CONTENT_FILTER),
    (re.compile(r"prompt is too long|exceed context limit"), Fault.CONTEXT_LENGTH),
)
"""What is said under a type that says less; searched in lower-case text."""

_STATUS = {
    Fault.CALLER: 400,
    Fault.AUTH: 401,
    Fault.NOT_FOUND: 404,
    Fault.RATE_LIMIT: 429,
    Fault.QUOTA: 402,
    Fault.CONTEXT_LENGTH: 400,
    Fault.TOO_LARGE: 413,
    Fault.CONTENT_FILTER: 400,
    Fault.OVERLOADED: 529,
    Fault.TIMEOUT: 504,
}
"""The status an error inside a stream would have come with; else 500."""

_TYPES = {
    Fault.CALLER: "invalid_request_error",
    Fault.AUTH: "authentication_error",
    Fault.NOT_FOUND: "not_found_error",
    Fault.RATE_LIMIT: "rate_limit_error",
    Fault.QUOTA: "billing_error",
    Fault.CONTEXT_LENGTH: "invalid_request_error",
    Fault.TOO_LARGE: "request_too_large",
    Fault.CONTENT_FILTER: "invalid_request_error",
    Fault.OVERLOADED: "overloaded_error",
    Fault.TIMEOUT: "timeout_error",
}
"""The type clients know a fault by; else "api_error"."""
_TOO_LONG = "prompt is too long"
"""The words by which clients of this dialect know that a conversation must become shorter; there is no code for it."""


def cut() -> ProviderError:
    return errors.cut("api_error")


def garbled() -> ProviderError:
    return errors.garbled("api_error")


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """For any body at all."""
    found = _error_object(body)
    message, kind = _word(found, "message"), _word(found, "type")
    return ProviderError(
        fault=_fault(status, kind, message),
        status=status,
        message=message or f"the provider answered with status {status}",
        code=kind,
        retry_after_s=retry_after_s({name.lower(): value for name, value in headers.items()}),
    )


def failure(found: Plain) -> ProviderError:
    """What an error event says, or an error that came with a status of 200."""
    inner = found.get("error")
    error = inner if isinstance(inner, dict) else {}
    message, kind = _word(error, "message"), _word(error, "type")
    fault = _fault(500, kind, message)
    return ProviderError(
        fault=fault,
        status=_STATUS.get(fault, 500),
        message=message or "the provider could not finish its answer",
        code=kind,
    )


def encode_error(error: ProviderError) -> dict[str, Any]:
    return {"type": "error", "error": {"type": _type(error), "message": _told(error)}}


def _type(error: ProviderError) -> str:
    """The provider's own type where it is one of this dialect that means the same."""
    if _FAULTS.get(error.code) == error.fault:
        return error.code
    return _TYPES.get(error.fault, "api_error")


def _told(error: ProviderError) -> str:
    if error.fault is Fault.CONTEXT_LENGTH and _TOO_LONG not in error.message.lower():
        return f"{_TOO_LONG}: {error.message}"
    return error.message


def _fault(status: int, kind: str, message: str) -> Fault:
    text = message[:2000].lower()
    for pattern, fault in _MESSAGES:
        if pattern.search(text):
            return fault
    found = classify(status, (kind,), message)
    return _FAULTS.get(kind, found) if found in (Fault.CALLER, Fault.OUTAGE) else found


def _error_object(body: bytes) -> Plain:
    """{"error": {...}}, {"error": "text"} and {"message": ...} are met; else {}."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    inner = found.get("error")
    if isinstance(inner, dict):
        return inner
    return {"message": inner} if isinstance(inner, str) else found


def _word(found: Plain, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""
