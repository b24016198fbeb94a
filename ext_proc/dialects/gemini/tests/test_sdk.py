"""The official Python library takes our answers, and we take what it sends."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import errors, types

from ext_proc.chat.answer import Answer, Began, Event, Failed, Grew, Opened, Stop
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.parts import Inline, Media, Reasoning, Signature, Text, ToolCall, ToolResult
from ext_proc.chat.request import Request
from ext_proc.chat.whole import replay
from ext_proc.dialects.gemini import CLIENT
from ext_proc.dialects.gemini.tests.answers import CALL, CITED, FULL, PICTURE, THOUGHT, answer

DONE = answer(Text(text="Take a "), Text(text="hat."))
ERROR = ProviderError(fault=Fault.RATE_LIMIT, status=429, message="slow down", retry_after_s=7.0)
MODEL = "gemini-2.5-flash"


def weather(city: str) -> str:
    """Tells the weather."""
    return f"sunny in {city}"


class Gateway:
    """Answers the library's calls one after the other; `seen`: the requests as read."""

    def __init__(self, *said: Answer, vertex: bool = False) -> None:
        self.seen: list[Request] = []
        self._said = list(said)
        self.client = genai.Client(
            api_key="k",
            vertexai=vertex,
            http_options=types.HttpOptions(
                base_url="http://gateway.example",
                httpx_client=httpx2.Client(transport=httpx2.MockTransport(self._handle)),
            ),
        )

    def _handle(self, call: httpx2.Request) -> httpx2.Response:
        asked = Asked(path=call.url.path, query=dict(call.url.params))
        request = CLIENT.decode_request(json.loads(call.content), asked)
        self.seen.append(request)
        said = self._said.pop(0)
        saying = Saying(id="Ab12", created_s=1_700_000_000, model=request.model, request=request)
        if not request.stream:
            return httpx2.Response(200, json=CLIENT.encode_answer(said, saying))
        encoder = CLIENT.stream_encoder(saying)
        data = b"".join(encoder.encode(event) for event in replay(said))
        return httpx2.Response(200, content=data, headers={"content-type": CLIENT.media_type})


def _config(**settings: Any) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(**settings)


def test_a_whole_answer() -> None:
    gateway = Gateway(FULL)
    response = gateway.client.models.generate_content(model=MODEL, contents="hello")
    assert response.text == "Sunny in Zürich."
    assert response.function_calls is not None
    assert response.function_calls[0].args == {"city": "Bern"}
    assert response.function_calls[0].id == "toolu_1"
    assert response.candidates is not None
    assert response.candidates[0].finish_reason is types.FinishReason.STOP
    assert response.usage_metadata is not None
    assert response.usage_metadata.thoughts_token_count == 10
    assert response.usage_metadata.candidates_token_count == 30
    assert response.usage_metadata.total_token_count == 140
    assert gateway.seen[0].model == MODEL
    assert not gateway.seen[0].stream


def test_vertex_ai() -> None:
    gateway = Gateway(FULL, vertex=True)
    response = gateway.client.models.generate_content(model=MODEL, contents="hello")
    assert response.text == "Sunny in Zürich."
    assert gateway.seen[0].model == MODEL


def test_a_stream() -> None:
    gateway = Gateway(FULL)
    chunks = list(gateway.client.models.generate_content_stream(model=MODEL, contents="hello"))
    assert gateway.seen[0].stream
    assert gateway.seen[0].stream_form == ""
    assert "".join(chunk.text or "" for chunk in chunks) == "Sunny in Zürich."
    parts = [part for chunk in chunks for part in (chunk.parts or [])]
    assert "".join(part.text or "" for part in parts if part.thought) == "I should look."
    assert [part.function_call.name for part in parts if part.function_call] == ["weather"]
    last = chunks[-1]
    assert last.candidates is not None
    assert last.candidates[0].finish_reason is types.FinishReason.STOP
    assert last.usage_metadata is not None
    assert last.usage_metadata.prompt_token_count == 100


def test_functions_called_by_the_library_bring_foreign_thoughts_back() -> None:
    gateway = Gateway(FULL, DONE)
    response = gateway.client.models.generate_content(model=MODEL, contents="hello", config=_config(tools=[weather]))
    assert response.text == "Take a hat."
    _, said, answered = gateway.seen[1].turns
    assert said.parts == (THOUGHT, Text(text="Sunny in Zürich."), CALL)
    (result,) = answered.parts
    assert isinstance(result, ToolResult)
    assert (result.call_id, result.content) == ("toolu_1", (Text(text="sunny in Bern"),))


