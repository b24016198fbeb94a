"""Keys: each provider sees its own and no other, in any order of failover; nobody else sees any.

Every auth style is one provider account on its own fake server; an alias per ordered pair fails over from one to the
other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from e2e.client import CHAT, MESSAGES, call, chat
from e2e.fake import Exchange, Provider
from e2e.harness import Gateway, free_port

CALLER = "sk-caller-own-key-0c1d"


class Style(NamedTuple):
    """How one provider wants its key: YAML of the account, its secrets, the headers it must get."""

    model: str
    yaml: str
    environ: Mapping[str, str]
    gets: Mapping[str, str]


BEARER, ANTHROPIC, AZURE, GOOGLE, AWS = (f"key-of-{n}-5e6f" for n in ("bearer", "xapi", "azure", "google", "aws"))

CHAT_STYLES = {
    "bearer": Style("openai/m", "access_key: $BEARER", {"BEARER": BEARER}, {"authorization": f"Bearer {BEARER}"}),
    "api-key": Style("azure_openai/m", "access_key: $AZURE", {"AZURE": AZURE}, {"api-key": AZURE}),
    "x-goog-api-key": Style(
        "openai_compatible/m", "headers: {x-goog-api-key: $GOOGLE}", {"GOOGLE": GOOGLE}, {"x-goog-api-key": GOOGLE}
    ),
    "x-api-key-header": Style("vllm/m", "headers: {x-api-key: $XAPI}", {"XAPI": ANTHROPIC}, {"x-api-key": ANTHROPIC}),
    "passthrough": Style("litellm/m", "passthrough_auth: true", {}, {"authorization": f"Bearer {CALLER}"}),
    "none": Style("ollama/m", "", {}, {}),
    "sigv4": Style(
        "amazon_bedrock/openai.m",
        "aws: {region: eu-central-1}",
        {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE5e6f", "AWS_SECRET_ACCESS_KEY": AWS},
        {"authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE5e6f/"},
    ),
}
MESSAGES_STYLES = {
    "x-api-key": Style("anthropic/m", "access_key: $XAPI", {"XAPI": ANTHROPIC}, {"x-api-key": ANTHROPIC}),
    "bearer": Style("openrouter/m", "access_key: $BEARER", {"BEARER": BEARER}, {"authorization": f"Bearer {BEARER}"}),
    "x-goog-api-key": Style(
        "vllm/m", "headers: {x-goog-api-key: $GOOGLE}", {"GOOGLE": GOOGLE}, {"x-goog-api-key": GOOGLE}
    ),
    "passthrough": Style("litellm/m", "passthrough_auth: true", {}, {"authorization": f"Bearer {CALLER}"}),
    "none": Style("ollama/m", "", {}, {}),
}
CREDENTIAL_HEADERS = {"authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token", "cookie"}
SECRETS = {BEARER, ANTHROPIC, AZURE, GOOGLE, AWS, "AKIDEXAMPLE5e6f", CALLER}


class World(NamedTuple):
    port: int
    providers: Mapping[str, Provider]
    gateway: Gateway


def _world(styles: Mapping[str, Style]) -> Iterator[World]:
    providers = {name: Provider(name=name).__enter__() for name in styles}
    port = free_port()
    accounts = "".join(
        f'  - {{model: "{s.model}", base_url: "{providers[n].url}"{", " + s.yaml if s.yaml else ""}}}\n'
        for n, s in styles.items()
    )
    aliases = "".join(
        f'  {a}-then-{b}: {{targets: [{{model: "{styles[a].model}"}}, {{model: "{styles[b].model}"}}]}}\n'
        for a, b in itertools.permutations(styles, 2)
    )
    yaml = f"""
version: v0.4.0
listeners:
  - type: model
    name: llm
    address: 127.0.0.1
    port: {port}
    retry: {{backoff_base: 5ms, backoff_max: 10ms}}
