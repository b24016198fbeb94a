"""The official Python library takes our answers, and we take what it sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest

from ext_proc.chat.answer import Answer, Began, Failed, Opened
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.parts import Reasoning, Text, ToolCall, ToolResult
from ext_proc.chat.request import Request
from ext_proc.chat.whole import replay
from ext_proc.dialects.openai_responses import CLIENT
from ext_proc.dialects.openai_responses.tests.answers import FULL, HIDDEN, REFUSED, SHELL, THOUGHT, answer
from ext_proc.dialects.openai_responses.tests.bodies import CODEX, PATCH

ERROR = ProviderError(fault=Fault.RATE_LIMIT, status=429, message="slow down", code="rate_limited")


class Gateway:
    """Answers the library's calls with a given answer; `seen`: the requests as read."""

    def __init__(self, said: Answer) -> None:
        self.seen: list[Request] = []
        self._said = said
        self.client = openai.OpenAI(
            api_key="k",
            base_url="http://gateway.example/v1",
            max_retries=0,
            http_client=httpx2.Client(transport=httpx2.MockTransport(self._handle)),
        )

    def _handle(self, call: httpx2.Request) -> httpx2.Response:
        request = CLIENT.decode_request(json.loads(call.content), Asked(path=call.url.path))
        self.seen.append(request)
        saying = Saying(id="Ab12", created_s=1_700_000_000, model=request.model, request=request)
        if not request.stream:
            return httpx2.Response(200, json=CLIENT.encode_answer(self._said, saying))
        encoder = CLIENT.stream_encoder(saying)
        data = b"".join(encoder.encode(event) for event in replay(self._said))
        return httpx2.Response(200, content=data, headers={"content-type": CLIENT.media_type})


ASKED: dict[str, Any] = {name: value for name, value in CODEX.items() if name != "stream"}


def test_a_whole_answer() -> None:
    gateway = Gateway(FULL)
    response = gateway.client.responses.create(**ASKED)
    assert response.output_text == "Sunny in Bern. Take a hat."
    assert response.status == "completed"
    assert response.usage is not None
    assert response.usage.total_tokens == 140
    assert response.usage.input_tokens_details.cached_tokens == 60
    assert response.usage.output_tokens_details.reasoning_tokens == 15
    assert [item.type for item in response.output] == [
        "reasoning",
        "reasoning",
        "message",
        "function_call",
        "custom_tool_call",
        "function_call",
    ]
    assert gateway.seen[0].thinking is not None


@pytest.mark.parametrize("said", [FULL, REFUSED, answer(), answer(THOUGHT), answer(SHELL)], ids=range(5))
def test_a_streamed_answer_ends_as_the_whole_one(said: Answer) -> None:
    gateway = Gateway(said)
    with gateway.client.responses.stream(**ASKED) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    whole = gateway.client.responses.create(**ASKED)
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert final.to_dict() | {"output": 0} == whole.to_dict() | {"output": 0}
    assert [_bare(item) for item in final.output] == [_bare(item) for item in whole.output]


def _bare(item: Any) -> dict[str, Any]:
    """The library adds what it parsed."""
    found = item.to_dict()
    found.pop("parsed_arguments", None)
    for part in found.get("content") or ():
        part.pop("parsed", None)
    return dict(found)


def test_a_conversation_goes_on_with_what_was_answered() -> None:
    gateway = Gateway(FULL)
    response = gateway.client.responses.create(**ASKED)
    history: list[Any] = [{"role": "user", "content": "go"}, *response.output]
    history += [{"type": "function_call_output", "call_id": "toolu_1", "output": "a.py"}]
    gateway.client.responses.create(**(ASKED | {"input": history}))
    said = gateway.seen[1].turns[1].parts
    assert said[0] == Reasoning(text=THOUGHT.text, signature=THOUGHT.signature)
    assert said[1] == HIDDEN
    assert [part.text for part in said if isinstance(part, Text)] == ["Sunny in Bern.", " Take a hat."]
    calls = [part for part in said if isinstance(part, ToolCall)]
    assert [(call.id, call.namespace, call.name, call.custom) for call in calls] == [
        ("toolu_1", "", "shell", False),
        ("toolu_2", "", "apply_patch", True),
        ("call_Ab12_5", "mcp__docs", "find", False),
    ]
    assert calls[1].arguments == "*** Begin Patch\n"
    assert calls[2].signature is not None
    assert calls[2].signature.origin == "gemini"
    assert isinstance(gateway.seen[1].turns[2].parts[0], ToolResult)


def test_a_failed_stream_is_told() -> None:
    events = [Began(id="x"), Opened(part=Text(text="Half"), index=0), Failed(error=ERROR)]
    with _streaming(events) as stream:
        last = list(stream)[-1]
    assert last.type == "response.failed"
    assert last.response.error is not None
    assert last.response.error.code == "rate_limit_exceeded"
    assert last.response.error.message == "slow down"
    assert last.response.output[0].to_dict()["content"][0]["text"] == "Half"


def _streaming(events: list[Any]) -> Any:
    def handle(call: httpx2.Request) -> httpx2.Response:
        request = CLIENT.decode_request(json.loads(call.content), Asked(path=call.url.path))
        encoder = CLIENT.stream_encoder(Saying(id="x", created_s=1, model="m", request=request))
        data = b"".join(encoder.encode(event) for event in events)
        return httpx2.Response(200, content=data, headers={"content-type": "text/event-stream"})

    return _client(handle).responses.stream(model="m", input="hello", tools=[PATCH])  # type: ignore[list-item]


def _client(handle: Callable[[httpx2.Request], httpx2.Response]) -> openai.OpenAI:
    http = httpx2.Client(transport=httpx2.MockTransport(handle))
    return openai.OpenAI(api_key="k", base_url="http://gateway.example/v1", max_retries=0, http_client=http)


def test_an_error_is_the_librarys_own() -> None:
    client = _client(lambda call: httpx2.Response(ERROR.status, json=CLIENT.encode_error(ERROR)))
    with pytest.raises(openai.RateLimitError) as raised:
        client.responses.create(model="m", input="hello")
    assert raised.value.code == "rate_limit_exceeded"
    assert "slow down" in str(raised.value)
