from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import completion_create_params

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.refused_rest import REFUSED
from ext_proc.chat.samples import samples
from ext_proc.chat.vocabulary import WORDS
from ext_proc.dialects.openai_chat import PROVIDER
from ext_proc.dialects.openai_chat.fates import FATES, TAKES
from ext_proc.dialects.openai_chat.request_in import TAKEN
from ext_proc.dialects.openai_chat.words import NAME

SAMPLES = samples(NAME)
UNNAMED = ("reasoning.foreign",)
"""Old thoughts of others: no provider could read them, leaving them out changes nothing."""
WRITTEN: dict[str, Any] = {
    "text": "'role': 'user', 'content': 'hello'",
    "image.inline": "{'type': 'image_url', 'image_url': {'url': 'data:image/png;base64,",
    "image.url": "'image_url': {'url': 'https://a.example/a.png'}",
    "image.detail": "'detail': 'high'",
    "audio.inline": "'type': 'input_audio', 'input_audio': {'data': 'UklGRg==', 'format': 'wav'}",
    "document.inline": "'file': {'filename': 'a.pdf', 'file_data': 'data:application/pdf;base64,JVBERi0xLjQK'}",
    "document.text": "'content': 'look\\n\\nnotes\\n\\nwords'",
    "refusal": "'content': None, 'refusal': 'no'",
    "reasoning.own": "'reasoning_details': [{'type': 'reasoning.text', 'text': 'hm', 'signature': 'c2ln'}]",
    "tool_call": "'tool_calls': [{'id': 'call_1', 'type': 'function', 'function': {'name': 'weather'",
    "tool_call.custom": "'function': {'name': 'weather', 'arguments': '{\"input\":\"any text\"}'}",
    "tool_call.signature": "'extra_content': {'google': {'thought_signature': 'c2ln'}}",
    "tool_result": "{'role': 'tool', 'tool_call_id': 'call_1', 'content': 'sunny'}",
    "tool_result.image": "'role': 'user', 'content': [{'type': 'text', 'text': 'Output of the tool call call_1:'}, {",
    "turn.name": "'name': 'ann'",
    "turn.system_later": "'role': 'system', 'content': 'be brief'",
    "system": "{'role': 'system', 'content': 'be kind'}",
    "opaque.own": "'content': [{'type': 'own'}",
    "tool": "'type': 'function', 'function': {'name': 'weather'",
    "tool.strict": "'strict': True",
    "tool.namespace": "'name': 'sky__weather'",
    "tool.custom": "'function': {'name': 'run', 'description': 'Runs code', 'parameters'",
    "tool.builtin.own": "'tools': [{'type': 'own'}]",
    "tool_choice.auto": "'tool_choice': 'auto'",
    "tool_choice.none": "'tool_choice': 'none'",
    "tool_choice.required": "'tool_choice': 'required'",
    "tool_choice.named": "'tool_choice': {'type': 'function', 'function': {'name': 'weather'}}",
    "tool_choice.allowed": "'tool_choice': 'auto'",
    "parallel_tool_calls": "'parallel_tool_calls': False",
    "max_tokens": "'max_tokens': 100",
    "stop": "'stop': ['END']",
    "temperature": "'temperature': 0.5",
    "top_p": "'top_p': 0.5",
    "frequency_penalty": "'frequency_penalty': 0.5",
    "presence_penalty": "'presence_penalty': 0.5",
    "seed": "'seed': 7",
    "choices": "'n': 2",
    "logprobs": "'logprobs': True, 'top_logprobs': 2",
    "logit_bias": "'logit_bias': {'1': 1.0}",
    "output.json": "'response_format': {'type': 'json_object'}",
    "output.schema": "'json_schema': {'name': 'place', 'schema': {",
    "thinking.effort": "'reasoning_effort': 'low'",
    "thinking.budget": "'reasoning_effort': 'low'",
    "thinking.off": "'reasoning_effort': 'none'",
    "user": "'user': 'u1'",
    "service_tier": "'service_tier': 'flex'",
    "store": "'max_tokens': 100}",
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
    assert WRITTEN.get(word, "'model': 'm'") in str(dict(encoded.body))


def test_every_member_of_a_request_has_a_fate() -> None:
    told = {address.partition(":")[0].partition(".")[0].partition("[")[0].partition(",")[0] for address in FATES}
    known = {
        *completion_create_params.CompletionCreateParamsBase.__annotations__,
        *completion_create_params.CompletionCreateParamsStreaming.__annotations__,
    }
    assert known <= told
    assert set(TAKEN) <= told
    assert {name for name, fate in FATES.items() if fate == "rest, refused by others"} == {"audio"} <= set(REFUSED)
