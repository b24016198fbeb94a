from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.dialects.openai_responses import CLIENT, PROVIDER


@pytest.mark.parametrize(
    ("status", "error", "fault"),
    [
        (400, {"message": "Bad", "type": "invalid_request_error", "code": "invalid_value"}, Fault.CALLER),
        (400, {"message": "Long", "code": "context_length_exceeded"}, Fault.CONTEXT_LENGTH),
        (400, {"message": "Filtered", "code": "content_filter"}, Fault.CONTENT_FILTER),
        (400, {"message": "No", "code": "model_not_found"}, Fault.NOT_FOUND),
        (401, {"message": "Key", "code": "invalid_api_key"}, Fault.AUTH),
        (404, {"message": "No", "type": "invalid_request_error", "code": "model_not_found"}, Fault.NOT_FOUND),
        (413, {"message": "Large"}, Fault.TOO_LARGE),
        (429, {"message": "Slow", "type": "requests", "code": "rate_limit_exceeded"}, Fault.RATE_LIMIT),
        (429, {"message": "Pay", "type": "insufficient_quota", "code": "insufficient_quota"}, Fault.QUOTA),
        (500, {"message": "Oops", "type": "server_error"}, Fault.OUTAGE),
        (500, {"message": "Busy", "code": "server_is_overloaded"}, Fault.OVERLOADED),
        (503, {"message": "Busy"}, Fault.OVERLOADED),
    ],
)
def test_what_the_api_says(status: int, error: Any, fault: Fault) -> None:
    found = PROVIDER.decode_error(status, {}, json.dumps({"error": error | {"param": "input"}}).encode())
    assert (found.fault, found.status, found.message, found.param) == (fault, status, error["message"], "input")
    assert found.code == error.get("code", error.get("type", ""))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":"plain"}', "plain"),
        (b'{"detail":"from a framework"}', "from a framework"),
        (b'{"message":"flat","code":7}', "flat"),
        (b"<html>Bad gateway</html>", "the provider answered with status 502"),
        (b"[1]", "the provider answered with status 502"),
        (b'{"error":{"message":["x"]}}', "the provider answered with status 502"),
        (b"[" * 100_000, "the provider answered with status 502"),
        (b"", "the provider answered with status 502"),
    ],
)
def test_other_bodies(body: bytes, message: str) -> None:
    assert PROVIDER.decode_error(502, {}, body).message == message


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], wait_s: float | None) -> None:
    assert PROVIDER.decode_error(429, headers, b"{}").retry_after_s == wait_s


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_survives_the_way_to_a_client_and_back(fault: Fault) -> None:
    error = ProviderError(fault=fault, status=500, message="m", param="p")
    found = PROVIDER.decode_error(400, {}, json.dumps(CLIENT.encode_error(error)).encode())
    assert (found.message, found.param) == ("m", "p")
    named = {Fault.RATE_LIMIT, Fault.QUOTA, Fault.CONTEXT_LENGTH, Fault.CONTENT_FILTER, Fault.OVERLOADED}
    assert (found.fault is fault) or fault not in named


def test_the_providers_code_stays() -> None:
    error = ProviderError(fault=Fault.CALLER, status=400, message="m", code="invalid_value")
    assert CLIENT.encode_error(error) == {
        "error": {"message": "m", "type": "invalid_request_error", "param": None, "code": "invalid_value"}
    }


@given(st.integers(100, 599), st.binary() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(repr))
def test_any_body_is_an_error(status: int, body: bytes | str) -> None:
    found = PROVIDER.decode_error(status, {}, body if isinstance(body, bytes) else body.encode("utf-8", "replace"))
    assert found.message