model_providers:
{accounts}
model_aliases:
{aliases}
"""
    environ = {name: value for style in styles.values() for name, value in style.environ.items()}
    try:
        with Gateway(yaml, environ) as gateway:
            yield World(port, providers, gateway)
    finally:
        for provider in providers.values():
            provider.close()


@pytest.fixture(scope="module")
def chats() -> Iterator[World]:
    yield from _world(CHAT_STYLES)


@pytest.fixture(scope="module")
def messages() -> Iterator[World]:
    yield from _world(MESSAGES_STYLES)


# A caller who sends every kind of credential at once, its own and made-up ones.
SENT = {
    "authorization": f"Bearer {CALLER}",
    "api-key": "caller-api-key",
    "x-goog-api-key": "caller-goog-key",
    "x-amz-security-token": "caller-token",
    "cookie": "session=caller-cookie",
}


def _sees_only_its_own(attempt: Exchange, style: Style) -> None:
    own = set(style.gets.values()) | set(style.environ.values())
    everything = "\n".join([attempt.target, attempt.body.decode(), *(f"{n}: {v}" for n, v in attempt.headers)])
    for secret in SECRETS:
        if not any(secret in value for value in own):
            assert secret not in everything, "another's key"
    assert "caller-api-key" not in everything and "caller-goog-key" not in everything
    assert AWS not in everything, "the signing key itself"
    for header, value in style.gets.items():
        assert (attempt.header(header) or "").startswith(value), header
    assert not {n for n, _ in attempt.headers} & (CREDENTIAL_HEADERS - {"cookie"} - set(style.gets)), "left over"


def _fail_over(world: World, styles: Mapping[str, Style], first: str, second: str, path: str) -> None:
    for provider in world.providers.values():
        provider.reset()
    world.providers[first].always(status=503)
    reply = call(world.port, path, chat(f"{first}-then-{second}"), SENT)
    assert reply.status == 200, reply.body
    _sees_only_its_own(world.providers[first].last, styles[first])
    _sees_only_its_own(world.providers[second].last, styles[second])
    for name, provider in world.providers.items():
        assert bool(provider.seen) == (name in (first, second)), name


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(CHAT_STYLES, 2)))
def test_no_provider_sees_anothers_key(chats: World, first: str, second: str) -> None:
    _fail_over(chats, CHAT_STYLES, first, second, CHAT)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(MESSAGES_STYLES, 2)))
def test_no_provider_sees_anothers_key_in_messages(messages: World, first: str, second: str) -> None:
    _fail_over(messages, MESSAGES_STYLES, first, second, MESSAGES)


def test_passthrough_takes_either_header_of_the_caller(chats: World) -> None:
    for sent in ({"authorization": f"Bearer {CALLER}"}, {"x-api-key": CALLER}):
        chats.providers["passthrough"].reset()
        call(chats.port, CHAT, chat("litellm/m"), sent)
        assert chats.providers["passthrough"].last.header("authorization") == f"Bearer {CALLER}"
        assert chats.providers["passthrough"].last.header("x-api-key") is None


def test_keys_are_nowhere_to_be_read(chats: World) -> None:
    """After traffic and errors: not in dumps, logs, rendered files, error bodies or the process list."""
    errors = [call(chats.port, CHAT, body, SENT) for body in (chat("nope"), b"{", chat(None))]
    errors.append(call(chats.port, "/nope", chat(), SENT))
    places = {f"error {r.status}": r.body.decode() + str(r.headers) for r in errors}
    for path in ("/config_dump?include_eds", "/clusters", "/stats", "/server_info", "/listeners", "/certs"):
        places[path] = chats.gateway.admin(path)
    for file in chats.gateway.directory.rglob("*"):
        if file.is_file():
            places[file.name] = file.read_text(errors="replace")
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            places[str(command)] = command.read_text(errors="replace")
        except OSError:
            continue  # the process has ended
    assert {"bootstrap.json", "runtime.json", "access.log", "envoy.log"} <= places.keys()
    found = {(place, secret) for place, text in places.items() for secret in SECRETS if secret in text}
    assert not found


def test_keys_written_in_the_file_are_not_rendered() -> None:
    """The configuration itself may hold a key; what is made from it may not."""
    port = free_port()
    with Provider() as provider:
        yaml = f"""
version: v0.4.0
listeners: [{{type: model, name: llm, address: 127.0.0.1, port: {port}}}]
model_providers: [{{model: openai/m, access_key: sk-written-9a8b, base_url: "{provider.url}"}}]
"""
        with Gateway(yaml) as gateway:
            assert call(port, CHAT, chat("m")).status == 200
            assert provider.last.header("authorization") == "Bearer sk-written-9a8b"
            made = [f for f in gateway.directory.rglob("*") if f.is_file()]
            assert not [f.name for f in made if "sk-written-9a8b" in f.read_text(errors="replace")]
            assert "sk-written-9a8b" not in gateway.admin("/config_dump?include_eds")
