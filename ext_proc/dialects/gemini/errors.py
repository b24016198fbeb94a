"""Errors, from a provider and for a client.

In: a provider's error body, or an error inside its stream. Out: a `ProviderError`; and back, with the status words
Google's libraries look for. Never: a text that is no JSON is not quoted.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ext_proc.chat import errors
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.faults import classify
from ext_proc.chat.parts import Plain

_STATUS_FAULTS = {
    "INVALID_ARGUMENT": Fault.CALLER,
    "FAILED_PRECONDITION": Fault.CALLER,
    "OUT_OF_RANGE": Fault.CALLER,
    "UNAUTHENTICATED": Fault.AUTH,
    "PERMISSION_DENIED": Fault.AUTH,
    "NOT_FOUND": Fault.NOT_FOUND,
    "RESOURCE_EXHAUSTED": Fault.RATE_LIMIT,
    "UNAVAILABLE": Fault.OVERLOADED,
    "DEADLINE_EXCEEDED": Fault.TIMEOUT,
    "INTERNAL": Fault.OUTAGE,
    "UNKNOWN": Fault.OUTAGE,
    "ABORTED": Fault.OUTAGE,
    "CANCELLED": Fault.OUTAGE,
    "DATA_LOSS": Fault.OUTAGE,
    "UNIMPLEMENTED": Fault.CALLER,
}
_REASONS = {
    "API_KEY_INVALID": Fault.AUTH,
    "API_KEY_SERVICE_BLOCKED": Fault.AUTH,
    "SERVICE_DISABLED": Fault.AUTH,
    "BILLING_DISABLED": Fault.QUOTA,
    "CONSUMER_SUSPENDED": Fault.AUTH,
    "CONSUMER_INVALID": Fault.AUTH,
}
"""Reasons of an ErrorInfo."""
_MESSAGES = (
    (r"token count .{0,40}exceeds the maximum|exceeds the maximum number of tokens", Fault.CONTEXT_LENGTH),
    (r"payload size exceeds", Fault.TOO_LARGE),
    (r"api key not valid|api key expired", Fault.AUTH),
)
_HTTP = {
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
"""The status an error inside a stream would have come with, where it does not say."""
_WORDS = {
    Fault.CALLER: "INVALID_ARGUMENT",
    Fault.AUTH: "UNAUTHENTICATED",
    Fault.NOT_FOUND: "NOT_FOUND",
    Fault.RATE_LIMIT: "RESOURCE_EXHAUSTED",
    Fault.QUOTA: "RESOURCE_EXHAUSTED",
    Fault.CONTEXT_LENGTH: "INVALID_ARGUMENT",
    Fault.TOO_LARGE: "INVALID_ARGUMENT",
    Fault.CONTENT_FILTER: "INVALID_ARGUMENT",
    Fault.OVERLOADED: "UNAVAILABLE",
    Fault.OUTAGE: "INTERNAL",
    Fault.TIMEOUT: "DEADLINE_EXCEEDED",
    Fault.CUT: "UNAVAILABLE",
    Fault.GARBLED: "INTERNAL",
}
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d+)?)s")
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


def cut() -> ProviderError:
    return errors.cut()


def garbled() -> ProviderError:
    return errors.garbled()


def broken(reason: str, message: object) -> ProviderError:
    """A model that broke off with nothing said."""
    told = message if isinstance(message, str) and message else f"the model ended without an answer: {reason}"
    return ProviderError(fault=Fault.OUTAGE, status=502, message=told, code=reason)


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """For any body at all."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    known = {name.lower(): value for name, value in headers.items()}
    return _error(_error_object(found), status, _wait_s(known.get("retry-after", "") + "s"))


def failure(found: object) -> ProviderError:
    """An error that came inside a stream, or with a status of 200."""
    return _error(_error_object(found), 0, None)


def encode_error(error: ProviderError) -> dict[str, Any]:
    told: dict[str, Any] = {"code": error.status, "message": error.message, "status": _status_word(error)}
    details: list[dict[str, Any]] = []
    if error.param:
        details.append({"@type": _BAD_REQUEST, "fieldViolations": [{"field": error.param}]})
    if error.retry_after_s is not None:
        details.append({"@type": _RETRY_INFO, "retryDelay": f"{error.retry_after_s:g}s"})
    return {"error": told | ({"details": details} if details else {})}


def _status_word(error: ProviderError) -> str:
    if error.code in _STATUS_FAULTS:
        return error.code
    return "PERMISSION_DENIED" if error.status == 403 else _WORDS[error.fault]


def _error_object(found: object) -> Plain:
    """{"error": {...}}, the same in a list, and {"error": "text"} are met; else {}."""
    if isinstance(found, list):
        found = found[0] if found else None
    if not isinstance(found, dict):
        return {}
    inner = found.get("error")
    if isinstance(inner, dict):
        return inner
    return {"message": inner} if isinstance(inner, str) else found


def _error(found: Plain, status: int, wait_s: float | None) -> ProviderError:
    word, message, details = _word(found, "status"), _word(found, "message"), list(_details(found))
    reasons = [_word(detail, "reason") for detail in details]
    told = found.get("code")
    code = told if isinstance(told, int) and not isinstance(told, bool) and 400 <= told < 600 else 0
    fault = _fault(status or code, word, reasons, message, details)
    delays = (_wait_s(_word(detail, "retryDelay")) for detail in details)
    return ProviderError(
        fault=fault,
        status=status or code or _HTTP[fault],
        message=message or f"the provider answered with status {status or code or _HTTP[fault]}",
        code=word,
        param=next((field for detail in details if (field := _violated(detail))), ""),
        retry_after_s=next((delay for delay in delays if delay is not None), wait_s),
    )


def _fault(status: int, word: str, reasons: list[str], message: str, details: list[Plain]) -> Fault:
    for reason in reasons:
        if reason in _REASONS:
            return _REASONS[reason]
    for pattern, fault in _MESSAGES:
        if re.search(pattern, message[:2000].lower()):
            return fault
    found = _STATUS_FAULTS.get(word)
    if found is Fault.RATE_LIMIT and _for_long(details):
        return Fault.QUOTA
    known = classify(status or 500, (word,), message)
    return found if found is not None and known is not Fault.CONTEXT_LENGTH else known


def _for_long(details: list[Plain]) -> bool:
    """Whether a quota of a day is used up: waiting a minute does not help."""
    violations = [each for detail in details for each in _objects(detail.get("violations"))]
    return any("PerDay" in _word(each, "quotaId") for each in violations)


def _violated(detail: Plain) -> str:
    return next((_word(each, "field") for each in _objects(detail.get("fieldViolations"))), "")


def _details(found: Plain) -> Iterator[Plain]:
    return _objects(found.get("details"))


def _objects(found: object) -> Iterator[Plain]:
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())


def _word(found: Plain, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _wait_s(text: str) -> float | None:
    """ "37s", "1.5s"; a date is not read, there is no clock here."""
    found = _SECONDS.fullmatch(text)
    return float(found[1]) if found and math.isfinite(float(found[1])) else None
