"""One attempt, from Envoy's request to the answer: with a provider that is made up, without sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ext_proc.http_calls import HttpCall
from ext_proc.ports import StreamedAnswer, UpstreamCut, UpstreamError
from ext_proc.translate.attempt import Translator
from ext_proc.translate.targets import Targets, UnknownAccount
from ext_proc.translate.tests.test_relay import END, HEAD, WORD
from schemas import names
from schemas.runtime import Account, Spoken

ANTHROPIC = Spoken(dialect="anthropic_messages", path="/v1/messages", stream_path="/v1/messages", models=())
GEMINI = Spoken(dialect="gemini", path="/g/{model}:whole", stream_path="/g/{model}:stream", models=("gem*",))
ACCOUNTS = (
    Account(cluster="a", outbound="account/a", provider="anthropic", spoken=(ANTHROPIC,)),
    Account(cluster="g", outbound="account/g", provider="gemini", spoken=(GEMINI,)),
)
WHOLE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "c",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 7},
}
JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream; charset=utf-8"}


class Provider:
    """Satisfies `Upstream` as far as it is asked: one answer, perhaps cut off or silent."""

    def __init__(self, status: int, headers: Mapping[str, str], *chunks: bytes | UpstreamError | float) -> None:
        self.status, self.headers, self.chunks = status, headers, chunks
        self.asked: dict[str, Any] = {}

    @asynccontextmanager
    async def stream(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> AsyncIterator[StreamedAnswer]:
        self.asked = {"outbound": outbound, "path": path, "headers": headers, "body": json.loads(body)}
        yield StreamedAnswer(self.status, self.headers, self._chunks())

    async def _chunks(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, UpstreamError):
                raise chunk
            if isinstance(chunk, float):
                await asyncio.sleep(chunk)
            else:
                yield chunk

    async def call(self, *_: object, **__: object) -> Any:
        raise AssertionError("translated attempts stream")


class Client:
    """Hears what is answered."""

    def __init__(self) -> None:
        self.status, self.headers, self.body, self.trailers = 0, dict[str, str](), b"", dict[str, str]()

    def begin(self, status: int, pairs: Iterable[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(pairs)

    async def write(self, data: bytes) -> None:
        self.body += data

    def end(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.trailers = dict(pairs)


def ask(provider: Provider, *, account: str = "a", model: str = "claude", idle: str = "", **body: Any) -> Client:
    client = Client()
    sent = {"model": "best", "messages": [{"role": "user", "content": "hi"}], **body}
    headers = {
        b":path": b"/v1/chat/completions?x=1",
        names.ACCOUNT_HEADER.encode(): account.encode(),
        names.MODEL_HEADER.encode(): model.encode(),
        b"x-request-id": b"r1",
        b"authorization": b"Bearer of the client",
        **({names.IDLE_HEADER.encode(): idle.encode()} if idle else {}),
    }
    translator = Translator(Targets(ACCOUNTS), provider)
    asyncio.run(translator.serve(HttpCall(headers, json.dumps(sent).encode()), client))
    return client


def test_a_whole_answer() -> None:
    provider = Provider(200, JSON, json.dumps(WHOLE).encode())
    client = ask(provider, top_k=3, seed=7)
    assert (provider.asked["outbound"], provider.asked["path"]) == ("account/a", "/v1/messages")
    assert provider.asked["body"]["model"] == "claude"
    assert "authorization" not in provider.asked["headers"]
    assert provider.asked["headers"]["x-request-id"] == "r1"
    answer = json.loads(client.body)
    assert (client.status, answer["model"]) == (200, "best")
    assert answer["choices"][0]["message"]["content"] == "Hello"
    assert answer["usage"]["total_tokens"] == 10
    assert client.headers[names.TRANSLATED_HEADER] == "anthropic_messages"
    assert "seed" in client.headers[names.DROPPED_HEADER]
    assert client.trailers["x-plano-usage-output"] == "7"


def test_a_stream() -> None:
    client = ask(Provider(200, EVENTS, HEAD, WORD, END), stream=True)
    assert (client.status, client.headers["content-type"]) == (200, "text/event-stream")
    assert b"Hello" in client.body and client.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "chunks, fault",
    [
        ((HEAD, UpstreamCut("cut")), "cut"),
        ((HEAD,), "cut"),
        ((HEAD, 0.3), "timeout"),
        ((b"data: {no json\n\n",), "garbled"),
    ],
)
def test_before_the_first_word_a_failure_is_a_status_for_the_next_attempt(chunks: tuple[Any, ...], fault: str) -> None:
    client = ask(Provider(200, EVENTS, *chunks), stream=True, idle="0.1")
    assert client.status in (502, 504)
    assert client.headers[names.FAIL_OVER_HEADER] == fault
    assert json.loads(client.body)["error"]["message"]


@pytest.mark.parametrize("chunks", [(UpstreamCut("cut"),), (), (0.3,)], ids=["reset", "end", "silence"])
def test_after_it_a_failure_is_an_event_of_the_client(chunks: tuple[Any, ...]) -> None:
    client = ask(Provider(200, EVENTS, HEAD, WORD, *chunks), stream=True, idle="0.1")
    assert client.status == 200
    assert b'"error"' in client.body and b"[DONE]" not in client.body


def test_a_whole_answer_serves_a_client_that_wants_a_stream() -> None:
    client = ask(Provider(200, JSON, json.dumps(WHOLE).encode()), stream=True)
    assert b"Hello" in client.body and client.body.endswith(b"data: [DONE]\n\n")


def test_a_stream_serves_a_client_that_wants_a_whole_answer() -> None:
    client = ask(Provider(200, EVENTS, HEAD, WORD, END))
    assert json.loads(client.body)["choices"][0]["message"]["content"] == "Hello"


@pytest.mark.parametrize("body", [b"<html>", b'{"other": 1}', b"[]", b""])
def test_what_is_no_answer_is_none(body: bytes) -> None:
    client = ask(Provider(200, {"content-type": "text/html"}, body))
    assert (client.status, client.headers[names.FAIL_OVER_HEADER]) == (502, "garbled")


@pytest.mark.parametrize(
    "status, kind, fails_over",
    [(429, "rate_limit_error", True), (400, "invalid_request_error", False), (401, "authentication_error", True)],
)
def test_a_providers_refusal_is_told_in_the_clients_words(status: int, kind: str, fails_over: bool) -> None:
    error = {"type": "error", "error": {"type": kind, "message": "because"}}
    client = ask(Provider(status, {**JSON, "retry-after": "3"}, json.dumps(error).encode()))
    assert (client.status, json.loads(client.body)["error"]["message"]) == (status, "because")
    assert (names.FAIL_OVER_HEADER in client.headers) is fails_over
    assert client.headers["retry-after"] == "3"


def test_envoys_own_answer_is_a_provider_that_was_not_reached() -> None:
    client = ask(Provider(503, {names.LOCAL_HEADER: "1"}, b"upstream connect error"))
    assert client.status == 503
    assert b"upstream connect error" not in client.body


def test_what_cannot_be_carried_is_refused_with_its_address() -> None:
    content = [{"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}]
    client = ask(Provider(200, JSON), messages=[{"role": "user", "content": content}])
    assert client.status == 422
    assert "messages[0].content[0]" in json.loads(client.body)["error"]["message"]
    assert names.FAIL_OVER_HEADER in client.headers


def test_a_malformed_request_is_not_tried_elsewhere() -> None:
    client = ask(Provider(200, JSON), messages="hello")
    assert client.status == 400
    assert names.FAIL_OVER_HEADER not in client.headers


def test_the_path_may_name_the_model() -> None:
    provider = Provider(500, JSON, b"{}")
    ask(provider, account="g", model="gem/a b", stream=True)
    assert provider.asked["path"] == "/g/gem%2Fa%20b:stream"


@pytest.mark.parametrize("account, model", [("unknown", "m"), ("g", "other")])
def test_an_account_nobody_knows_is_a_fault(account: str, model: str) -> None:
    with pytest.raises(UnknownAccount):
        ask(Provider(200, JSON), account=account, model=model)
