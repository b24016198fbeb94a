"""Errors, from a provider and for a client.

In: a provider's error body, or an error in a stream or in the place of an answer. Out: a `ProviderError`; and back,
with the types and codes this dialect's clients look for. Never: a text that is no JSON is not quoted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ext_proc.chat import errors
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.faults import classify
from ext_proc.chat.parts import Plain
from ext_proc.chat.retry_after import WITH_MS, retry_after_s

_STATUS = {
    Fault.CALLER: 400,
    Fault.AUTH: 401,
    Fault.NOT_FOUND: 404,
    Fault.RATE_LIMIT: 429,
    Fault.QUOTA: 429,
    Fault.CONTEXT_LENGTH: 400,
    Fault.TOO_LARGE: 413,
    Fault.CONTENT_FILTER: 400,
    Fault.OVERLOADED: 503,
    Fault.TIMEOUT: 504,
    Fault.OUTAGE: 500,
}
"""The status an error inside a stream would have come with."""

_WORDS = {
    Fault.CALLER: ("invalid_request_error", ""),
    Fault.AUTH: ("authentication_error", ""),
    Fault.NOT_FOUND: ("invalid_request_error", ""),
    Fault.RATE_LIMIT: ("rate_limit_error", "rate_limit_exceeded"),
    Fault.QUOTA: ("insufficient_quota", "insufficient_quota"),
    Fault.CONTEXT_LENGTH: ("invalid_request_error", "context_length_exceeded"),
    Fault.TOO_LARGE: ("invalid_request_error", "request_too_large"),
    Fault.CONTENT_FILTER: ("invalid_request_error", "content_filter"),
    Fault.OVERLOADED: ("server_error", "server_is_overloaded"),
}
"""The type and code clients know a fault by; a code "" leaves the provider's."""


def cut() -> ProviderError:
    return errors.cut("server_error")


def garbled() -> ProviderError:
    return errors.garbled("server_error")


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """For any body at all."""
    found = _error_object(_parsed(body))
    message, words, param = _told(found)
    return ProviderError(
        fault=classify(status, words, message),
        status=status,
        message=message or f"the provider answered with status {status}",
        code=next(iter(words), ""),
        param=param,
        retry_after_s=retry_after_s({name.lower(): value for name, value in headers.items()}, WITH_MS),
    )


def failure(found: Plain) -> ProviderError:
    """An error that came with a status of 200, in a stream or in the place of an answer."""
    message, words, param = _told(_error_object(found))
    status = next((int(word) for word in words if word.isascii() and word.isdigit() and 400 <= int(word[:4]) < 600), 0)
    fault = classify(status or 500, words, message)
    return ProviderError(
        fault=fault,
        status=status or _STATUS.get(fault, 500),
        message=message or "the provider could not finish its answer",
        code=next(iter(words), ""),
        param=param,
    )


def encode_error(error: ProviderError) -> dict[str, Any]:
    kind, code = _WORDS.get(error.fault, ("server_error", ""))
    code = code or error.code
    return {"error": {"message": error.message, "type": kind, "param": error.param or None, "code": code or None}}


def is_error(found: Plain) -> bool:
    """Whether an object that came in the place of an answer is an error."""
    return bool(found.get("error")) or found.get("object") == "error" or found.get("type") == "error"


def _told(found: Plain) -> tuple[str, tuple[str, ...], str]:
    """Message, words for what it is with the most telling first, and what it complains about."""
    words = [_word(found, name) for name in ("code", "type", "status")]
    return _word(found, "message"), tuple(word for word in words if word and word != "error"), _word(found, "param")


def _parsed(body: bytes) -> Plain:
    """Gemini's OpenAI surface puts the error into a list."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(found, list) and found:
        found = found[0]
    return found if isinstance(found, dict) else {}


def _error_object(found: Plain) -> Plain:
    """{"error": {...}}, {"error": "text"}, {"message": ...} and {"detail": ...} are met."""
    inner = found.get("error") or found.get("detail")
    if isinstance(inner, dict):
        return inner
    return {**found, "message": inner} if isinstance(inner, str) else found


def _word(found: Plain, name: str) -> str:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return value if isinstance(value, str) else str(value) if abs(value) < 1_000_000 else ""
