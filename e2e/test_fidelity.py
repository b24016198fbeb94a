"""What goes through the gateway is not touched: answers equal the recordings, requests equal what the client wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from e2e.client import CHAT, MESSAGES, RESPONSES, RawConnection, call, chat, raw_exchange
from e2e.fake import Provider, Recording, recordings
from e2e.harness import Gateway, free_port

NATIVE = {CHAT, MESSAGES, RESPONSES, "/v1/completions", "/v1/embeddings"}


class World(NamedTuple):
    port: int
    openai: Provider
    anthropic: Provider


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    port = free_port()
    with Provider() as openai, Provider() as anthropic:
        yaml = f"""
version: v0.4.0
listeners:
  - {{type: model, name: llm, address: 127.0.0.1, port: {port}}}
model_providers:
  - model: openai/*
    access_key: $OPENAI_API_KEY
    base_url: {openai.url}
  - model: openai/gpt-4o
    access_key: $OPENAI_API_KEY
    base_url: {openai.url}
    default: true
  - model: anthropic/*
    access_key: $ANTHROPIC_API_KEY
    base_url: {anthropic.url}
  - model: anthropic/claude-sonnet-4-6
    access_key: $ANTHROPIC_API_KEY
    base_url: {anthropic.url}
model_aliases:
  best: {{target: gpt-4o}}
"""
        with Gateway(yaml, {"OPENAI_API_KEY": "sk-openai", "ANTHROPIC_API_KEY": "sk-ant"}):
            yield World(port, openai, anthropic)


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    world.openai.reset()
    world.anthropic.reset()


def _path(recording: Recording) -> str:
    """The client's path for a recording; answers of other dialects travel as chat answers: bytes are bytes."""
    return recording.path if recording.path in NATIVE else CHAT


def _request(recording: Recording) -> bytes:
    """The recorded request, else a plain one; the model stays as the client of the recording wrote it."""
    if recording.request:
        body = recording.request
        model = json.loads(body)["model"]
        return body.replace(f'"{model}"'.encode(), f'"openai/{model}"'.encode())
    model = "claude-sonnet-4-6" if _path(recording) == MESSAGES else "gpt-4o"
    return json.dumps(chat(model, stream=recording.streamed)).encode()


@pytest.mark.parametrize("name", sorted(recordings()))
def test_answer_equals_the_recording(world: World, name: str) -> None:
    recording = recordings()[name]
    provider = world.anthropic if _path(recording) == MESSAGES else world.openai
    provider.next(recording=name)
    reply = call(world.port, _path(recording), _request(recording))
    assert (reply.status, reply.body, reply.whole) == (recording.status, recording.body, True)
    for header, value in recording.headers:
        if header not in {"x-request-id", "x-envoy-upstream-service-time", "strict-transport-security"}:
            assert reply.headers.get(header) == value, header


@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
@pytest.mark.parametrize("chunk", [1, 7, -1, 4096], ids=["byte", "7-bytes", "event", "4KiB"])
@pytest.mark.parametrize("name", sorted(n for n, r in recordings().items() if r.streamed or n.endswith(".bin")))
def test_stream_equals_the_recording_however_it_is_cut(world: World, name: str, chunk: int, framing: str) -> None:
    recording = recordings()[name]
    provider = world.anthropic if _path(recording) == MESSAGES else world.openai
    provider.next(recording=name, chunk=chunk, framing=framing)
    reply = call(world.port, _path(recording), _request(recording))
    assert (reply.status, reply.body, reply.whole) == (recording.status, recording.body, True)
    assert reply.headers["content-type"] == recording.content_type


def test_events_arrive_as_they_are_sent(world: World) -> None:
    """Nothing waits for the end of a stream: the first event is here while the provider still holds the rest."""
    first = recordings()["chat-streaming"].body.split(b"\n\n")[0]
    world.openai.next(recording="chat-streaming", fault="hang_mid", cut=len(first) + 2, chunk=-1)
    connection = RawConnection(world.port, chat(stream=True))
    received = b""
    while first not in received:
        part = connection.read_some()
        assert part, received
        received += part
    connection.leave(reset=False)


# Model as sent -> as the provider gets it; everything else of the body stays, byte for byte.
BODIES = [
    pytest.param("gpt-4o", "gpt-4o", b'{"model":"%s"}', id="nothing-else"),
    pytest.param("openai/gpt-4o", "gpt-4o", b'{"model":"%s","n":1}', id="first"),
    pytest.param(
        "openai/gpt-4o", "gpt-4o", b'{ "n" : 9007199254740993 ,\n\t"model" :\r\n "%s" }', id="last-and-spaced"
    ),
    pytest.param(
        "best", "gpt-4o", b'{"metadata":{"model":"best"},"model":"%s","a":["model",{"model":"x"}]}', id="nested"
    ),
    pytest.param(
        "best", "gpt-4o", b'{"messages":[{"content":"\\"model\\":\\"best\\" \\\\"}],"model":"%s"}', id="in-text"
    ),
    pytest.param(
        "best", "gpt-4o", b'{"z":1.0,"a":1.50E+300,"u":"\\u00e9\xc3\xa9","model":"%s","b":{}}', id="odd-values"
    ),
    pytest.param("openai/ft:gpt-4o:org::id", "ft:gpt-4o:org::id", b'{"model":"%s","x":null}', id="wildcard"),
    pytest.param("openai/a/b", "a/b", b'{"model":"%s","x":null}', id="slash-in-id"),
]


@pytest.mark.parametrize(("sent", "received", "body"), BODIES)
def test_only_the_model_of_a_request_changes(world: World, sent: str, received: str, body: bytes) -> None:
    reply = call(world.port, CHAT, body % sent.encode())
    assert reply.status == 200
    assert world.openai.last.body == body % received.encode()


@pytest.mark.parametrize("name", sorted(n for n, r in recordings().items() if r.request))
def test_recorded_requests_arrive_unchanged(world: World, name: str) -> None:
    recording = recordings()[name]
    call(world.port, recording.path, _request(recording))
    assert world.openai.last.target == recording.path
    assert world.openai.last.body == recording.request


def test_headers_of_the_client_arrive(world: World) -> None:
    """Providers read beta switches and SDK names: what is not ours passes."""
    sent = {
        "openai-beta": "assistants=v2",
        "x-stainless-lang": "python",
        "user-agent": "me/1",
        "accept": "text/event-stream",
    }
    call(world.port, CHAT, chat(), sent | {"x-odd": "a, b"})
    for name, value in (sent | {"x-odd": "a, b"}).items():
        assert world.openai.last.header(name) == value


def test_anthropic_version_of_the_client_wins(world: World) -> None:
    """A header that only fills a gap must not undo what the client asked for."""
    call(world.port, MESSAGES, chat("claude-sonnet-4-6"), {"anthropic-version": "2023-01-01", "anthropic-beta": "x"})
    assert world.anthropic.last.header("anthropic-beta") == "x"
    assert world.anthropic.last.header("anthropic-version") in {"2023-01-01", "2023-06-01"}


def test_query_string_is_kept(world: World) -> None:
    call(world.port, MESSAGES + "?beta=true", chat("claude-sonnet-4-6"))
    assert world.anthropic.last.target == "/v1/messages?beta=true"


def test_gateway_adds_no_headers_of_its_own(world: World) -> None:
    """A provider learns nothing about the gateway or about the client's network."""
    call(world.port, CHAT, chat())
    names = {name for name, _ in world.openai.last.headers}
    assert not {n for n in names if n.startswith(("x-envoy-", "x-plano-"))}
    assert not names & {"x-forwarded-for", "x-forwarded-proto"}


def test_chunked_upload_arrives_whole(world: World) -> None:
    body = json.dumps(chat()).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    head += b"transfer-encoding: chunked\r\n\r\n"
    parts = b"".join(b"%x\r\n%b\r\n" % (len(body[i : i + 9]), body[i : i + 9]) for i in range(0, len(body), 9))
    answer = raw_exchange(world.port, head + parts + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert world.openai.last.body == body
