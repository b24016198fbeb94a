"""Counting tokens, embeddings and ranking: a client of one API, a provider of another."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from e2e.client import MESSAGES, Reply, call
from e2e.fake import Exchange, Provider
from e2e.harness import Gateway, free_port

COUNT = "/v1/messages/count_tokens"
INPUT_TOKENS = "/v1/responses/input_tokens"
EMBEDDINGS = "/v1/embeddings"
RERANK = "/v1/rerank"
HELLO = [{"role": "user", "content": "Hello"}]


class Stage(NamedTuple):
    gateway: Gateway
    port: int
    providers: dict[str, Provider]

    def ask(self, path: str, body: Any) -> Reply:
        return call(self.port, path, body)

    def one(self, name: str) -> Exchange:
        (exchange,) = self.providers[name].seen
        return exchange


NAMES = ("gemini", "anthropic", "cohere", "bedrock", "generic", "backup")
ENVIRON = {"KEY": "sk-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    port = free_port()
    providers = {name: Provider() for name in NAMES}
    with (
        providers["gemini"] as gemini,
        providers["anthropic"] as anthropic,
        providers["cohere"] as cohere,
        providers["bedrock"] as bedrock,
        providers["generic"] as generic,
        providers["backup"] as backup,
        Gateway(
            f"""
version: v0.4.0
model_providers:
  - {{model: gemini/gemini-2.5-flash, access_key: $KEY, base_url: "{gemini.url}"}}
  - {{model: gemini/gemini-embedding-001, access_key: $KEY, base_url: "{gemini.url}/v1beta"}}
  - {{model: anthropic/claude-sonnet-4-5, access_key: $KEY, base_url: "{anthropic.url}"}}
  - {{model: cohere/embed-v4.0, access_key: $KEY, base_url: "{cohere.url}/v2"}}
  - {{model: amazon_bedrock/amazon.titan-embed-text-v2:0, access_key: $KEY, base_url: "{bedrock.url}"}}
  - {{model: amazon_bedrock/cohere.rerank-v3-5:0, access_key: $KEY, base_url: "{bedrock.url}"}}
  - {{model: amazon_bedrock/anthropic.claude-sonnet-4-5-v1:0, access_key: $KEY, base_url: "{bedrock.url}"}}
  - {{model: mine/text-embedding-3-small, provider_interface: openai_compatible, base_url: "{generic.url}/v1"}}
  - {{model: mine/talker, provider_interface: openai_compatible, base_url: "{generic.url}/v1"}}
  - {{model: other/backup, provider_interface: openai_compatible, base_url: "{backup.url}/v1"}}
model_aliases:
  steady: {{targets: [{{model: gemini/gemini-embedding-001}}, {{model: other/backup}}]}}
