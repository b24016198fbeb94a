from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.dialects.openai_chat import CLIENT, PROVIDER

RECORDINGS = Path(__file__).parent / "recordings"


@pytest.mark.parametrize(
    ("status", "body", "fault", "code"),
    [
        (400, {"error": {"message": "m", "type": "invalid_request_error"}}, Fault.CALLER, "invalid_request_error"),
        (
            400,
            {"error": {"message": "m", "code": "context_length_exceeded"}},
            Fault.CONTEXT_LENGTH,
            "context_length_exceeded",
        ),
        (400, {"error": {"message": "This model's maximum context length is 8"}}, Fault.CONTEXT_LENGTH, ""),
        (401, {"error": {"message": "m", "code": "invalid_api_key"}}, Fault.AUTH, "invalid_api_key"),
        (404, {"error": {"message": "m", "code": "model_not_found"}}, Fault.NOT_FOUND, "model_not_found"),
        (429, {"error": {"message": "m", "code": "insufficient_quota"}}, Fault.QUOTA, "insufficient_quota"),
        (429, {"error": {"message": "m", "code": 429}}, Fault.RATE_LIMIT, "429"),
        (429, [{"error": {"message": "m", "code": 429, "status": "RESOURCE_EXHAUSTED"}}], Fault.RATE_LIMIT, "429"),
        (400, {"error": {"message": "m", "code": "content_filter"}}, Fault.CONTENT_FILTER, "content_filter"),
        (400, {"object": "error", "message": "m", "type": "BadRequestError", "code": 400}, Fault.CALLER, "400"),
        (422, {"detail": [{"msg": "x"}]}, Fault.CALLER, ""),
        (500, {"detail": "m"}, Fault.OUTAGE, ""),
        (503, {"message": "m"}, Fault.OVERLOADED, ""),
        (500, {"error": {"message": "m", "code": True, "type": 10**400}}, Fault.OUTAGE, ""),
    ],
)
def test_kinds_of_errors(status: int, body: Any, fault: Fault, code: str) -> None:
    error = PROVIDER.decode_error(status, {}, json.dumps(body).encode())
    assert (error.fault, error.status, error.code) == (fault, status, code)
    assert error.message


@pytest.mark.parametrize("body", [b"", b"<html>secret</html>", b"[" * 100_000, b"[]", b"[1]", b"5", b'{"error": 5}'])
def test_bodies_that_say_nothing(body: bytes) -> None:
    error = PROVIDER.decode_error(502, {}, body)
    assert (error.fault, error.message) == (Fault.OUTAGE, "the provider answered with status 502")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_when_to_try_again(headers: dict[str, str], expected: float | None) -> None:
    assert PROVIDER.decode_error(429, headers, b"{}").retry_after_s == expected


@given(st.integers(400, 599), st.binary(max_size=100))
def test_any_body_at_all(status: int, body: bytes) -> None:
    assert PROVIDER.decode_error(status, {}, body).status == status


@pytest.mark.parametrize("fault", list(Fault))
def test_clients_get_a_type_they_know(fault: Fault) -> None:
    error = ProviderError(fault=fault, status=500, message="m", param="p")
    written = CLIENT.encode_error(error)["error"]
    assert (written["message"], written["param"]) == ("m", "p")
    assert written["type"]


def test_errors_go_back_as_they_came() -> None:
    for name in ("chat-bad-request", "chat-unknown-model"):
        for each in yaml.safe_load((RECORDINGS / f"{name}.yaml").read_text())["interactions"]:
            body = each["response"]["body"]
            error = PROVIDER.decode_error(each["response"]["code"], {}, body.encode())
            assert CLIENT.encode_error(error)["error"]["message"] == json.loads(body)["error"]["message"]
            assert CLIENT.encode_error(error)["error"]["type"] == json.loads(body)["error"]["type"]
            assert error.fault in (Fault.CALLER, Fault.NOT_FOUND)
