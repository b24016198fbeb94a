"""Errors of the provider, read.

In: an error's body with its headers, or an exception inside a stream. Out: a `ProviderError`. The name of an exception
comes in a header, at times in the body's `__type`; where it goes on behind a colon or stands behind a #, that is no
part of it. Never: a text that is no JSON is not quoted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ext_proc.chat import errors
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.faults import classify
from ext_proc.chat.parts import Plain
from ext_proc.chat.retry_after import retry_after_s

_HEADER = "x-amzn-errortype"
_STATUS = {
    "accessdeniedexception": 403,
    "internalserverexception": 500,
    "modelerrorexception": 424,
    "modelnotreadyexception": 429,
    "modelstreamerrorexception": 424,
    "modeltimeoutexception": 408,
    "resourcenotfoundexception": 404,
    "servicequotaexceededexception": 400,
    "serviceunavailableexception": 503,
    "throttlingexception": 429,
    "validationexception": 400,
}
"""The status of an exception that comes inside a stream."""


def cut() -> ProviderError:
    return errors.cut()


def garbled() -> ProviderError:
    return errors.garbled()


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """For any body at all."""
    found, lower = _error_object(body), {name.lower(): value for name, value in headers.items()}
    code, message = _named(lower.get(_HEADER, "")) or _type(found), _message(found)
    return ProviderError(
        fault=classify(status, (code,), message),
        status=status,
        message=message or f"the provider answered with status {status}",
        code=code,
        retry_after_s=retry_after_s(lower),
    )


def failure(name: str, found: Plain) -> ProviderError:
    """What an exception inside a stream says, or an error that came with a status of 200."""
    code, message = _named(name) or _type(found), _message(found)
    status = _STATUS.get(code.lower(), 500)
    return ProviderError(
        fault=classify(status, (code,), message),
        status=status,
        message=message or "the provider could not finish its answer",
        code=code,
    )


def is_error(found: Plain) -> bool:
    return bool(_type(found) or _message(found))


def _named(text: str) -> str:
    return text.partition(":")[0].rpartition("#")[2].strip()


def _type(found: Plain) -> str:
    """In the body itself, or in what the service's door wraps around it."""
    inner = found.get("Output")
    return _named(_word(found, "__type") or _word(inner if isinstance(inner, dict) else {}, "__type"))


def _message(found: Plain) -> str:
    return _word(found, "message") or _word(found, "Message") or _word(found, "originalMessage")


def _error_object(body: bytes) -> Plain:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _word(found: Plain, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""
