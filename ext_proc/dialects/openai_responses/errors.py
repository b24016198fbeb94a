"""Errors, from a provider and for a client.

In: a provider's error body, error event or failed response. Out: a `ProviderError`; and back, with the codes this
dialect's clients look for. Never: a text that is no JSON is not quoted.
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

_FAULTS = {
    "server_error": Fault.OUTAGE,
    "server_is_overloaded": Fault.OVERLOADED,
    "slow_down": Fault.OVERLOADED,
    "vector_store_timeout": Fault.TIMEOUT,
    "billing_hard_limit_reached": Fault.QUOTA,
    "usage_limit_reached": Fault.QUOTA,
    "usage_not_included": Fault.QUOTA,
    "invalid_api_key": Fault.AUTH,
    "model_not_found": Fault.NOT_FOUND,
    "content_filter": Fault.CONTENT_FILTER,
    "content_policy_violation": Fault.CONTENT_FILTER,
    "image_content_policy_violation": Fault.CONTENT_FILTER,
    "bio_policy": Fault.CONTENT_FILTER,
    "misalignment_policy_violation": Fault.CONTENT_FILTER,
    "invalid_prompt": Fault.CALLER,
    "data_residency_mismatch": Fault.CALLER,
    "invalid_request_error": Fault.CALLER,
}
"""What this API's codes mean, as far as not every dialect has them."""

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
    found = _error_object(body)
    message, code, kind, param = (_word(found, name) for name in ("message", "code", "type", "param"))
    return ProviderError(
        fault=_fault(status, code, kind, message),
        status=status,
        message=message or f"the provider answered with status {status}",
        code=code or kind,
        param=param,
        retry_after_s=retry_after_s({name.lower(): value for name, value in headers.items()}, WITH_MS),
    )


def failure(found: Plain) -> ProviderError:
    """What an error event or a failed response says; both come with a status of 200."""
    inner = found.get("error")
    error = inner if isinstance(inner, dict) else found
    message, code, kind, param = (_word(error, name) for name in ("message", "code", "type", "param"))
    kind = "" if kind == "error" else kind
    fault = _fault(500, code, kind, message)
    if fault is Fault.OUTAGE and "image" in code:
        fault = Fault.CALLER
    return ProviderError(
        fault=fault,
        status=_STATUS.get(fault, 500),
        message=message or "the provider could not finish its answer",
        code=code or kind,
        param=param,
    )


def encode_error(error: ProviderError) -> dict[str, Any]:
    kind, code = _named(error)
    return {"error": {"message": error.message, "type": kind, "param": error.param or None, "code": code or None}}


def code_for_stream(error: ProviderError) -> str:
    """Failed responses must have a code."""
    return _named(error)[1] or "server_error"


def _named(error: ProviderError) -> tuple[str, str]:
    kind, code = _WORDS.get(error.fault, ("server_error", ""))
    return kind, code or error.code


def _fault(status: int, code: str, kind: str, message: str) -> Fault:
    known = next((_FAULTS[word] for word in (code, kind) if word in _FAULTS), None)
    found = classify(status, (code, kind), message)
    return known if known is not None and found in (Fault.CALLER, Fault.OUTAGE) else found


def _error_object(body: bytes) -> Plain:
    """{"error": {...}}, {"error": "text"}, {"message": ...} and {"detail": ...} are met; else {}."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    inner = found.get("error", found.get("detail"))
    if isinstance(inner, dict):
        return inner
    return {"message": inner} if isinstance(inner, str) else found


def _word(found: Plain, name: str) -> str:
    value = found.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
