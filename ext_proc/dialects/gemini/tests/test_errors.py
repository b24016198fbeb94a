"""Errors of Google's APIs are understood, and errors of others said as Google says them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.dialects.gemini import CLIENT, PROVIDER

RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37.5s"}
DAILY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
TOO_LONG = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."


def error(status: str, message: str = "no", *details: Any, code: int = 400) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


CASES: list[tuple[int, Any, Fault]] = [
    (400, error("INVALID_ARGUMENT"), Fault.CALLER),
    (400, error("INVALID_ARGUMENT", TOO_LONG), Fault.CONTEXT_LENGTH),
    (400, error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", BAD_KEY), Fault.AUTH),
    (400, error("INVALID_ARGUMENT", "Request payload size exceeds the limit"), Fault.TOO_LARGE),
    (400, error("FAILED_PRECONDITION", "User location is not supported"), Fault.CALLER),
    (401, error("UNAUTHENTICATED"), Fault.AUTH),
    (403, error("PERMISSION_DENIED"), Fault.AUTH),
    (404, error("NOT_FOUND"), Fault.NOT_FOUND),
    (429, error("RESOURCE_EXHAUSTED"), Fault.RATE_LIMIT),
    (429, error("RESOURCE_EXHAUSTED", "no", DAILY), Fault.QUOTA),
    (500, error("INTERNAL"), Fault.OUTAGE),
    (503, error("UNAVAILABLE"), Fault.OVERLOADED),
    (504, error("DEADLINE_EXCEEDED"), Fault.TIMEOUT),
    (429, [error("RESOURCE_EXHAUSTED")], Fault.RATE_LIMIT),
    (502, {"error": "bad gateway"}, Fault.OUTAGE),
    (400, {"message": "maximum context length"}, Fault.CONTEXT_LENGTH),
    (503, [], Fault.OVERLOADED),
    (404, "text", Fault.NOT_FOUND),
]


@pytest.mark.parametrize(("status", "body", "fault"), CASES)
def test_the_fault(status: int, body: object, fault: Fault) -> None:
    found = PROVIDER.decode_error(status, {}, json.dumps(body).encode())
    assert (found.fault, found.status) == (fault, status)


def test_what_an_error_says() -> None:
    field = {"fieldViolations": [{"field": "contents[0].parts", "description": "x"}]}
    body = json.dumps(error("INVALID_ARGUMENT", "bad part", field, RETRY)).encode()
    found = PROVIDER.decode_error(400, {"Retry-After": "9"}, body)
    assert found == ProviderError(
        fault=Fault.CALLER,
        status=400,
        message="bad part",
        code="INVALID_ARGUMENT",
        param="contents[0].parts",
        retry_after_s=37.5,
    )


@pytest.mark.parametrize(("header", "wait_s"), [("9", 9.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None)])
def test_a_wait_in_the_headers(header: str, wait_s: float | None) -> None:
    assert PROVIDER.decode_error(429, {"Retry-After": header}, b"").retry_after_s == wait_s


@pytest.mark.parametrize("body", [b"<html>secret</html>", b"", b"[" * 100_000, b"\xff", b"null"])
def test_a_body_that_is_no_error_is_not_quoted(body: bytes) -> None:
    found = PROVIDER.decode_error(502, {}, body)
    assert (found.fault, found.message) == (Fault.OUTAGE, "the provider answered with status 502")


@pytest.mark.parametrize("fault", list(Fault))
def test_an_error_for_a_client(fault: Fault) -> None:
    told = CLIENT.encode_error(ProviderError(fault=fault, status=418, message="m"))["error"]
    assert (told["code"], told["message"]) == (418, "m")
    assert told["status"].isupper()


def test_an_error_keeps_what_it_says() -> None:
    sent = ProviderError(
        fault=Fault.RATE_LIMIT, status=429, message="m", code="RESOURCE_EXHAUSTED", param="p", retry_after_s=7.0
    )
    assert PROVIDER.decode_error(429, {}, json.dumps(CLIENT.encode_error(sent)).encode()) == sent
    denied = CLIENT.encode_error(ProviderError(fault=Fault.AUTH, status=403, message="m"))
    assert denied["error"]["status"] == "PERMISSION_DENIED"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "code", "status", "details", "violations", "retryDelay"]), inner)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_JSON)
def test_no_body_is_too_odd(body: object) -> None:
    assert PROVIDER.decode_error(500, {}, json.dumps(body).encode()).status == 500
