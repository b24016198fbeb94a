"""Ranking by models of Bedrock."""

from __future__ import annotations

from typing import Any

import pytest

from ext_proc.chat.errors import Garbled, Malformed, Unable
from ext_proc.translate.calls.tests.asking import RERANK, sending, told

ASKED = {"model": "x", "query": "q", "documents": ["a", {"text": "b"}]}
SENT = {"query": "q", "documents": ["a", "b"]}
COHERE, AMAZON = "bedrock_cohere_rerank", "bedrock_amazon_rerank"


@pytest.mark.parametrize(
    ("shape", "more", "wanted", "dropped"),
    [
        (COHERE, {}, {"api_version": 2}, ()),
        (COHERE, {"max_tokens_per_doc": 9, "top_n": 1}, {"api_version": 2, "max_tokens_per_doc": 9, "top_n": 1}, ()),
        (AMAZON, {"top_n": 9}, {"top_n": 2}, ()),
        (AMAZON, {"max_tokens_per_doc": 9}, {}, ("max_tokens_per_doc",)),
        (AMAZON, {"rank_fields": ["a"], "priority": None}, {}, ("rank_fields",)),
    ],
)
def test_a_call_is_written_as_the_model_reads_it(shape: str, more: Any, wanted: Any, dropped: Any) -> None:
    found = sending(RERANK, shape, {**ASKED, **more})
    assert found.bodies == ({**SENT, **wanted},)
    assert found.dropped == dropped


@pytest.mark.parametrize("shown", [True, False])
def test_results_name_the_documents_that_were_sent(shown: bool) -> None:
    answer = {"results": [{"index": 1, "relevance_score": 0.5}, {"index": 0, "relevance_score": 0}]}
    found = told(RERANK, AMAZON, {**ASKED, "return_documents": shown}, answer)
    assert found.body == {
        "model": "x",
        "results": [
            {"index": 1, "relevance_score": 0.5} | ({"document": {"text": "b"}} if shown else {}),
            {"index": 0, "relevance_score": 0} | ({"document": {"text": "a"}} if shown else {}),
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        {"query": "q"},
        {"query": "q", "documents": []},
        {"documents": ["a"]},
        {"query": 1, "documents": ["a"]},
        {"query": "q", "documents": [1]},
        {"query": "q", "documents": [{}]},
        {"query": "q", "documents": ["a"], "top_n": 0},
    ],
)
def test_a_malformed_call_is_the_clients_fault(body: Any) -> None:
    with pytest.raises(Malformed):
        sending(RERANK, COHERE, body)


def test_a_document_that_is_more_than_text_is_refused() -> None:
    with pytest.raises(Unable) as refused:
        sending(RERANK, COHERE, {"query": "q", "documents": [{"image": "x"}]})
    assert refused.value.at == "documents[0]"


@pytest.mark.parametrize("result", [{"index": 2, "relevance_score": 1}, {"relevance_score": 1}, {"index": 0}, 7])
def test_a_result_that_names_no_document_is_the_providers_fault(result: Any) -> None:
    with pytest.raises(Garbled):
        told(RERANK, COHERE, ASKED, {"results": [result]})