def test_a_streamed_chat_brings_its_pieces_back_as_one_turn() -> None:
    gateway = Gateway(FULL, DONE, DONE)
    chat = gateway.client.chats.create(model=MODEL, config=_config(tools=[weather]))
    assert "".join(chunk.text or "" for chunk in chat.send_message_stream("hello")) == "Sunny in Zürich.Take a hat."
    list(chat.send_message_stream("thanks"))
    turns = gateway.seen[-1].turns
    assert [turn.role for turn in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert turns[1].parts == (THOUGHT, Text(text="Sunny in Zürich."), CALL)
    assert turns[3].parts == (Text(text="Take a hat."),)


def test_settings_as_the_library_writes_them() -> None:
    gateway = Gateway(DONE)
    schema = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
    gateway.client.models.generate_content(
        model="tunedModels/mine",
        contents=["look", types.Part.from_bytes(data=b"\xfb\xff\xfe\x00", mime_type="image/png")],
        config=_config(
            system_instruction="be kind",
            temperature=0.5,
            top_k=7,
            response_mime_type="application/json",
            response_schema=schema,
            thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=512),
        ),
    )
    (seen,) = gateway.seen
    assert seen.model == "tunedModels/mine"
    assert seen.system == (Text(text="be kind"),)
    assert (seen.sampling.temperature, seen.sampling.top_k) == (0.5, 7)
    assert seen.output is not None
    assert seen.output.schema == {"type": "object", "properties": {"city": {"type": "string"}}}
    assert seen.thinking is not None
    assert (seen.thinking.budget_tokens, seen.thinking.show) == (512, True)
    picture = seen.turns[0].parts[1]
    assert isinstance(picture, Media)
    assert picture.source == Inline("image/png", "+//+AA==")


def test_sources_and_pictures() -> None:
    gateway = Gateway(CITED, PICTURE)
    cited = gateway.client.models.generate_content(model=MODEL, contents="hello").candidates
    assert cited is not None
    grounding = cited[0].grounding_metadata
    assert grounding is not None
    assert grounding.grounding_chunks is not None
    assert grounding.grounding_chunks[0].web is not None
    assert grounding.grounding_chunks[0].web.uri == "https://a.example"
    assert grounding.grounding_supports is not None
    segment = grounding.grounding_supports[0].segment
    assert segment is not None
    assert (segment.start_index, segment.end_index, segment.text) == (9, 16, "Zürich")
    (part,) = [
        each
        for each in gateway.client.models.generate_content(model=MODEL, contents="hi").parts or []
        if each.inline_data
    ]
    assert part.inline_data is not None
    assert part.inline_data.data is not None
    assert part.inline_data.data.startswith(b"\x89PNG")


def _serving(status: int, content: bytes) -> genai.Client:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=content))
    return genai.Client(
        api_key="k",
        http_options=types.HttpOptions(base_url="http://g.example", httpx_client=httpx2.Client(transport=transport)),
    )


def test_an_error() -> None:
    client = _serving(429, json.dumps(CLIENT.encode_error(ERROR)).encode())
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=MODEL, contents="hello")
    assert (caught.value.code, caught.value.status, caught.value.message) == (429, "RESOURCE_EXHAUSTED", "slow down")


def test_an_error_in_a_stream(asked_stream: Request) -> None:
    saying = Saying(id="Ab12", created_s=0, model=MODEL, request=asked_stream)
    encoder = CLIENT.stream_encoder(saying)
    events: list[Event] = [Began(), Opened(part=Text(text=""), index=0), Grew(text="Sun", index=0), Failed(error=ERROR)]
    stream = b"".join(encoder.encode(event) for event in events)
    heard: list[str] = []
    with pytest.raises(errors.ClientError) as caught:
        for chunk in _serving(200, stream).models.generate_content_stream(model=MODEL, contents="hello"):
            heard.append(chunk.text or "")
    assert heard == ["Sun"]
    assert caught.value.message is not None
    assert "slow down" in caught.value.message


@pytest.fixture
def asked_stream() -> Request:
    body = {"contents": [{"parts": [{"text": "hi"}]}]}
    return CLIENT.decode_request(body, Asked(path="/v1/models/m:streamGenerateContent", query={"alt": "sse"}))


def test_a_blocked_prompt() -> None:
    feedback = {"blockReason": "SAFETY", "blockReasonMessage": "no"}
    gateway = Gateway(answer(stop=Stop(reason="content_filter", raw="SAFETY", extra={"promptFeedback": feedback})))
    response = gateway.client.models.generate_content(model=MODEL, contents="hello")
    assert response.prompt_feedback is not None
    assert response.prompt_feedback.block_reason is types.BlockedReason.SAFETY
    assert not response.candidates


def test_calls_keep_foreign_signatures() -> None:
    signed = ToolCall(id="c1", name="weather", arguments="{}", signature=Signature("another", "x/y+z"))
    hidden = Reasoning(text="", signature=Signature("anthropic_messages", "AAA"), redacted=True)
    gateway = Gateway(answer(hidden, signed), DONE)
    chat = gateway.client.chats.create(model=MODEL)
    chat.send_message("hello")
    chat.send_message("go on")
    assert gateway.seen[1].turns[1].parts == (hidden, signed)
