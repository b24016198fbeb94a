from __future__ import annotations

import pytest

from ext_proc.chat.errors import Fault
from ext_proc.dialects.bedrock_converse import PROVIDER


@pytest.mark.parametrize(
    ("status", "name", "message", "fault"),
    [
        (403, "AccessDeniedException", "no access to the model", Fault.AUTH),
        (403, "UnrecognizedClientException", "The security token is invalid.", Fault.AUTH),
        (400, "ServiceQuotaExceededException", "quota", Fault.QUOTA),
        (404, "ResourceNotFoundException", "no such model", Fault.NOT_FOUND),
        (408, "ModelTimeoutException", "late", Fault.TIMEOUT),
        (424, "ModelErrorException", "broken", Fault.OUTAGE),
        (429, "ModelNotReadyException", "soon", Fault.OVERLOADED),
        (429, "ThrottlingException", "Too many tokens, please wait before trying again.", Fault.RATE_LIMIT),
        (500, "InternalServerException", "oh", Fault.OUTAGE),
        (503, "ServiceUnavailableException", "soon", Fault.OVERLOADED),
        (400, "ValidationException", "Malformed input request", Fault.CALLER),
        (400, "ValidationException", "Input is too long for requested model.", Fault.CONTEXT_LENGTH),
        (400, "ValidationException", "The provided model identifier is invalid.", Fault.NOT_FOUND),
    ],
)
def test_exceptions_by_their_header(status: int, name: str, message: str, fault: Fault) -> None:
    headers = {"X-Amzn-ErrorType": f"{name}:http://internal.amazon.com/coral/com.amazon.bedrock/"}
    error = PROVIDER.decode_error(status, headers, f'{{"message":"{message}"}}'.encode())
    assert (error.fault, error.status, error.code, error.message) == (fault, status, name, message)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b'{"Message":"no"}', "", "no"),
        (b'{"__type":"com.amazon.bedrock#ThrottlingException","message":"no"}', "ThrottlingException", "no"),
        (b"<html>", "", "the provider answered with status 429"),
        (b"[]", "", "the provider answered with status 429"),
        (b"[" * 100_000, "", "the provider answered with status 429"),
        (b'{"message":1}', "", "the provider answered with status 429"),
    ],
)
def test_bodies_of_all_kinds(body: bytes, code: str, message: str) -> None:
    error = PROVIDER.decode_error(429, {}, body)
    assert (error.fault, error.code, error.message) == (Fault.RATE_LIMIT, code, message)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", None), ("nan", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None)],
)
def test_how_long_to_wait(value: str, seconds: float | None) -> None:
    assert PROVIDER.decode_error(429, {"Retry-After": value}, b"").retry_after_s == seconds
