"""The official Python library takes our answers, and we take what it sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from pydantic import BaseModel

from ext_proc.chat.answer import Answer, Began, Event, Failed, Opened
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.parts import Reasoning, Text, ToolCall, ToolResult
from ext_proc.chat.request import Request
from ext_proc.chat.whole import replay
from ext_proc.dialects.openai_chat import CLIENT
from ext_proc.dialects.openai_chat.tests.answers import (
    CALL,
    CITED,
    FULL,
    HIDDEN,
    PATCHED,
    REFUSED,
    SCORED,
    SEVERAL,
    SHOWN,
    SIGNED,
    SUMMARY,
    THOUGHT,
    answer,
)
from ext_proc.dialects.openai_chat.tests.bodies import LEGACY, PATCH, WEATHER

ERROR = ProviderError(fault=Fault.RATE_LIMIT, status=429, message="slow down", code="rate_limited")
LOOSE = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "go"}], "tools": [LOOSE]}
"""With a strict tool the library would refuse answers that were cut."""


class Gateway:
    """Answers the library's calls with a given answer; `seen`: the requests as read."""

    def __init__(self, said: Answer) -> None:
        self.seen: list[Request] = []
        self._said = said
        self.client = client_of(self._handle)

    def _handle(self, call: httpx2.Request) -> httpx2.Response:
        request = CLIENT.decode_request(json.loads(call.content), Asked(path=call.url.path))
        self.seen.append(request)
        saying = Saying(id="Ab12", created_s=1_700_000_000, model=request.model, request=request)
        if not request.stream:
            return httpx2.Response(200, json=CLIENT.encode_answer(self._said, saying))
        encoder = CLIENT.stream_encoder(saying)
        data = b"".join(encoder.encode(event) for event in replay(self._said))
        return httpx2.Response(200, content=data, headers={"content-type": CLIENT.media_type})


def client_of(handle: Callable[[httpx2.Request], httpx2.Response]) -> openai.OpenAI:
    http = httpx2.Client(transport=httpx2.MockTransport(handle))
    return openai.OpenAI(api_key="k", base_url="http://gateway.example/v1", max_retries=0, http_client=http)


def test_a_whole_answer() -> None:
    completion = Gateway(FULL).client.chat.completions.create(**(ASKED | {"tools": [WEATHER, PATCH]}))
    message = completion.choices[0].message
    assert message.content == "Sunny in Bern. Take a hat.\n\n Take a hat."
    assert message.to_dict()["reasoning_content"] == "I should look.\n\nIn short."
    assert [each.type for each in message.tool_calls or ()] == ["function", "custom", "function"]
    assert completion.choices[0].finish_reason == "tool_calls"
    assert completion.usage is not None
    assert completion.usage.to_dict() == {
        "prompt_tokens": 100,
        "completion_tokens": 40,
        "total_tokens": 140,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 15},
    }
    assert (completion.service_tier, completion.system_fingerprint) == ("default", "fp_1")
    assert [each.url_citation.url for each in message.annotations or ()] == ["https://a.example", "https://b.example"]


SAID = {
    "full": answer(THOUGHT, HIDDEN, SUMMARY, CITED, CALL, SIGNED, reason="tool_use"),
    "refused": REFUSED,
    "shown": SHOWN,
    "several": SEVERAL,
    "scored": SCORED,
    "nothing": answer(),
    "thought": answer(THOUGHT),
    "call": answer(CALL, reason="tool_use"),
    "uncounted": answer(Text(text="x"), usage=None),
}


@pytest.mark.parametrize("name", SAID)
def test_a_streamed_answer_ends_as_the_whole_one(name: str) -> None:
    gateway = Gateway(SAID[name])
    options: Any = {"include_usage": True}
    with gateway.client.chat.completions.stream(**ASKED, stream_options=options) as stream:
        for event in stream:
            if event.type == "chunk":
                assert event.chunk.model == "m"
        final = stream.get_final_completion()
    whole = gateway.client.chat.completions.create(**ASKED)
    assert _bare(final) == _bare(whole)


def _bare(completion: Any) -> Any:
    """What the library adds and what streams do not say is left out."""
    found = completion.to_dict()
    found.pop("object")
    for choice in found["choices"]:
        message = choice["message"]
        message.pop("parsed", None)
        for name in ("content", "refusal"):
            message[name] = message.get(name) or None
        for entries in (message.get("tool_calls") or (), message.get("annotations") or ()):
            for entry in entries:
                entry.pop("index", None)
                entry.get("function", {}).pop("parsed_arguments", None)
        choice["message"] = {key: value for key, value in message.items() if value is not None}
        if choice.get("logprobs") is None:
            choice.pop("logprobs", None)
    return {key: value for key, value in found.items() if value is not None}


