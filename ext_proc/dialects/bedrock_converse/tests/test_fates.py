from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.samples import samples
from ext_proc.chat.vocabulary import WORDS
from ext_proc.dialects.bedrock_converse import PROVIDER
from ext_proc.dialects.bedrock_converse.fates import ANSWERS, TAKES
from ext_proc.dialects.bedrock_converse.words import NAME

SAMPLES = samples(NAME)
ADAPTIVE = Model(id="global.anthropic.claude-opus-4-7")
SONNET = Model(id="us.anthropic.claude-sonnet-4-5-20250929-v1:0")
NOVA = Model(id="eu.amazon.nova-pro-v1:0")
NOVA_2 = Model(id="us.amazon.nova-2-lite-v1:0")
OTHERS = (
    Model(id="openai.gpt-oss-120b-1:0"),
    Model(id="meta.llama3-3-70b-instruct-v1:0"),
    Model(id="arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"),
)
UNNAMED = ("reasoning.foreign", "tool_call.signature")
"""Old thoughts and proofs of others: the provider could not read them, leaving them out changes nothing."""
DROPPED_AT = {
    "image.detail": "messages[].content[].detail",
    "citations": "messages[].content[].citations",
    "turn.name": "messages[].name",
    "unknown": "odd_member",
    "seed": "seed",
    "user": "user",
}
USER = "'messages': [{'role': 'user', 'content': ["
WRITTEN: dict[str, Any] = {
    "text": USER + "{'text': 'hello'}]}]",
    "image.inline": "{'image': {'format': 'png', 'source': {'bytes': 'iVBOR",
    "audio.inline": "{'audio': {'format': 'wav', 'source': {'bytes': 'UklGRg=='}}}",
    "video.inline": "{'video': {'format': 'mp4', 'source': {'bytes': 'AAAA'}}}",
    "document.inline": "{'document': {'format': 'pdf', 'source': {'bytes': 'JVBERi0xLjQK'}, 'name': 'a pdf'}}",
    "document.text": "{'document': {'format': 'txt', 'source': {'bytes': 'd29yZHM='}, 'name': 'notes'}}",
    "refusal": "{'role': 'assistant', 'content': [{'text': 'no'}]}",
    "reasoning.own": "{'reasoningContent': {'reasoningText': {'text': 'hm', 'signature': 'c2ln'}}}, {'text': 'yes'}",
    "tool_call": "{'toolUse': {'toolUseId': 'call_1', 'name': 'weather', 'input': {'city': 'Bern'}}}",
    "tool_call.custom": "'name': 'weather', 'input': {'input': 'any text'}",
    "tool_result": "{'toolResult': {'toolUseId': 'call_1', 'content': [{'text': 'sunny'}]}}",
    "tool_result.error": "'content': [{'text': 'sunny'}], 'status': 'error'}",
    "tool_result.image": "{'toolResult': {'toolUseId': 'call_1', 'content': [{'image':",
    "turn.system_later": "'system': [{'text': 'be brief'}]",
    "system": "'system': [{'text': 'be kind'}]",
    "cache_mark": "'system': [{'text': 'be kind'}, {'cachePoint': {'type': 'default'}}]",
    "opaque.own": "{'type': 'own'}",
    "tool": "{'toolSpec': {'name': 'weather', 'description': 'Tells the weather', 'inputSchema': {'json': {'type",
    "tool.strict": "'additionalProperties': False}}, 'strict': True}",
    "tool.namespace": "'name': 'sky__weather'",
    "tool.custom": "'name': 'run', 'description': 'Runs code', 'inputSchema': {'json': {'type': 'object', 'prop",
    "tool.builtin.own": "'toolConfig': {'tools': [{'type': 'own'}]}",
    "tool_choice.auto": "'toolChoice': {'auto': {}}",
    "tool_choice.none": USER + "{'text': 'hello'}]}], 'inferenceConfig': {'maxTokens': 100}}",
    "tool_choice.required": "'toolChoice': {'any': {}}",
    "tool_choice.named": "'toolChoice': {'tool': {'name': 'weather'}}",
    "tool_choice.allowed": "'toolChoice': {'auto': {}}",
    "max_tokens": "'maxTokens': 100",
    "stop": "'stopSequences': ['END']",
    "temperature": "'temperature': 0.5",
    "top_p": "'topP': 0.5",
    "top_k": "'additionalModelRequestFields': {'top_k': 5}",
    "output.json": "'toolChoice': {'tool': {'name': 'plano_json_answer'}}",
    "output.schema": "'outputConfig': {'textFormat': {'type': 'json_schema', 'structure': {'jsonSchema': {'schema': '{",
    "thinking.effort": "'thinking': {'type': 'enabled', 'budget_tokens': 2048}",
    "thinking.budget": "'thinking': {'type': 'enabled', 'budget_tokens': 2048}",
    "thinking.off": USER + "{'text': 'hello'}]}], 'inferenceConfig': {'maxTokens': 100}}",
    "service_tier": "'serviceTier': {'type': 'flex'}",
    "metadata": "'requestMetadata': {'a': 'b'}",
    "store": USER,
}


def test_every_word_has_a_fate() -> None:
    assert set(TAKES) == set(WORDS)
    assert set(WRITTEN) == {word for word, fate in TAKES.items() if fate in ("carried", "mapped")}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_the_fate_of_a_word(word: str) -> None:
    request = SAMPLES[word]
    if TAKES[word] == "refused":
        with pytest.raises(Unable):
            PROVIDER.encode_request(request, SONNET)
        return
    encoded = PROVIDER.encode_request(request, SONNET)
    named = [each.at for each in encoded.dropped]
    if TAKES[word] == "dropped":
        assert bool(named) == (word not in UNNAMED)
        assert DROPPED_AT.get(word) in (None, *named)
    else:
        assert named == []
        assert WRITTEN[word] in str(dict(encoded.body))


@pytest.mark.parametrize("word", sorted(WORDS))
@pytest.mark.parametrize("model", [SONNET, ADAPTIVE, NOVA, NOVA_2, *OTHERS], ids=lambda model: model.id)
def test_bodies_are_what_the_service_model_says(word: str, model: Model) -> None:
    """The official library's own check of parameters, where it is installed."""
    loaders, models = pytest.importorskip("botocore.loaders"), pytest.importorskip("botocore.model")
    validate = pytest.importorskip("botocore.validate")
    if word.startswith(("opaque.own", "tool.builtin.own")):
        pytest.skip("the sample is no body of this API")
    described = loaders.Loader().load_service_model("bedrock-runtime", "service-2")
    shape = models.ServiceModel(described).operation_model("Converse").input_shape
    try:
        body = PROVIDER.encode_request(replace(SAMPLES[word], stream=True), model).body
    except Unable:
        return
    report = validate.ParamValidator().validate({"modelId": model.id, **body}, shape)
    assert report.generate_report() == ""


def test_every_member_of_an_answer_has_a_fate() -> None:
    loaders = pytest.importorskip("botocore.loaders")
    shapes = loaders.Loader().load_service_model("bedrock-runtime", "service-2")["shapes"]
    known = {address.partition(".")[0].partition(":")[0] for address in ANSWERS}
    assert set(shapes["ConverseResponse"]["members"]) == known
    counted = {address.removeprefix("usage.") for address in ANSWERS if address.startswith("usage.")}
    assert set(shapes["TokenUsage"]["members"]) == counted
