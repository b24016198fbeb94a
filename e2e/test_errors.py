"""Errors the gateway makes itself: JSON in the client's dialect, a code of the closed list, a request id."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from e2e.client import CHAT, MESSAGES, Reply, call, chat, raw_exchange
from e2e.fake import Provider
from e2e.harness import Gateway, free_port
from schemas import errors

LIMIT = 32 * 1024 * 1024
HELLO = [{"role": "user", "content": "hi"}]


class World(NamedTuple):
    port: int
    provider: Provider


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port, dead = free_port(), free_port()
    with Provider() as provider:
        yaml = f"""
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
    retry: {{attempts: 0}}
model_providers:
  - {{model: openai/gpt-4o, access_key: $KEY, base_url: "{provider.url}"}}
  - {{model: groq/hasty, access_key: $KEY, base_url: "{provider.url}", timeouts: {{first_byte: 300ms}}}}
  - model: anthropic/claude-sonnet-4-6
    access_key: $KEY
    base_url: {provider.url}
    timeouts: {{first_byte: 300ms}}
  - {{model: vllm/dead, base_url: "http://127.0.0.1:{dead}"}}
"""
        with Gateway(yaml, {"KEY": "sk-test"}):
            yield World(port, provider)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.provider.reset()


def _is(reply: Reply, path: str, code: str) -> None:
    """Status, shape, code and request id of an error, as the closed list has it."""
    listed = errors.BY_CODE[code]
    assert (reply.status, reply.headers["content-type"]) == (listed.status, "application/json"), reply.body
    assert reply.error["code"] == code
    assert reply.error["message"]
    if path.startswith(MESSAGES):
        assert reply.json["type"] == "error"
        assert reply.error["type"] == listed.anthropic_type
    else:
        assert reply.error["type"] == listed.openai_type
        assert reply.error["param"] is None
    assert reply.json["request_id"] == reply.headers["x-request-id"] != "-"


JSON: Mapping[str, str] = {"content-type": "application/json"}
FAULTS: list[Any] = [
    pytest.param(chat("nope"), JSON, "model_not_found", id="unknown-model"),
    pytest.param(chat("openai/nope"), JSON, "model_not_found", id="unknown-model-of-a-known-provider"),
    pytest.param(chat('no"pe\n\u00e9%REQ(authorization)%'), JSON, "model_not_found", id="model-with-odd-characters"),
    pytest.param(chat("x" * 5000), JSON, "model_not_found", id="long-model"),
    pytest.param(chat("__missing__"), JSON, "model_not_found", id="a-word-that-looks-internal"),
    pytest.param(chat("__error__"), JSON, "model_not_found", id="a-word-that-looks-like-a-fault"),
    pytest.param(chat(None), JSON, "missing_model", id="no-model"),
    pytest.param({**chat(None), "model": None}, JSON, "missing_model", id="null-model"),
    pytest.param(chat(""), JSON, "missing_model", id="empty-model"),
    pytest.param(b'{"model": "gpt-4o"', JSON, "invalid_json", id="cut-json"),
    pytest.param(b"hello", JSON, "invalid_json", id="not-json"),
    pytest.param(b"", JSON, "invalid_json", id="empty-body"),
    pytest.param(chat(), {"content-type": "text/plain"}, "invalid_json", id="text-content-type"),
]


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize(("body", "headers", "code"), FAULTS)
def test_faults_of_a_request(world: World, body: Any, headers: Mapping[str, str], code: str, path: str) -> None:
    reply = call(world.port, path, body, headers)
    if body == b"" and reply.error["code"] == "missing_model":
        code = "missing_model"  # an empty body names no model either
    _is(reply, path, code)
    assert not world.provider.seen


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"null"], ids=["array", "text", "number", "null"])
def test_json_that_is_no_object(world: World, body: bytes) -> None:
    reply = call(world.port, CHAT, body)
    assert reply.status == 400 and reply.error["code"] in {"invalid_json", "missing_model"}
    assert not world.provider.seen


@pytest.mark.parametrize("model", [5, True, ["gpt-4o"], {"a": 1}], ids=["number", "bool", "array", "object"])
def test_model_that_is_no_text(world: World, model: Any) -> None:
    reply = call(world.port, CHAT, {**chat(), "model": model})
    assert reply.status in {400, 404} and reply.error["code"] in {"missing_model", "model_not_found", "invalid_json"}
    assert not world.provider.seen


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"],
)
def test_content_types_of_json(world: World, kind: str) -> None:
    assert call(world.port, CHAT, chat(), {"content-type": kind}).status == 200


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/chat", "/v1/chat/completions/", "/v2/chat/completions", "/admin"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_path(world: World, path: str, method: str) -> None:
    reply = call(world.port, path, chat() if method == "POST" else None, method=method)
    _is(reply, path, "endpoint_not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_wrong_method(world: World, path: str, method: str) -> None:
    reply = call(world.port, path, chat() if method in {"PUT", "PATCH"} else None, method=method)
    _is(reply, path, "method_not_allowed")
    assert "POST" in reply.headers["allow"]


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ({"fault": "hang"}, {"upstream_timeout"}),
        ({"fault": "reset"}, {"upstream_reset"}),
        ({"fault": "fin"}, {"upstream_reset"}),
    ],
    ids=["silent", "reset", "closed"],
)
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_provider_that_fails(world: World, fault: dict[str, Any], codes: set[str], path: str) -> None:
    world.provider.always(**fault)
    reply = call(world.port, path, chat("hasty" if path == CHAT else "claude-sonnet-4-6"))
    assert reply.error["code"] in codes
    _is(reply, path, reply.error["code"])


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_provider_that_is_not_there(world: World, path: str) -> None:
    reply = call(world.port, path, chat("vllm/dead"))
    assert reply.error["code"] in {"upstream_unreachable", "attempts_exhausted"}
    _is(reply, path, reply.error["code"])


def test_large_bodies(world: World) -> None:
    pad = "x" * (LIMIT - 2_000_000)
    assert call(world.port, CHAT, chat(metadata={"pad": pad})).status == 200
    assert len(world.provider.last.body) > LIMIT - 2_000_000


@pytest.mark.parametrize("above", [1, 18_000_000], ids=["by-one-byte", "by-far"])
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_too_large_body_is_refused(world: World, path: str, above: int) -> None:
    """The client reads why, also one that reads only once everything is sent; the connection goes on."""
    frame = b'{"model": "gpt-4o", "pad": "%b"}'
    body = frame % (b"x" * (LIMIT + above - len(frame % b"")))
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=20)
    try:
        connection.request("POST", path, body, JSON)
        answer = connection.getresponse()
        _is(Reply(answer.status, dict(answer.getheaders()), answer.read(), True), path, "request_too_large")
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
    finally:
        connection.close()
    assert not world.provider.seen


def test_largest_body_is_taken(world: World) -> None:
    frame = b'{"model": "gpt-4o", "pad": "%b"}'
    assert call(world.port, CHAT, frame % (b"x" * (LIMIT - len(frame % b"")))).status == 200


def test_too_large_body_of_unknown_length_is_refused(world: World) -> None:
    """Said in the middle of the upload, so only the answer counts where it arrives at all."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    size = LIMIT + 1_000_000
    try:
        answer = raw_exchange(world.port, head + b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        answer = b""
    assert answer == b"" or (answer.startswith(b"HTTP/1.1 413") and b'"request_too_large"' in answer)
    assert not world.provider.seen


def test_sdks_raise_on_a_body_far_too_large(world: World) -> None:
    url, messages = f"http://127.0.0.1:{world.port}", [{"role": "user", "content": "x" * (LIMIT + 18_000_000)}]
    with (
        openai.OpenAI(api_key="x", base_url=f"{url}/v1", max_retries=0) as o,
        pytest.raises(openai.APIStatusError) as e,
    ):
        o.chat.completions.create(model="gpt-4o", messages=messages)  # type: ignore[arg-type]
    assert (e.value.status_code, e.value.code) == (413, "request_too_large")
    with (
        anthropic.Anthropic(api_key="x", base_url=url, max_retries=0) as a,
        pytest.raises(anthropic.APIStatusError) as f,
    ):
        a.messages.create(model="claude-sonnet-4-6", max_tokens=9, messages=messages)  # type: ignore[arg-type]
    assert f.value.status_code == 413


NOT_SPOKEN = {
    "upgrade": b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n",
    "transfer-encoding": b"transfer-encoding: gzip, chunked\r\n",
}


@pytest.mark.parametrize("headers", NOT_SPOKEN.values(), ids=NOT_SPOKEN)
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_what_the_gateway_does_not_speak_is_a_bad_request(world: World, path: str, headers: bytes) -> None:
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n%b\r\n" % (path.encode(), headers)
    answer = raw_exchange(world.port, head + b"2\r\n{}\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert b'"code":"bad_request"' in answer
    assert not world.provider.seen


def test_what_is_not_http(world: World) -> None:
    assert raw_exchange(world.port, b"hello there\r\n\r\n").startswith(b"HTTP/1.1 400")


OPENAI_RAISES: list[Any] = [
    ("nope", {}, openai.NotFoundError, "model_not_found"),
    ("", {}, openai.BadRequestError, "missing_model"),
    ("claude-sonnet-4-6", {"status": 429}, openai.RateLimitError, None),
    ("claude-sonnet-4-6", {"status": 401}, openai.AuthenticationError, None),
    ("claude-sonnet-4-6", {"fault": "hang"}, openai.InternalServerError, "upstream_timeout"),
    ("vllm/dead", {}, openai.InternalServerError, None),
    ("hasty", {"fault": "hang"}, openai.InternalServerError, "upstream_timeout"),
    ("gpt-4o", {"status": 401}, openai.AuthenticationError, "fake"),
    ("gpt-4o", {"status": 429}, openai.RateLimitError, "fake"),
]


@pytest.mark.parametrize(("model", "script", "raises", "code"), OPENAI_RAISES)
def test_openai_sdk_raises(
    world: World, model: str, script: dict[str, Any], raises: type[openai.APIStatusError], code: str | None
) -> None:
    world.provider.always(**script)
    with (
        openai.OpenAI(api_key="x", base_url=f"http://127.0.0.1:{world.port}/v1", max_retries=0) as client,
        pytest.raises(raises) as caught,
    ):
        client.chat.completions.create(model=model, messages=HELLO)  # type: ignore[arg-type]
    assert caught.value.code and (code is None or caught.value.code == code)
    assert caught.value.request_id


ANTHROPIC_RAISES: list[Any] = [
    ("nope", {}, anthropic.NotFoundError, "not_found_error"),
    ("", {}, anthropic.BadRequestError, "invalid_request_error"),
    ("claude-sonnet-4-6", {"fault": "hang"}, anthropic.APIStatusError, "timeout_error"),
]


@pytest.mark.parametrize(("model", "script", "raises", "kind"), ANTHROPIC_RAISES)
def test_anthropic_sdk_raises(
    world: World, model: str, script: dict[str, Any], raises: type[anthropic.APIStatusError], kind: str
) -> None:
    world.provider.always(**script)
    with (
        anthropic.Anthropic(api_key="x", base_url=f"http://127.0.0.1:{world.port}", max_retries=0) as client,
        pytest.raises(raises) as caught,
    ):
        client.messages.create(model=model, max_tokens=9, messages=HELLO)  # type: ignore[arg-type]
    body = caught.value.body
    assert isinstance(body, dict)
    assert body["type"] == "error" and body["error"]["type"] == kind
    assert body["request_id"] == caught.value.request_id == caught.value.response.headers["x-request-id"]
