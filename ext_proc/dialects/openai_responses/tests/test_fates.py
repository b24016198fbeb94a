from __future__ import annotations

from typing import Any

import pytest

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.refused_rest import REFUSED
from ext_proc.chat.samples import samples
from ext_proc.chat.vocabulary import WORDS
from ext_proc.dialects.openai_responses import PROVIDER
from ext_proc.dialects.openai_responses.fates import FATES, TAKES
from ext_proc.dialects.openai_responses.request_in import _TAKEN
from ext_proc.dialects.openai_responses.tests.bodies import SETTINGS
from ext_proc.dialects.openai_responses.words import NAME

SAMPLES = samples(NAME)
UNNAMED = ("reasoning.foreign", "tool_call.signature")
"""Old thoughts and proofs of others: no provider could read them, leaving them out changes nothing."""
WRITTEN: dict[str, Any] = {
    "text": "'content': 'hello'",
    "image.inline": "'image_url': 'data:image/png;base64,",
    "image.url": "'image_url': 'https://a.example/a.png'",
    "image.detail": "'detail': 'high'",
    "audio.inline": "'format': 'wav'",
    "document.inline": "'file_data': 'data:application/pdf;base64,JVBERi0xLjQK'",
    "document.url": "'file_url': 'https://a.example/a.pdf'",
    "document.text": "'text': 'notes\\n\\nwords'",
    "citations": "'type': 'url_citation', 'url': 'https://a.example'",
    "refusal": "'refusal': 'no'",
    "reasoning.own": "'encrypted_content': 'c2ln'",
    "tool_call": "'type': 'function_call', 'call_id': 'call_1', 'name': 'weather'",
    "tool_call.custom": "'type': 'custom_tool_call', 'call_id': 'call_1', 'name': 'weather', 'input': 'any text'",
    "tool_result": "'type': 'function_call_output', 'call_id': 'call_1', 'output': 'sunny'",
    "tool_result.image": "'output': [{'type': 'input_image'",
    "turn.system_later": "'role': 'system', 'content': 'be brief'",
    "system": "'instructions': 'be kind'",
    "opaque.own": "{'type': 'own'}",
    "tool": "'type': 'function', 'name': 'weather'",
    "tool.strict": "'strict': True",
    "tool.namespace": "'type': 'namespace', 'name': 'sky'",
    "tool.custom": "'type': 'custom', 'name': 'run'",
    "tool.builtin.own": "'tools': [{'type': 'own'}]",
    "tool.builtin.web_search": "'tools': [{'type': 'web_search'}]",
    "tool_choice.auto": "'tool_choice': 'auto'",
    "tool_choice.none": "'tool_choice': 'none'",
    "tool_choice.required": "'tool_choice': 'required'",
    "tool_choice.named": "'tool_choice': {'type': 'function', 'name': 'weather'}",
    "tool_choice.allowed": "'tool_choice': {'type': 'allowed_tools', 'mode': 'auto'",
    "parallel_tool_calls": "'parallel_tool_calls': False",
    "max_tokens": "'max_output_tokens': 100",
    "temperature": "'temperature': 0.5",
    "top_p": "'top_p': 0.5",
    "logprobs": "'include': ['message.output_text.logprobs']",
    "output.json": "'format': {'type': 'json_object'}",
    "output.schema": "'format': {'type': 'json_schema', 'name': 'place'",
    "thinking.effort": "'reasoning': {'effort': 'low'}",
    "thinking.budget": "'reasoning': {'effort': 'low'}",
    "thinking.off": "'reasoning': {'effort': 'none'}",
    "user": "'user': 'u1'",
    "service_tier": "'service_tier': 'flex'",
    "verbosity": "'text': {'verbosity': 'low'}",
    "cache_key": "'prompt_cache_key': 'k'",
    "metadata": "'metadata': {'a': 'b'}",
    "store": "'store': False",
}


def test_every_word_has_a_fate() -> None:
    assert set(TAKES) == set(WORDS)
    assert set(WRITTEN) == {word for word, fate in TAKES.items() if fate in ("carried", "mapped")}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_the_fate_of_a_word(word: str) -> None:
    request = SAMPLES[word]
    if TAKES[word] == "refused":
        with pytest.raises(Unable):
            PROVIDER.encode_request(request, Model(id="m"))
        return
    encoded = PROVIDER.encode_request(request, Model(id="m"))
    assert bool(encoded.dropped) == (TAKES[word] == "dropped" and word not in UNNAMED)
    assert WRITTEN.get(word, "'model': 'm'") in str(encoded.body)
    assert encoded.body["store"] is False


def test_every_member_of_a_request_has_a_fate() -> None:
    told = {address.partition(":")[0].partition(".")[0].partition("[")[0] for address in FATES}
    assert set(_TAKEN) <= told
    assert set(SETTINGS) - {"future_member"} <= told
    ours = {"previous_response_id", "conversation", "prompt", "background"}
    assert {name for name, fate in FATES.items() if fate == "rest, refused by others"} == ours
    assert ours <= set(REFUSED)