def test_deltas_of_a_text_tool() -> None:
    stream = Gateway(answer(PATCHED, reason="tool_use")).client.chat.completions.create(
        **(ASKED | {"tools": [PATCH]}), stream=True
    )
    entries = [each for chunk in stream for choice in chunk.choices for each in choice.delta.tool_calls or ()]
    told = [each.to_dict()["custom"] for each in entries]
    assert told == [{"name": "patch", "input": ""}, {"input": "*** Begin Patch\n"}]


def test_counts_are_told_only_when_asked_for() -> None:
    client = Gateway(SEVERAL).client
    chunks = list(client.chat.completions.create(**ASKED, stream=True))
    assert all("usage" not in chunk.to_dict() for chunk in chunks)
    assert all(chunk.choices for chunk in chunks)
    counted = list(client.chat.completions.create(**ASKED, stream=True, stream_options={"include_usage": True}))
    assert counted[-1].choices == []
    assert counted[-1].usage is not None
    assert [chunk.usage for chunk in counted[:-1]] == [None] * (len(counted) - 1)


def test_answers_in_a_form_are_parsed() -> None:
    class Place(BaseModel):
        city: str

    client = Gateway(answer(Text(text='{"city":"Bern"}'))).client
    with client.chat.completions.stream(model="m", messages=ASKED["messages"], response_format=Place) as stream:
        list(stream)
        assert stream.get_final_completion().choices[0].message.parsed == Place(city="Bern")


def test_a_conversation_goes_on_with_what_was_answered() -> None:
    gateway = Gateway(FULL)
    asked = ASKED | {"tools": [WEATHER, PATCH]}
    message = gateway.client.chat.completions.create(**asked).choices[0].message
    assert message.tool_calls is not None
    results = [{"role": "tool", "tool_call_id": call.id, "content": "ok"} for call in message.tool_calls]
    gateway.client.chat.completions.create(**(asked | {"messages": [*asked["messages"], message, *results]}))
    said = gateway.seen[1].turns[1].parts
    assert said[:3] == (THOUGHT, HIDDEN, SUMMARY)
    assert isinstance(said[3], Text)
    assert said[3].citations[0].url == "https://a.example"
    calls = [part for part in said if isinstance(part, ToolCall)]
    assert [(call.id, call.name, call.arguments, call.custom) for call in calls] == [
        ("toolu_1", "weather", '{"city":"Bern"}', False),
        ("toolu_2", "patch", "*** Begin Patch\n", True),
        ("call_Ab12_0_2", "weather", "{}", False),
    ]
    assert calls[2].signature == SIGNED.signature
    answered = [part for turn in gateway.seen[1].turns[2:] for part in turn.parts]
    assert [part.call_id for part in answered if isinstance(part, ToolResult)] == [call.id for call in calls]


def test_a_client_that_keeps_words_only_sends_thoughts_without_proof() -> None:
    messages = [{"role": "assistant", "content": "x", "reasoning_content": "I should look."}]
    request = CLIENT.decode_request({"model": "m", "messages": messages}, Asked(path="/v1/chat/completions"))
    thought = request.turns[0].parts[0]
    assert isinstance(thought, Reasoning)
    assert (thought.text, thought.signature) == ("I should look.", None)


def test_who_knows_functions_only_is_told_a_function_call() -> None:
    said = answer(CALL, SIGNED, reason="tool_use")
    gateway = Gateway(said)
    choice = gateway.client.chat.completions.create(**LEGACY).choices[0]
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call is not None
    assert choice.message.function_call.arguments == '{"city":"Bern"}'
    assert gateway.seen[0].parallel_tool_calls is False
    chunks = list(gateway.client.chat.completions.create(**LEGACY, stream=True))
    told = [chunk.choices[0].delta.function_call for chunk in chunks]
    assert "".join(each.arguments or "" for each in told if each) == '{"city":"Bern"}'


def test_a_failed_stream_raises() -> None:
    def handle(call: httpx2.Request) -> httpx2.Response:
        request = CLIENT.decode_request(json.loads(call.content), Asked(path=call.url.path))
        encoder = CLIENT.stream_encoder(Saying(id="x", created_s=1, model="m", request=request))
        events: list[Event] = [Began(id="x"), Opened(part=Text(text="Half"), index=0), Failed(error=ERROR)]
        data = b"".join(encoder.encode(event) for event in events)
        assert b"[DONE]" not in data
        return httpx2.Response(200, content=data, headers={"content-type": "text/event-stream"})

    stream = client_of(handle).chat.completions.create(**ASKED, stream=True)
    with pytest.raises(openai.APIError) as raised:
        list(stream)
    assert raised.value.code == "rate_limit_exceeded"
    assert "slow down" in str(raised.value)


def test_an_error_is_the_librarys_own() -> None:
    client = client_of(lambda call: httpx2.Response(ERROR.status, json=CLIENT.encode_error(ERROR)))
    with pytest.raises(openai.RateLimitError) as raised:
        client.chat.completions.create(**ASKED)
    assert raised.value.code == "rate_limit_exceeded"
