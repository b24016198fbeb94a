from __future__ import annotations

from typing import Any

import pytest
from anthropic.types.beta import message_count_tokens_params, message_create_params

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.samples import samples
from ext_proc.chat.vocabulary import WORDS
from ext_proc.dialects.anthropic_messages import PROVIDER
from ext_proc.dialects.anthropic_messages.fates import FATES, TAKES
from ext_proc.dialects.anthropic_messages.words import NAME

SAMPLES = samples(NAME)
UNNAMED = ("reasoning.foreign", "tool_call.signature")
"""Old thoughts and proofs of others: no provider could read them, leaving them out changes nothing."""
DROPPED_AT = {
    "image.detail": "messages[].content[].detail",
    "citations": "messages[].content[].citations",
    "turn.name": "messages[].name",
    "service_tier": "service_tier",
    "unknown": "odd_member",
    "seed": "seed",
}
USER = "'messages': [{'role': 'user', 'content': ["
WRITTEN: dict[str, Any] = {
    "text": USER + "{'type': 'text', 'text': 'hello'}]}]",
    "image.inline": "{'type': 'image', 'source': {'type': 'base64', 'media_type': 'image/png', 'data': 'iVBOR",
    "image.url": "'source': {'type': 'url', 'url': 'https://a.example/a.png'}",
    "document.inline": "'source': {'type': 'base64', 'media_type': 'application/pdf', 'data': 'JVBERi0xLjQK'}",
    "document.url": "{'type': 'document', 'source': {'type': 'url', 'url': 'https://a.example/a.pdf'}}",
    "document.text": "'source': {'type': 'text', 'media_type': 'text/plain', 'data': 'words'}, 'title': 'notes'",
    "refusal": "{'role': 'assistant', 'content': [{'type': 'text', 'text': 'no'}]}",
    "reasoning.own": "[{'type': 'thinking', 'thinking': 'hm', 'signature': 'c2ln'}, {'type': 'text', 'text': 'yes'}]",
    "tool_call": "{'type': 'tool_use', 'id': 'call_1', 'name': 'weather', 'input': {'city': 'Bern'}}",
    "tool_call.custom": "'name': 'weather', 'input': {'input': 'any text'}",
    "tool_result": "{'type': 'tool_result', 'tool_use_id': 'call_1', 'content': [{'type': 'text', 'text': 'sunny'}]}",
    "tool_result.error": "'content': [{'type': 'text', 'text': 'sunny'}], 'is_error': True}",
    "tool_result.image": "'tool_use_id': 'call_1', 'content': [{'type': 'image'",
    "turn.system_later": "'system': [{'type': 'text', 'text': 'be brief'}]",
    "system": "'system': [{'type': 'text', 'text': 'be kind'}]",
    "cache_mark": "'text': 'be kind', 'cache_control': {'type': 'ephemeral'}}",
    "opaque.own": "{'type': 'own'}",
    "tool": "'tools': [{'name': 'weather', 'description': 'Tells the weather', 'input_schema': {'type': 'object'",
    "tool.strict": "'additionalProperties': False}, 'strict': True}",
    "tool.namespace": "'name': 'sky__weather'",
    "tool.custom": "'name': 'run', 'description': 'Runs code', 'input_schema': {'type': 'object', 'prop",
    "tool.builtin.own": "'tools': [{'type': 'own'}]",
    "tool.builtin.web_search": "'tools': [{'type': 'web_search_20250305', 'name': 'web_search'}]",
    "tool_choice.auto": "'tool_choice': {'type': 'auto'}",
    "tool_choice.none": "'tool_choice': {'type': 'none'}",
    "tool_choice.required": "'tool_choice': {'type': 'any'}",
    "tool_choice.named": "'tool_choice': {'type': 'tool', 'name': 'weather'}",
    "tool_choice.allowed": "'tool_choice': {'type': 'auto'}",
    "parallel_tool_calls": "'tool_choice': {'type': 'auto', 'disable_parallel_tool_use': True}",
    "max_tokens": "'max_tokens': 100",
    "stop": "'stop_sequences': ['END']",
    "temperature": "'temperature': 0.5",
    "top_p": "'top_p': 0.5",
    "top_k": "'top_k': 5",
    "output.json": "'tool_choice': {'type': 'tool', 'name': 'plano_json_answer', 'disable_parallel_tool_use': True}",
    "output.schema": "'output_config': {'format': {'type': 'json_schema', 'schema': {'type': 'object', 'properties'",
    "thinking.effort": "'thinking': {'type': 'enabled', 'budget_tokens': 2048}",
    "thinking.budget": "'thinking': {'type': 'enabled', 'budget_tokens': 2048}",
    "thinking.off": "'thinking': {'type': 'disabled'}",
    "user": "'metadata': {'user_id': 'u1'}",
    "store": "'max_tokens': 100, 'messages'",
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
    named = [each.at for each in encoded.dropped]
    if TAKES[word] == "dropped":
        assert bool(named) == (word not in UNNAMED)
        assert DROPPED_AT.get(word) in (None, *named)
    else:
        assert named == []
        assert WRITTEN[word] in str(dict(encoded.body))


def test_the_library_sends_no_member_without_a_fate() -> None:
    """`betas` travels as a header; the others are headers or options of the library too."""
    known = {address.partition(":")[0].partition("[")[0].partition(".")[0] for address in FATES}
    sent = set(message_create_params.MessageCreateParamsStreaming.__annotations__)
    sent |= set(message_count_tokens_params.MessageCountTokensParams.__annotations__)
    assert "thinking" in sent
    assert sent - known <= {"betas", "user_profile_id", "workspace_id"}
