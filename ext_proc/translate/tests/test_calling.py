"""Calls beside chat, from Envoy's request to the answer, with a provider that is told what to say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from ext_proc.http_calls import HttpCall
from ext_proc.ports import Answer, StreamedAnswer, UpstreamCut, UpstreamError, UpstreamLate
from ext_proc.translate.attempt import Translator
from ext_proc.translate.calling import AT_ONCE
from ext_proc.translate.targets import Targets, UnknownAccount
from schemas import names
from schemas.runtime import Account, Beside, Spoken

EMBED, COUNT, EMBED_CONTENT = "/v1/embeddings", "/v1/messages/count_tokens", "/v1beta/models/{model}:embedContent"
ACCOUNT = Account(
    cluster="acct",
    outbound="account/acct",
    provider="amazon_bedrock",
    spoken=(Spoken(dialect="openai_chat", path="/v1/chat/completions", stream_path="/c", models=("talker",)),),
    beside=(
        Beside(asked=EMBED, shape="bedrock_titan_embed", path="/model/{model}/invoke", models=("*titan*",)),
        Beside(asked=EMBED, shape="openai_embed", path="/e", models=("mini",)),
        Beside(asked=EMBED_CONTENT, shape="openai_embed", path="/e", models=()),
    ),
)
TEXTS = {"model": "x", "input": ["a", "b", "c", "d", "e", "f", "g"]}


@dataclass
class Provider:
    """Answers each call with the next of `answers` (the last one for all that follow)."""

    answers: list[Answer | UpstreamError]
    seen: list[tuple[str, str, Mapping[str, str], Any]] = field(default_factory=list)
    now: int = 0
    most: int = 0

    async def call(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> Answer:
        self.seen.append((outbound, path, headers, json.loads(body)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if isinstance(answer, UpstreamError):
            raise answer
        return answer

    def stream(
        self, outbound: str, method: str, path: str, *, headers: Mapping[str, str], body: bytes, deadline_s: float
    ) -> AbstractAsyncContextManager[StreamedAnswer]:
        raise AssertionError("calls beside chat do not stream")


class Client:
    status: int
    headers: dict[str, str]
    trailers: dict[str, str]

    def __init__(self) -> None:
        self.body = b""

    def begin(self, status: int, pairs: Iterable[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(pairs)

    async def write(self, data: bytes) -> None:
        self.body += data

    def end(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.trailers = dict(pairs)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ok(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode())


def ask(provider: Provider, path: str, body: Any, model: str = "titan", **headers: str) -> Client:
    sent = {":path": path, names.ACCOUNT_HEADER: "acct", names.MODEL_HEADER: model, **headers}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    call = HttpCall({name.encode(): value.encode() for name, value in sent.items()}, raw)
    client = Client()
    asyncio.run(Translator(Targets([ACCOUNT]), provider).serve(call, client))
    return client


def vector(number: int) -> Answer:
    return ok({"embedding": [number], "inputTextTokenCount": 2})


def test_texts_are_asked_for_a_few_at_once_and_told_in_order() -> None:
    provider = Provider([vector(number) for number in range(7)])
    client = ask(provider, EMBED, TEXTS, "titan/v2")
    assert client.status == 200
    by_text = {body["inputText"]: number for number, (_, _, _, body) in enumerate(provider.seen)}
    assert [row["embedding"] for row in client.json["data"]] == [[by_text[text]] for text in TEXTS["input"]]
    assert provider.most == AT_ONCE
    assert {(outbound, path) for outbound, path, _, _ in provider.seen} == {
        ("account/acct", "/model/titan%2Fv2/invoke")
    }
    assert client.trailers == {"x-plano-usage-input": "14"}
    assert client.headers["content-length"] == str(len(client.body))
    assert client.headers[names.TRANSLATED_HEADER] == "bedrock_titan_embed"


def test_the_models_own_shape_is_chosen() -> None:
    provider = Provider([ok({"data": [{"index": 0, "embedding": [1]}]})])
    client = ask(provider, EMBED, {"model": "x", "input": "a"}, "mini")
    assert (client.status, provider.seen[0][1], client.trailers) == (200, "/e", {"x-plano-usage": "unknown"})


def test_only_what_concerns_the_provider_is_passed_on() -> None:
    provider = Provider([vector(1)])
    given = {"x-request-id": "r", "authorization": "Bearer s", names.KEY_HEADER: "k"}
    ask(provider, EMBED, {"model": "x", "input": "a"}, "titan", **given)
    assert provider.seen[0][2] == {"x-request-id": "r", "content-type": "application/json", names.KEY_HEADER: "k"}


@pytest.mark.parametrize(
    ("answer", "status", "code", "fails_over"),
    [
        (ok({"message": "slow down"}, 429, **{"retry-after": "3"}), 429, "rate_limit_exceeded", "rate_limit"),
        (ok({"message": "no"}, 400), 400, None, None),
        (ok({"embedding": "?"}), 502, "provider_confused", "garbled"),
        (Answer(200, {}, b"<html>"), 502, "provider_confused", "garbled"),
        (ok({}, 503, **{names.LOCAL_HEADER: "1"}), 503, "upstream_unreachable", "outage"),
        (UpstreamLate(), 504, "upstream_timeout", "timeout"),
        (UpstreamCut(), 502, "upstream_reset", "cut"),
    ],
)
def test_a_failure_is_told_in_the_clients_words_and_fails_over(
    answer: Answer | UpstreamError, status: int, code: str | None, fails_over: str | None
) -> None:
    client = ask(Provider([vector(1), answer]), EMBED, TEXTS)
    assert (client.status, client.headers.get(names.FAIL_OVER_HEADER)) == (status, fails_over)
    assert code is None or client.json["error"]["code"] == code
    assert client.headers.get("retry-after") == ("3" if status == 429 else None)


def test_what_cannot_be_translated_is_refused_and_fails_over() -> None:
    provider = Provider([vector(1)])
    client = ask(provider, EMBED, {"model": "x", "input": [1]})
    assert (client.status, client.json["error"]["code"]) == (422, "untranslatable")
    assert client.headers[names.FAIL_OVER_HEADER] == "caller"
    assert not provider.seen


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"model":"x"}'])
def test_a_malformed_body_is_the_clients_fault_at_every_provider(body: bytes) -> None:
    client = ask(Provider([vector(1)]), EMBED, body)
    assert (client.status, names.FAIL_OVER_HEADER in client.headers) == (400, False)


def test_a_count_nobody_makes_is_guessed_and_says_so() -> None:
    provider = Provider([vector(1)])
    client = ask(provider, COUNT, {"messages": [{"role": "user", "content": "Hello"}]}, "talker")
    assert (client.status, client.headers[names.ESTIMATED_HEADER], provider.seen) == (200, "true", [])
    assert client.json["input_tokens"] > 0


def test_what_was_dropped_is_named() -> None:
    provider = Provider([ok({"data": [{"index": 0, "embedding": [1]}]})])
    body = {"content": {"parts": [{"text": "a"}]}, "taskType": "CLUSTERING", "é": 1}
    client = ask(provider, "/v1beta/models/x:embedContent", body, "any")
    assert client.headers[names.DROPPED_HEADER] == "?,taskType"
    assert client.json == {"embedding": {"values": [1]}}


@pytest.mark.parametrize(("path", "model"), [(EMBED, "other"), (COUNT, "other"), ("/v1/rerank", "titan")])
def test_a_call_the_account_has_nothing_for_is_of_another_configuration(path: str, model: str) -> None:
    with pytest.raises(UnknownAccount):
        ask(Provider([vector(1)]), path, {"model": "x"}, model)