listeners: [{{type: model, name: llm, address: 127.0.0.1, port: {port}}}]
""",
            ENVIRON,
        ) as gateway,
    ):
        yield Stage(gateway, port, providers)


@pytest.fixture
def stage(running: Stage) -> Stage:
    for provider in running.providers.values():
        provider.reset()
    return running


def says(provider: Provider, body: Any, status: int = 200, **headers: str) -> None:
    provider.always(body=json.dumps(body), status=status, headers={"content-type": "application/json", **headers})


def test_a_count_of_anthropics_client_is_made_by_gemini(stage: Stage) -> None:
    says(stage.providers["gemini"], {"totalTokens": 31})
    reply = stage.ask(COUNT, {"model": "gemini-2.5-flash", "system": "Be brief.", "messages": HELLO})
    assert (reply.status, reply.json) == (200, {"input_tokens": 31})
    assert "x-plano-estimated" not in reply.headers
    seen = stage.one("gemini")
    assert seen.path == "/v1beta/models/gemini-2.5-flash:countTokens"
    assert json.loads(seen.body) == {
        "generateContentRequest": {
            "model": "models/gemini-2.5-flash",
            "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
        }
    }


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    [
        (
            INPUT_TOKENS,
            {"model": "claude-sonnet-4-5", "input": "Hello"},
            {"object": "response.input_tokens", "input_tokens": 9},
        ),
        (
            "/v1beta/models/claude-sonnet-4-5:countTokens",
            {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
            {"totalTokens": 9},
        ),
    ],
)
def test_counts_of_other_clients_are_made_by_anthropic(stage: Stage, path: str, body: Any, wanted: Any) -> None:
    says(stage.providers["anthropic"], {"input_tokens": 9})
    reply = stage.ask(path, body)
    assert (reply.status, reply.json) == (200, wanted)
    seen = stage.one("anthropic")
    assert seen.path == COUNT
    assert seen.header("x-api-key") == "sk-1"
    assert seen.header("anthropic-version") == "2023-06-01"
    assert set(json.loads(seen.body)) == {"model", "messages"}


def test_what_the_provider_counts_itself_is_not_touched(stage: Stage) -> None:
    says(stage.providers["anthropic"], {"input_tokens": 8})
    sent = {"model": "claude-sonnet-4-5", "messages": HELLO}
    reply = stage.ask(COUNT, sent)
    assert (reply.status, reply.json) == (200, {"input_tokens": 8})
    assert "x-plano-translated" not in reply.headers
    assert json.loads(stage.one("anthropic").body) == sent


def test_bedrock_counts_for_models_that_can_be_counted(stage: Stage) -> None:
    says(stage.providers["bedrock"], {"inputTokens": 12})
    reply = stage.ask(COUNT, {"model": "anthropic.claude-sonnet-4-5-v1:0", "messages": HELLO})
    assert (reply.status, reply.json) == (200, {"input_tokens": 12})
    seen = stage.one("bedrock")
    assert seen.path == "/model/anthropic.claude-sonnet-4-5-v1%3A0/count-tokens"
    assert json.loads(seen.body) == {
        "input": {"converse": {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}}
    }


def test_where_nobody_counts_the_answer_says_that_it_is_a_guess(stage: Stage) -> None:
    short = stage.ask(COUNT, {"model": "mine/talker", "messages": HELLO})
    long = stage.ask(COUNT, {"model": "mine/talker", "messages": [{"role": "user", "content": "x" * 4000}]})
    assert (short.status, short.headers["x-plano-estimated"]) == (200, "true")
    assert long.json["input_tokens"] - short.json["input_tokens"] == pytest.approx(3995 / 4, abs=1)
    assert not stage.providers["generic"].seen


def test_a_count_that_is_malformed_is_told_in_the_clients_words(stage: Stage) -> None:
    reply = stage.ask(COUNT, {"model": "gemini-2.5-flash", "messages": "Hello"})
    assert (reply.status, reply.json["type"], reply.error["type"]) == (400, "error", "invalid_request_error")


def test_texts_of_openais_client_are_embedded_by_gemini(stage: Stage) -> None:
    says(
        stage.providers["gemini"],
        {"embeddings": [{"values": [0.5, -1]}, {"values": [0.25, 2]}], "usageMetadata": {"promptTokenCount": 7}},
    )
    body = {"model": "gemini-embedding-001", "input": ["a", "b"], "dimensions": 2, "user": "u"}
    reply = stage.ask(EMBEDDINGS, {**body, "input_type": "search_query", "encoding_format": "base64"})
    assert reply.status == 200
    assert [struct.unpack("<2f", base64.b64decode(row["embedding"])) for row in reply.json["data"]] == [
        (0.5, -1.0),
        (0.25, 2.0),
    ]
    assert reply.json["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
    assert reply.headers["x-plano-translated"] == "gemini_embed"
    assert reply.headers["x-plano-dropped"] == "user"
    seen = stage.one("gemini")
    assert seen.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    assert json.loads(seen.body)["requests"][1] == {
        "model": "models/gemini-embedding-001",
        "content": {"parts": [{"text": "b"}]},
        "taskType": "RETRIEVAL_QUERY",
        "outputDimensionality": 2,
    }


def test_texts_of_geminis_client_are_embedded_by_openais_call(stage: Stage) -> None:
    says(stage.providers["generic"], {"data": [{"index": 0, "embedding": [1, 2]}], "usage": {"prompt_tokens": 3}})
    body = {"content": {"parts": [{"text": "hello"}]}, "taskType": "CLUSTERING"}
    reply = stage.ask("/v1beta/models/text-embedding-3-small:embedContent", body)
    assert (reply.status, reply.json) == (
        200,
        {"embedding": {"values": [1, 2]}, "usageMetadata": {"promptTokenCount": 3}},
    )
    assert reply.headers["x-plano-dropped"] == "taskType"
    seen = stage.one("generic")
    assert seen.path == EMBEDDINGS
    assert json.loads(seen.body) == {
        "model": "text-embedding-3-small",
        "input": ["hello"],
        "encoding_format": "float",
    }


def test_texts_are_embedded_by_coheres_own_call(stage: Stage) -> None:
    says(
        stage.providers["cohere"],
        {"id": "1", "embeddings": {"float": [[1.5]]}, "meta": {"billed_units": {"input_tokens": 2}}},
    )
    reply = stage.ask(EMBEDDINGS, {"model": "cohere/embed-v4.0", "input": "a"})
    assert (reply.status, reply.json["data"][0]["embedding"], reply.json["usage"]["prompt_tokens"]) == (200, [1.5], 2)
    seen = stage.one("cohere")
    assert seen.path == "/v2/embed"
    assert json.loads(seen.body)["input_type"] == "search_document"


def test_a_model_that_takes_one_text_is_asked_for_each(stage: Stage) -> None:
    says(stage.providers["bedrock"], {"embedding": [1, 2], "inputTextTokenCount": 3})
    texts = [f"text {number}" for number in range(9)]
    reply = stage.ask(EMBEDDINGS, {"model": "amazon.titan-embed-text-v2:0", "input": texts})
    assert (reply.status, len(reply.json["data"]), reply.json["usage"]["total_tokens"]) == (200, 9, 27)
    asked = [json.loads(each.body)["inputText"] for each in stage.providers["bedrock"].seen]
    assert sorted(asked) == texts
    assert {each.path for each in stage.providers["bedrock"].seen} == {"/model/amazon.titan-embed-text-v2%3A0/invoke"}


def test_one_text_that_fails_fails_the_call_with_the_providers_words(stage: Stage) -> None:
    says(stage.providers["bedrock"], {"message": "Too many requests"}, 429)
    reply = stage.ask(EMBEDDINGS, {"model": "amazon.titan-embed-text-v2:0", "input": ["a", "b"]})
    assert (reply.status, reply.error["message"]) == (429, "Too many requests")


def test_documents_are_ranked_by_bedrock(stage: Stage) -> None:
    says(stage.providers["bedrock"], {"results": [{"index": 1, "relevance_score": 0.9}]})
    body = {"model": "cohere.rerank-v3-5:0", "query": "q", "documents": ["a", "b"], "top_n": 5}
    reply = stage.ask(RERANK, {**body, "return_documents": True})
    assert (reply.status, reply.json["results"]) == (
        200,
        [{"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}],
    )
    assert json.loads(stage.one("bedrock").body) == {
        "query": "q",
        "documents": ["a", "b"],
        "top_n": 2,
        "api_version": 2,
    }


def test_a_provider_that_is_overloaded_is_replaced_by_one_that_serves_the_call_itself(stage: Stage) -> None:
    says(stage.providers["gemini"], {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}, 503)
    says(stage.providers["backup"], {"object": "list", "data": [{"index": 0, "embedding": [4.0]}]})
    reply = stage.ask(EMBEDDINGS, {"model": "steady", "input": "a"})
    assert (reply.status, reply.json["data"][0]["embedding"]) == (200, [4.0])
    assert json.loads(stage.one("backup").body) == {"model": "backup", "input": "a"}


def test_token_numbers_are_refused(stage: Stage) -> None:
    reply = stage.ask(EMBEDDINGS, {"model": "gemini-embedding-001", "input": [1, 2, 3]})
    assert (reply.status, reply.error["code"]) == (422, "untranslatable")
    assert not stage.providers["gemini"].seen


def test_chat_is_still_chat(stage: Stage) -> None:
    says(
        stage.providers["gemini"],
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]},
    )
    reply = stage.ask(MESSAGES, {"model": "gemini-2.5-flash", "max_tokens": 5, "messages": HELLO})
    assert (reply.status, reply.json["content"][0]["text"]) == (200, "Hi")
