"""The fake provider itself: a judge that errs would prove nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from e2e.client import CHAT, MESSAGES, Reply, call, chat, raw_exchange
from e2e.fake import Provider, recordings, script
from e2e.fake.http1 import Parser, pieces


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("name", ["chat-basic", "chat-streaming", "bedrock--tool.bin", "anthropic--stream_tool"])
def test_replays_bytes(provider: Provider, name: str, framing: str) -> None:
    provider.next(recording=name, chunk=13, framing=framing)
    reply = call(provider.port, body=chat())
    assert (reply.status, reply.body) == (recordings()[name].status, recordings()[name].body)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_requests_may_arrive_in_any_pieces(size: int) -> None:
    plain = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    chunked = b"POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"
    parser, taken = Parser(), []
    for piece in pieces(plain + chunked, size):
        parser.feed(piece)
        while exchange := parser.take():
            taken.append((exchange.target, exchange.body))
    assert taken == [("/a?b=c", b"hello"), ("/d", b"hello")]


def _whole(provider: Provider, **script: object) -> Reply:
    provider.next(**script)
    return call(provider.port, body=chat(stream=True))


def test_faults(provider: Provider) -> None:
    assert not _whole(provider, fault="fin_mid", cut=30).whole
    assert not _whole(provider, fault="reset_mid", cut=30).whole
    assert _whole(provider, status=429, headers={"retry-after": "3"}).headers["retry-after"] == "3"
    for fault in ("reset", "fin"):
        with pytest.raises(ConnectionError):
            _whole(provider, fault=fault)


def test_steering(provider: Provider) -> None:
    assert call(provider.port, body=chat("fake-503")).status == 503
    assert call(provider.port, body=chat(), headers={"x-fake": "status=418"}).status == 418
    assert call(provider.port, body=chat("fake-chat-unknown-model")).status == 404
    assert call(provider.port, MESSAGES, chat("fake-400")).json["type"] == "error"
    with pytest.raises(ValueError, match="unknown"):
        script(stauts=500)


def test_remembers(provider: Provider) -> None:
    call(provider.port, CHAT + "?q=1", chat("m"), {"x-a": "b"})
    assert (provider.last.target, provider.last.header("x-a"), provider.last.gone) == (CHAT + "?q=1", "b", None)


def test_answers_several_requests_on_a_connection(provider: Provider) -> None:
    one = b"POST /v1/moderations HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"
    assert raw_exchange(provider.port, one * 3).count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize(
    ("path", "recording"),
    [
        ("/v1beta/models/gemini-2.5-pro:generateContent", "vertex-gemini--basic"),
        ("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "vertex-gemini--stream_tool"),
        ("/model/anthropic.claude/converse", "bedrock--basic"),
        ("/model/anthropic.claude/converse-stream", "bedrock--basic.bin"),
    ],
)
def test_other_providers_answer_under_their_paths(provider: Provider, path: str, recording: str) -> None:
    reply = call(provider.port, path, {"contents": []})
    assert (reply.status, reply.body) == (200, recordings()[recording].body)
    provider.next(status=503)
    assert "told to say 503" in json.dumps(call(provider.port, path, {"contents": []}).json)
