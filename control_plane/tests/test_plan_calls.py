"""Which calls beside chat are translated, at which provider, into what."""

from __future__ import annotations

import pytest

from control_plane.gateway import Endpoint
from control_plane.plan.calls import beside
from control_plane.plan.providers import Provider, providers
from control_plane.plan.translation import put, translates
from control_plane.problems import Problems
from control_plane.tests.plan_inputs import config, provider

COUNT, INPUT, GEMINI_COUNT = Endpoint.COUNT_TOKENS, Endpoint.INPUT_TOKENS, Endpoint.GEMINI_COUNT_TOKENS
EMBED, EMBED_CONTENT, RERANK = Endpoint.EMBEDDINGS, Endpoint.EMBED_CONTENT, Endpoint.RERANK
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com"
ELSEWHERE = "http://localhost:9000"


def _provider(model: str, base_url: str | None) -> Provider:
    (found,) = providers(config(provider(model, base_url=base_url)), Problems())
    return found


@pytest.mark.parametrize(
    ("model", "base_url", "asked", "becomes"),
    [
        ("openai/gpt-5", None, COUNT, ("openai_count", "/v1/responses/input_tokens")),
        ("openai/gpt-5", ELSEWHERE, COUNT, ("estimate", None)),
        ("openai/gpt-5", ELSEWHERE, INPUT, ("estimate", None)),
        ("anthropic/claude-opus-5", None, GEMINI_COUNT, ("anthropic_count", "/v1/messages/count_tokens")),
        ("gemini/gemini-3-pro", None, COUNT, ("gemini_count", "/v1beta/models/{model}:countTokens")),
        ("groq/llama", None, INPUT, ("estimate", None)),
        ("amazon_bedrock/us.anthropic.claude-x", BEDROCK, COUNT, ("bedrock_count", "/model/{model}/count-tokens")),
        ("amazon_bedrock/amazon.nova", BEDROCK, COUNT, ("estimate", None)),
        (
            "amazon_bedrock/amazon.titan-embed-text-v2:0",
            BEDROCK,
            EMBED,
            ("bedrock_titan_embed", "/model/{model}/invoke"),
        ),
        ("amazon_bedrock/us.cohere.embed-v4:0", BEDROCK, EMBED, ("bedrock_cohere_embed", "/model/{model}/invoke")),
        ("amazon_bedrock/amazon.rerank-v1:0", BEDROCK, RERANK, ("bedrock_amazon_rerank", "/model/{model}/invoke")),
        ("mistral/mistral-embed", None, EMBED_CONTENT, ("openai_embed", "/v1/embeddings")),
        ("cohere/embed-v4.0", None, EMBED_CONTENT, ("cohere_embed", "/v2/embed")),
        ("cohere/embed-v4.0", "https://api.cohere.com/v2", EMBED, ("cohere_embed", "/v2/embed")),
        (
            "gemini/gemini-embedding-001",
            ELSEWHERE + "/v1beta",
            EMBED,
            ("gemini_embed", "/v1beta/models/{model}:batchEmbedContents"),
        ),
    ],
)
def test_a_call_becomes_what_its_provider_answers(
    model: str, base_url: str | None, asked: Endpoint, becomes: tuple[str, str | None]
) -> None:
    found = _provider(model, base_url)
    assert not found.serves(asked, found.id)
    assert translates(found, found.id, asked)
    into = put(found, found.id, found.id, asked)
    assert (into.into, into.path.path if into.path else None) == becomes
    told = [each.shape for each in beside(found) if each.asked is asked]
    assert becomes[0] == "estimate" or becomes[0] in told


@pytest.mark.parametrize(
    ("model", "base_url", "asked"),
    [
        ("groq/llama", None, EMBED),
        ("anthropic/claude-opus-5", None, EMBED_CONTENT),
        ("amazon_bedrock/amazon.nova", BEDROCK, EMBED),
        ("amazon_bedrock/amazon.titan-embed-text-v2:0", BEDROCK, RERANK),
        ("openai/gpt-5", None, RERANK),
    ],
)
def test_what_no_model_there_can_answer_is_not_translated(model: str, base_url: str | None, asked: Endpoint) -> None:
    found = _provider(model, base_url)
    assert not translates(found, found.id, asked)


def test_a_wildcard_is_asked_for_what_all_of_its_models_have() -> None:
    found = _provider("amazon_bedrock/*", BEDROCK)
    assert not translates(found, None, EMBED)
    assert translates(found, None, COUNT)
