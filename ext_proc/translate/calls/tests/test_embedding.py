"""Embeddings of every client at every provider: what is sent, what comes back, what is refused."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.errors import Garbled, Malformed, Unable
from ext_proc.translate.calls.tests.asking import BATCH, EMBED, ONE, sending, told
from ext_proc.translate.calls.vectors import packed, vector

TITAN, TITAN_1, TITAN_IMAGE = (
    "amazon.titan-embed-text-v2:0",
    "amazon.titan-embed-text-v1",
    "amazon.titan-embed-image-v1",
)
V3, V4 = "cohere.embed-english-v3", "cohere.embed-v4:0"
COHERE = {"texts": ["a"], "input_type": "search_document", "embedding_types": ["float"], "truncate": "NONE"}
PART = {"content": {"parts": [{"text": "a"}]}}


@pytest.mark.parametrize(
    ("shape", "model", "more", "wanted"),
    [
        ("gemini_embed", "m", {}, {"requests": [{"model": "models/m", **PART}]}),
        (
            "gemini_embed",
            "m",
            {"input_type": "passage", "dimensions": 8},
            {"requests": [{"model": "models/m", **PART, "taskType": "RETRIEVAL_DOCUMENT", "outputDimensionality": 8}]},
        ),
        ("cohere_embed", V4, {}, {"model": V4, **COHERE}),
        ("bedrock_cohere_embed", V3, {"input_type": "query"}, {**COHERE, "input_type": "search_query"}),
        ("bedrock_cohere_embed", V4, {"dimensions": 256}, {**COHERE, "output_dimension": 256}),
        ("bedrock_titan_embed", TITAN, {"dimensions": 256}, {"inputText": "a", "dimensions": 256}),
        ("bedrock_titan_embed", TITAN_1, {}, {"inputText": "a"}),
        (
            "bedrock_titan_embed",
            TITAN_IMAGE,
            {"dimensions": 384},
            {"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 384}},
        ),
        (
            "openai_embed",
            "m",
            {"dimensions": 3},
            {"model": "m", "input": ["a"], "encoding_format": "float", "dimensions": 3},
        ),
    ],
)
def test_a_text_is_written_as_the_provider_reads_it(shape: str, model: str, more: Any, wanted: Any) -> None:
    found = sending(EMBED, shape, {"model": "x", "input": "a", **more}, model)
    assert found.bodies == (wanted,)
    assert found.dropped == ()


@pytest.mark.parametrize(
    ("shape", "answer", "headers", "tokens"),
    [
        ("gemini_embed", {"embeddings": [{"values": [1, 2.5]}]}, {}, None),
        ("gemini_embed", {"embeddings": [{"values": [1, 2.5]}], "usageMetadata": {"promptTokenCount": 4}}, {}, 4),
        ("cohere_embed", {"embeddings": {"float": [[1, 2.5]]}, "meta": {"billed_units": {"input_tokens": 4}}}, {}, 4),
        ("bedrock_cohere_embed", {"embeddings": [[1, 2.5]]}, {"x-amzn-bedrock-input-token-count": "4"}, 4),
        ("bedrock_cohere_embed", {"embeddings": [[1, 2.5]]}, {"x-amzn-bedrock-input-token-count": "many"}, None),
        ("bedrock_titan_embed", {"embedding": [1, 2.5], "inputTextTokenCount": 4}, {}, 4),
        ("openai_embed", {"data": [{"index": 0, "embedding": [1, 2.5]}], "usage": {"prompt_tokens": 4}}, {}, 4),
        ("openai_embed", {"data": [{"index": 0, "embedding": packed([1, 2.5])}]}, {}, None),
    ],
)
def test_vectors_and_usage_come_back_to_either_client(
    shape: str, answer: Any, headers: dict[str, str], tokens: int | None
) -> None:
    openai = told(EMBED, shape, {"model": "x", "input": "a"}, answer, **headers)
    assert openai.body == {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [1, 2.5]}],
        "model": "x",
        "usage": {"prompt_tokens": tokens or 0, "total_tokens": tokens or 0},
    }
    assert openai.usage is not None and openai.usage.input == tokens
    usage = {} if tokens is None else {"usageMetadata": {"promptTokenCount": tokens}}
    assert told(ONE, shape, PART, answer, **headers).body == {"embedding": {"values": [1, 2.5]}} | usage
    batch = {"requests": [{"model": "models/m", **PART}]}
    assert told(BATCH, shape, batch, answer, **headers).body == {"embeddings": [{"values": [1, 2.5]}]} | usage


def test_rows_are_told_in_the_order_of_the_texts() -> None:
    rows = [{"index": 1, "embedding": [1]}, {"index": 0, "embedding": [0]}]
    found = told(BATCH, "openai_embed", {"requests": [PART, PART]}, {"data": rows})
    assert found.body["embeddings"] == [{"values": [0]}, {"values": [1]}]


def test_base64_is_32_bit_floats() -> None:
    body = {"model": "x", "input": "a", "encoding_format": "base64"}
    found = told(EMBED, "bedrock_titan_embed", body, {"embedding": [0.5, -2]})
    assert struct.unpack("<2f", base64.b64decode(found.body["data"][0]["embedding"])) == (0.5, -2.0)


def test_texts_that_differ_in_purpose_are_sent_apart() -> None:
    requests = [
        {**PART, "taskType": "RETRIEVAL_QUERY"},
        {**PART, "task_type": "RETRIEVAL_QUERY"},
        {**PART, "taskType": "RETRIEVAL_DOCUMENT", "title": "t"},
        {**PART, "taskType": "SEMANTIC_SIMILARITY"},
    ]
    found = sending(BATCH, "cohere_embed", {"requests": requests})
    assert [(len(each["texts"]), each["input_type"]) for each in found.bodies] == [
        (2, "search_query"),
        (1, "search_document"),
        (1, "search_document"),
    ]
    assert found.dropped == ("requests[].title", "requests[].taskType")


def test_gemini_is_told_a_documents_title() -> None:
    body = {**PART, "taskType": "RETRIEVAL_DOCUMENT", "title": "t"}
    (sent,) = sending(ONE, "gemini_embed", body).bodies
    assert sent["requests"] == [{"model": "models/m", **body}]


@pytest.mark.parametrize(("shape", "calls"), [("gemini_embed", 3), ("cohere_embed", 3), ("openai_embed", 1)])
def test_many_texts_keep_to_the_providers_limit(shape: str, calls: int) -> None:
    assert len(sending(EMBED, shape, {"model": "x", "input": ["a"] * 201}).bodies) == calls


def test_more_calls_than_allowed_are_refused() -> None:
    with pytest.raises(Unable, match="send fewer texts"):
        sending(EMBED, "bedrock_titan_embed", {"model": "x", "input": ["a"] * 101}, TITAN)


@pytest.mark.parametrize(
    ("path", "shape", "body", "dropped"),
    [
        (EMBED, "gemini_embed", {"model": "x", "input": "a", "user": "u", "input_type": "odd"}, ("user", "input_type")),
        (EMBED, "bedrock_titan_embed", {"model": "x", "input": "a", "input_type": "query"}, ("input_type",)),
        (ONE, "openai_embed", {**PART, "taskType": "CLUSTERING", "title": "t", "x": 1}, ("x", "taskType", "title")),
        (ONE, "gemini_embed", {**PART, "taskType": "ODD"}, ("taskType",)),
        (ONE, "openai_embed", {**PART, "taskType": "TASK_TYPE_UNSPECIFIED"}, ()),
        (BATCH, "gemini_embed", {"requests": [{**PART, "y": 1}], "x": 1}, ("requests[].y", "x")),
    ],
)
def test_what_a_provider_has_no_place_for_is_named(path: str, shape: str, body: Any, dropped: Any) -> None:
    assert sending(path, shape, body).dropped == dropped


@pytest.mark.parametrize(
    ("path", "shape", "model", "body", "at"),
    [
        (EMBED, "gemini_embed", "m", {"input": [1, 2]}, "input"),
        (EMBED, "gemini_embed", "m", {"input": [[1, 2]]}, "input"),
        (EMBED, "bedrock_titan_embed", TITAN_1, {"input": "a", "dimensions": 8}, "dimensions"),
        (EMBED, "bedrock_cohere_embed", V3, {"input": "a", "dimensions": 8}, "dimensions"),
        (ONE, "cohere_embed", "embed-english-v3.0", {**PART, "outputDimensionality": 8}, "outputDimensionality"),
        (ONE, "openai_embed", "m", {"content": {"parts": [{"inlineData": {}}]}}, "content.parts[0]"),
    ],
)
def test_what_would_be_lost_is_refused(path: str, shape: str, model: str, body: Any, at: str) -> None:
    with pytest.raises(Unable) as refused:
        sending(path, shape, body, model)
    assert refused.value.at == at


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (EMBED, {}),
        (EMBED, {"input": []}),
        (EMBED, {"input": ["a", 1]}),
        (EMBED, {"input": [True]}),
        (EMBED, {"input": "a", "dimensions": 0}),
        (EMBED, {"input": "a", "encoding_format": "int8"}),
        (ONE, {}),
        (ONE, {"content": {"parts": []}}),
        (BATCH, {"requests": []}),
    ],
)
def test_a_malformed_call_is_the_clients_fault(path: str, body: Any) -> None:
    with pytest.raises(Malformed):
        sending(path, "gemini_embed", body)


@pytest.mark.parametrize(
    ("shape", "answer"),
    [
        ("gemini_embed", {"embeddings": []}),
        ("gemini_embed", {"embeddings": [{"values": ["1"]}]}),
        ("gemini_embed", {"embeddings": [{}]}),
        ("cohere_embed", {"embeddings": {"int8": [[1]]}}),
        ("bedrock_titan_embed", {"embedding": [True]}),
        ("openai_embed", {"data": [{"index": 1, "embedding": [1]}]}),
        ("openai_embed", {"data": [{"embedding": [1]}]}),
        ("openai_embed", {"data": [{"index": 0, "embedding": "no base64"}]}),
        ("openai_embed", {"data": [{"index": 0, "embedding": "AAA="}]}),
        ("openai_embed", {"data": [{"index": 0, "embedding": "AADAfw=="}]}),
    ],
)
def test_an_answer_without_vectors_is_the_providers_fault(shape: str, answer: Any) -> None:
    with pytest.raises(Garbled):
        told(EMBED, shape, {"model": "x", "input": "a"}, answer)


def test_a_number_too_large_for_base64_is_garbled() -> None:
    body = {"model": "x", "input": "a", "encoding_format": "base64"}
    with pytest.raises(Garbled):
        told(EMBED, "bedrock_titan_embed", body, {"embedding": [1e300]})


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_base64_and_back(values: list[float]) -> None:
    assert vector(packed(values)) == tuple(values)
