from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER


def body(kind: str, message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}).encode()


@pytest.mark.parametrize(
    ("status", "kind", "message", "fault"),
    [
        (400, "invalid_request_error", "max_tokens: Field required", Fault.CALLER),
        (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", Fault.CONTEXT_LENGTH),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
            Fault.CONTEXT_LENGTH,
        ),
        (400, "invalid_request_error", "Your credit balance is too low to access the API.", Fault.QUOTA),
        (400, "invalid_request_error", "Output blocked by content filtering policy", Fault.CONTENT_FILTER),
        (401, "authentication_error", "invalid x-api-key", Fault.AUTH),
        (402, "billing_error", "pay", Fault.QUOTA),
        (403, "permission_error", "no", Fault.AUTH),
        (404, "not_found_error", "model: x", Fault.NOT_FOUND),
        (413, "request_too_large", "too large", Fault.TOO_LARGE),
        (429, "rate_limit_error", "slow down", Fault.RATE_LIMIT),
        (500, "api_error", "Internal server error", Fault.OUTAGE),
        (504, "timeout_error", "late", Fault.TIMEOUT),
        (529, "overloaded_error", "Overloaded", Fault.OVERLOADED),
    ],
)
def test_errors_have_their_class(status: int, kind: str, message: str, fault: Fault) -> None:
    error = PROVIDER.decode_error(status, {"Retry-After": "3"}, body(kind, message))
    assert error == ProviderError(fault=fault, status=status, message=message, code=kind, retry_after_s=3.0)
    assert CLIENT.encode_error(error) == {
        "type": "error",
        "error": {
            "type": CLIENT.encode_error(error)["error"]["type"],
            "message": message if "exceed" not in message else f"prompt is too long: {message}",
        },
    }
    decoder = PROVIDER.stream_decoder()
    (failed,) = decoder.feed(b"event: error\ndata: " + body(kind, message) + b"\n\n")
    assert failed.error.fault is fault  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fault", "code", "kind"),
    [
        (Fault.CALLER, "unknown_parameter", "invalid_request_error"),
        (Fault.AUTH, "permission_error", "permission_error"),
        (Fault.QUOTA, "insufficient_quota", "billing_error"),
        (Fault.CUT, "", "api_error"),
        (Fault.OVERLOADED, "slow_down", "overloaded_error"),
    ],
)
def test_clients_are_told_types_they_know(fault: Fault, code: str, kind: str) -> None:
    error = ProviderError(fault=fault, status=400, message="m", code=code)
    assert CLIENT.encode_error(error)["error"] == {"type": kind, "message": "m"}


def test_a_conversation_that_is_too_long_is_told_in_words_clients_look_for() -> None:
    error = ProviderError(fault=Fault.CONTEXT_LENGTH, status=400, message="maximum context length is 8192 tokens")
    told = CLIENT.encode_error(error)["error"]
    assert told == {
        "type": "invalid_request_error",
        "message": "prompt is too long: maximum context length is 8192 tokens",
    }


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (b"<html>busy</html>", "the provider answered with status 502"),
        (b"[1]", "the provider answered with status 502"),
        (b'{"error": "down"}', "down"),
        (b'{"message": "down", "type": 3}', "down"),
        (b"[" * 100_000, "the provider answered with status 502"),
    ],
)
def test_other_bodies(found: bytes, message: str) -> None:
    error = PROVIDER.decode_error(502, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, found)
    assert error == ProviderError(fault=Fault.OUTAGE, status=502, message=message)


@given(st.binary(max_size=200), st.integers(100, 599), st.dictionaries(st.just("retry-after"), st.text(max_size=5)))
def test_any_body_is_an_error(found: bytes, status: int, headers: dict[str, str]) -> None:
    assert PROVIDER.decode_error(status, headers, found).message
