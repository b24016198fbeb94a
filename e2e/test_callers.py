"""Who may call: API keys, allow-lists, tokens, TLS; what a caller may not pretend."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from e2e import keys
from e2e.client import CHAT, MESSAGES, call, chat, raw_exchange
from e2e.fake import Provider
from e2e.harness import Gateway, free_port

TEAM_A, TEAM_B, SHARED = "caller-key-team-a-77", "caller-key-team-b-88", b"shared-secret-of-the-issuer-0123456789"


class World(NamedTuple):
    port: int
    tls_port: int
    own_header_port: int
    mutual_port: int
    folder: Path
    provider: Provider
    gateway: Gateway
    rsa: keys.Rsa
    trust: ssl.SSLContext


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("callers")
    port, tls_port, own_header_port, mutual_port = free_port(), free_port(), free_port(), free_port()
    rsa = keys.rsa()
    files = _files(folder, rsa)
    with Provider() as provider:
        yaml = f"""
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
    models: [fast, openai/gpt-4o, "groq/*", anthropic/claude-sonnet-4-6]
    auth:
      api_keys:
        - {{name: team-a, key: $TEAM_A}}
        - {{name: team-b, key: $TEAM_B, models: [fast, "groq/*"]}}
      jwt:
        - {{name: rsa-issuer, issuer: https://rsa.example, audiences: [gateway], jwks_file: {files["rsa"]}}}
        - name: hmac-issuer
          issuer: https://hmac.example
          jwks_file: {files["hmac"]}
          caller_claim: team
          models: [fast]
  - type: model
    name: secure
    address: 127.0.0.1
    port: {tls_port}
    tls: {{cert_file: {files["certificate"]}, key_file: {files["key"]}}}
  - type: model
    name: own-header
    address: 127.0.0.1
    port: {own_header_port}
    auth: {{header: X-Gateway-Key, api_keys: [{{name: team-a, key: $TEAM_A}}]}}
  - type: model
    name: mutual
    address: 127.0.0.1
    port: {mutual_port}
    tls:
      cert_file: {files["certificate"]}
      key_file: {files["key"]}
      client_ca_file: {files["certificate"]}
model_providers:
  - {{model: openai/gpt-4o, access_key: $KEY, base_url: "{provider.url}", default: true}}
  - {{model: groq/*, access_key: $KEY, base_url: "{provider.url}"}}
  - {{model: anthropic/claude-sonnet-4-6, access_key: $KEY, base_url: "{provider.url}"}}
  - {{model: litellm/own, passthrough_auth: true, base_url: "{provider.url}"}}
model_aliases:
  fast: {{target: gpt-4o}}
"""
        environ = {"TEAM_A": TEAM_A, "TEAM_B": TEAM_B, "KEY": "sk-provider"}
        trust = ssl.create_default_context(cafile=str(files["certificate"]))
        with Gateway(yaml, environ) as gateway:
            yield World(port, tls_port, own_header_port, mutual_port, folder, provider, gateway, rsa, trust)


def _files(folder: Path, rsa: keys.Rsa) -> dict[str, Path]:
    hmac_key = {"kty": "oct", "alg": "HS256", "kid": "h", "k": keys.base64url(SHARED)}
    contents = {
        "certificate": keys.certificate(rsa),
        "key": rsa.pem,
        "rsa": json.dumps({"keys": [rsa.jwk("r")]}),
        "hmac": json.dumps({"keys": [hmac_key]}),
    }
    for name, content in contents.items():
        (folder / name).write_text(content)
    return {name: folder / name for name in contents}


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.provider.reset()


def _bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}


def _claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": "https://rsa.example", "aud": "gateway", "sub": "u1", "iat": now, "exp": now + 600, **changed}


GOOD = [
    pytest.param(_bearer(TEAM_A), id="bearer"),
    pytest.param({"x-api-key": TEAM_A}, id="x-api-key"),
    pytest.param({"authorization": f"bearer {TEAM_A}"}, id="lower-case-bearer"),
]


@pytest.mark.parametrize("headers", GOOD)
def test_known_key_may_call(world: World, headers: Mapping[str, str]) -> None:
    assert call(world.port, CHAT, chat(), headers).status == 200
    assert world.provider.last.header("authorization") == "Bearer sk-provider"
    assert TEAM_A not in str(world.provider.last.headers)


BAD = [
    pytest.param({}, id="nothing"),
    pytest.param(_bearer("wrong"), id="wrong"),
    pytest.param(_bearer(""), id="empty"),
    pytest.param(_bearer(TEAM_A[:-1]), id="shorter"),
    pytest.param(_bearer(TEAM_A + "x"), id="longer"),
    pytest.param(_bearer("$TEAM_A"), id="name-of-the-variable"),
    pytest.param({"authorization": f"Basic {TEAM_A}"}, id="other-scheme"),
    pytest.param({"x-plano-caller": "team-a", "x-client-id": "team-a"}, id="spoofed"),
    pytest.param(_bearer("e30.e30.e30"), id="odd-token"),
    pytest.param({"cookie": f"key={TEAM_A}"}, id="cookie"),
]


@pytest.mark.parametrize("path", [CHAT, MESSAGES, "/v1/models"])
@pytest.mark.parametrize("headers", BAD)
def test_unknown_caller_is_refused(world: World, headers: Mapping[str, str], path: str) -> None:
    body, method = (None, "GET") if path == "/v1/models" else (chat(), "POST")
    reply = call(world.port, path, body, headers, method=method)
    assert (reply.status, reply.error["code"]) == (401, "unauthorized"), reply.body
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    assert not world.provider.seen


def test_key_in_the_query_is_not_a_key(world: World) -> None:
    assert call(world.port, f"{CHAT}?api_key={TEAM_A}&access_token={TEAM_A}", chat()).status == 401


def test_health_needs_no_key(world: World) -> None:
    assert call(world.port, "/healthz", method="GET").status == 200


ALLOWED = [("fast", 200), ("groq/llama-4", 200), ("gpt-4o", 403), ("openai/gpt-4o", 403), ("claude-sonnet-4-6", 403)]


@pytest.mark.parametrize(("model", "status"), ALLOWED)
def test_allow_list(world: World, model: str, status: int) -> None:
    reply = call(world.port, CHAT, chat(model), _bearer(TEAM_B))
    assert reply.status == status, reply.body
    if status == 403:
        assert reply.error["code"] == "model_not_allowed"
        assert not world.provider.seen


@pytest.mark.parametrize("model", [None, ""], ids=["omitted", "empty"])
def test_allow_list_holds_for_the_default_too(world: World, model: str | None) -> None:
    """The default model is not on the list, so leaving the model out is no way around it."""
    reply = call(world.port, CHAT, chat(model), _bearer(TEAM_B))
    assert (reply.status, reply.error["code"]) == (403, "model_not_allowed")


@pytest.mark.parametrize("models", [("fast", "gpt-4o"), ("gpt-4o", "fast")])
def test_allow_list_is_not_fooled_by_two_models(world: World, models: tuple[str, str]) -> None:
    """Duplicate keys: the provider might mean the other one, so nobody gets to see them."""
    body = '{{"model": "{}", "model": "{}", "messages": []}}'.format(*models)
    reply = call(world.port, CHAT, body.encode(), _bearer(TEAM_B))
    assert (reply.status, reply.error["code"]) == (400, "invalid_json")
    assert not world.provider.seen


def test_allow_list_is_not_fooled_by_capitals(world: World) -> None:
    """Some providers' JSON readers make no difference between "model" and "Model"."""
    body = b'{"model": "fast", "Model": "gpt-4o", "messages": []}'
    reply = call(world.port, CHAT, body, _bearer(TEAM_B))
    assert (reply.status, reply.error["code"]) == (400, "invalid_json")
    assert not world.provider.seen


def test_allow_list_is_not_fooled_by_two_content_types(world: World) -> None:
    """As JSON the body names one model, as a form another; nobody gets to choose."""
    part = '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n{}\r\n--b--\r\n'
    bodies = (b'{"model": "fast"}', part.format("gpt-4o").encode(), part.format("fast").encode())
    kinds = ["application/json", "multipart/form-data; boundary=b"]
    for path, body, order in product((CHAT, "/v1/audio/transcriptions"), bodies, (kinds, kinds[::-1])):
        types = "".join(f"content-type: {kind}\r\n" for kind in order)
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TEAM_B}\r\n{types}"
        answer = raw_exchange(world.port, f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        assert answer.startswith(b"HTTP/1.1 400"), answer
        assert b'"code":"invalid_json"' in answer
    assert not world.provider.seen


def test_upgrade_is_no_matter_of_models(world: World) -> None:
    """Refused for what it is, and no way around the allow-list."""
    sent = {**_bearer(TEAM_B), "connection": "upgrade", "upgrade": "websocket"}
    reply = call(world.port, CHAT, chat("gpt-4o"), sent)
    assert (reply.status, reply.error["code"]) == (400, "bad_request")
    assert not world.provider.seen


def test_too_large_body_of_a_caller(world: World) -> None:
    """A known caller hears that it is too large, an unknown one only that he is unknown."""
    body = {**chat("gpt-4o"), "pad": "x" * 34_000_000}
    assert call(world.port, CHAT, body, _bearer(TEAM_B)).error["code"] == "request_too_large"
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: 99000000\r\n\r\n{" % CHAT.encode()
    assert raw_exchange(world.port, head).startswith(b"HTTP/1.1 401")
    assert not world.provider.seen


def test_rs256_token(world: World) -> None:
    assert call(world.port, CHAT, chat(), _bearer(keys.token(_claims(), world.rsa, "r"))).status == 200
    assert world.provider.last.header("authorization") == "Bearer sk-provider"


def test_hs256_token_and_its_allow_list(world: World) -> None:
    token = keys.token(_claims(iss="https://hmac.example", team="ops"), SHARED, "h")
    assert call(world.port, CHAT, chat("fast"), _bearer(token)).status == 200
    assert call(world.port, CHAT, chat("gpt-4o"), _bearer(token)).status == 403


BAD_TOKENS = [
    pytest.param(lambda w: keys.token(_claims(exp=int(time.time()) - 600), w.rsa, "r"), id="expired"),
    pytest.param(lambda w: keys.token(_claims(aud="other"), w.rsa, "r"), id="audience"),
    pytest.param(lambda w: keys.token(_claims(iss="https://other.example"), w.rsa, "r"), id="issuer"),
    pytest.param(lambda w: keys.token(_claims(), SHARED, "r"), id="hmac-for-rsa"),
    pytest.param(lambda w: keys.token(_claims(), keys.rsa(1024), "r"), id="another-key"),
    pytest.param(lambda w: keys.token(_claims(), w.rsa, "r").rsplit(".", 1)[0] + ".", id="no-signature"),
]


@pytest.mark.parametrize("make", BAD_TOKENS)
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_bad_token_is_refused(world: World, make: Any, path: str) -> None:
    reply = call(world.port, path, chat(), _bearer(make(world)))
    assert (reply.status, reply.error["code"]) == (401, "unauthorized"), reply.body
    assert not world.provider.seen


def test_own_header(world: World) -> None:
    """With a header of its own for the gateway's key, Authorization is free for a provider that takes the caller's."""
    reply = call(world.own_header_port, CHAT, chat("own"), {"x-gateway-key": TEAM_A, **_bearer("sk-for-provider")})
    assert reply.status == 200, reply.body
    assert world.provider.last.header("authorization") == "Bearer sk-for-provider"
    assert TEAM_A not in str(world.provider.last.headers)
    assert call(world.own_header_port, CHAT, chat(), _bearer(TEAM_A)).status == 401


def test_the_gateways_key_is_not_passed_through() -> None:
    """A provider that takes the caller's own key would get the key of this gateway: refused before anything runs."""
    yaml = """
version: v0.4.0
listeners: [{type: model, name: llm, port: 1234, auth: {api_keys: [{name: a, key: $TEAM_A}]}}]
model_providers: [{model: litellm/own, passthrough_auth: true, base_url: "http://127.0.0.1:1"}]
"""
    with pytest.raises(AssertionError, match="would get it"), Gateway(yaml, {"TEAM_A": TEAM_A}):
        pass


def test_the_log_names_the_caller_never_the_key(world: World) -> None:
    reply = call(world.port, CHAT, chat("fast"), _bearer(TEAM_B))
    assert world.gateway.logged(reply.headers["x-request-id"])["caller"] == "team-b"
    token = keys.token(_claims(), world.rsa, "r")
    reply = call(world.port, CHAT, chat(), _bearer(token))
    assert world.gateway.logged(reply.headers["x-request-id"])["caller"] == "u1"
    texts = [json.dumps(world.gateway.access_log()), world.gateway.envoy_log(), world.gateway.admin("/config_dump")]
    for secret in (TEAM_A, TEAM_B, token, "sk-provider", SHARED.decode()):
        assert not any(secret in text for text in texts)


def test_sdks_raise(world: World) -> None:
    url = f"http://127.0.0.1:{world.port}"
    hello: Any = [{"role": "user", "content": "hi"}]
    with openai.OpenAI(api_key="wrong", base_url=f"{url}/v1", max_retries=0) as o:
        with pytest.raises(openai.AuthenticationError):
            o.chat.completions.create(model="gpt-4o", messages=hello)
        with pytest.raises(openai.PermissionDeniedError):
            o.with_options(api_key=TEAM_B).chat.completions.create(model="gpt-4o", messages=hello)
    with anthropic.Anthropic(api_key="wrong", base_url=url, max_retries=0) as a:
        with pytest.raises(anthropic.AuthenticationError):
            a.messages.create(model="claude-sonnet-4-6", max_tokens=9, messages=hello)
        with pytest.raises(anthropic.PermissionDeniedError):
            a.with_options(api_key=TEAM_B).messages.create(model="claude-sonnet-4-6", max_tokens=9, messages=hello)
        assert (
            a.with_options(api_key=TEAM_A)
            .messages.create(model="claude-sonnet-4-6", max_tokens=9, messages=hello)
            .content
        )


def test_downstream_tls(world: World) -> None:
    reply = call(world.tls_port, CHAT, chat(), context=world.trust)
    assert reply.status == 200
    with pytest.raises(ssl.SSLError):
        call(world.tls_port, CHAT, chat(), context=ssl.create_default_context())


def test_client_certificate(world: World) -> None:
    """Without the wanted certificate nobody gets as far as a request."""
    with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
        call(world.mutual_port, CHAT, chat(), context=world.trust)
    assert not world.provider.seen
    known = ssl.create_default_context(cafile=str(world.folder / "certificate"))
    known.load_cert_chain(world.folder / "certificate", world.folder / "key")
    assert call(world.mutual_port, CHAT, chat(), context=known).status == 200


def test_tls_port_does_not_speak_plain_http(world: World) -> None:
    with pytest.raises((OSError, http.client.HTTPException)):
        call(world.tls_port, CHAT, chat())
    assert not world.provider.seen


def test_old_tls_is_refused(world: World) -> None:
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    try:
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    except ValueError:
        pytest.skip("this OpenSSL speaks no old TLS either")
    with pytest.raises(ssl.SSLError):
        call(world.tls_port, CHAT, chat(), context=old)
