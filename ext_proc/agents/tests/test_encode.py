"""What is encoded is read by the official clients, and by our own reader of agents' answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from ext_proc.agents.answers import AnswerReader
from ext_proc.agents.encode import events_for, stream_answer, whole_answer
from ext_proc.agents.encoders import AnswerHead
from ext_proc.agents.failures import AgentFailed, AnswerError, Reason
from ext_proc.agents.pieces import Finished, Piece, Text, Waiting
from ext_proc.agents.usage import Usage
from ext_proc.conversation import Dialect
from ext_proc.framing.sse import EventReader

HEAD = AnswerHead(id="42", model="travel", created_s=1_700_000_000)
FAILED = AgentFailed("flight_agent", Reason.LATE)
SPOKEN = [Text("Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{SLIGHTLY SMILING FACE} a\u2028b"), Text("\n\nc")]
WHOLE_TEXT = "".join(piece.text for piece in SPOKEN)
ASKED: Any = [{"role": "user", "content": "Hi"}]


async def coming(pieces: list[Piece | Exception]) -> AsyncIterator[Piece]:
    for piece in pieces:
        if isinstance(piece, Exception):
            raise piece
        yield piece


def streamed(dialect: Dialect, pieces, include_usage=False) -> tuple[list[bytes], AgentFailed | None]:
    async def collect() -> tuple[list[bytes], AgentFailed | None]:
        chunks: list[bytes] = []
        try:
            async for chunk in stream_answer(coming(pieces), events_for(dialect, HEAD, include_usage=include_usage)):
                chunks.append(chunk)
        except AgentFailed as error:
            return chunks, error
        return chunks, None

    return asyncio.run(collect())


def body_of(dialect: Dialect, pieces) -> bytes:
    return asyncio.run(whole_answer(coming(pieces), dialect, HEAD))


def openai_client(body: bytes, content_type: str) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", max_retries=0, http_client=answering(body, content_type))


def anthropic_client(body: bytes, content_type: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", max_retries=0, http_client=answering(body, content_type))


def answering(body: bytes, content_type: str) -> httpx2.Client:
    """No network: whatever is asked, this is the answer."""
    answer = httpx2.Response(200, content=body, headers={"content-type": content_type})
    return httpx2.Client(transport=httpx2.MockTransport(lambda _: answer))


def plain_events(body: bytes) -> list[dict]:
    found = [event for event in EventReader(1 << 20).feed(body) if event.data != "[DONE]"]
    plain = [json.loads(event.data) for event in found]
    assert all(not event.name or event.name == data["type"] for event, data in zip(found, plain, strict=True))
    return plain


EVENT_TYPES: dict[Dialect, TypeAdapter] = {
    Dialect.CHAT: TypeAdapter(ChatCompletionChunk),
    Dialect.MESSAGES: TypeAdapter(RawMessageStreamEvent),
    Dialect.RESPONSES: TypeAdapter(ResponseStreamEvent),
}
BODY_TYPES: dict[Dialect, TypeAdapter] = {
    Dialect.CHAT: TypeAdapter(ChatCompletion),
    Dialect.MESSAGES: TypeAdapter(Message),
    Dialect.RESPONSES: TypeAdapter(Response),
}


@pytest.mark.parametrize("usage", [None, Usage(7, 5)])
@pytest.mark.parametrize("dialect", Dialect)
def test_every_event_and_body_is_what_the_sdks_types_say(dialect, usage):
    pieces = [*SPOKEN, Finished(usage, ())]
    chunks, _ = streamed(dialect, pieces, include_usage=True)
    for plain in plain_events(b"".join(chunks)):
        EVENT_TYPES[dialect].validate_python(plain)
    BODY_TYPES[dialect].validate_json(body_of(dialect, pieces))


@pytest.mark.parametrize(("usage", "counted"), [(None, 0), (Usage(7, 5), 12)])
def test_the_openai_client_reads_a_chat_stream(usage, counted):
    chunks, _ = streamed(Dialect.CHAT, [Waiting("a"), *SPOKEN, Finished(usage, ())], include_usage=True)
    client = openai_client(b"".join(chunks), "text/event-stream")
    options: Any = {"include_usage": True}
    with client.chat.completions.stream(model="travel", messages=ASKED, stream_options=options) as stream:
        end = stream.get_final_completion()
    assert end.choices[0].message.content == WHOLE_TEXT
    assert (end.id, end.model, end.choices[0].finish_reason) == ("chatcmpl-42", "travel", "stop")
    assert end.usage.total_tokens == counted


def test_a_chat_stream_has_usage_only_where_it_was_asked_for():
    chunks, _ = streamed(Dialect.CHAT, [*SPOKEN, Finished(Usage(7, 5), ())])
    assert all("usage" not in plain for plain in plain_events(b"".join(chunks)))
    assert chunks[-1].endswith(b"data: [DONE]\n\n")


def test_the_anthropic_client_reads_a_stream():
    chunks, _ = streamed(Dialect.MESSAGES, [Waiting("a"), *SPOKEN, Finished(Usage(7, 5), ())])
    client = anthropic_client(b"".join(chunks), "text/event-stream")
    with client.messages.stream(model="travel", max_tokens=9, messages=ASKED) as stream:
        assert "".join(stream.text_stream) == WHOLE_TEXT
        end = stream.get_final_message()
    assert (end.id, end.stop_reason, end.usage.input_tokens, end.usage.output_tokens) == ("msg_42", "end_turn", 7, 5)


def test_the_openai_client_reads_a_responses_stream():
    chunks, _ = streamed(Dialect.RESPONSES, [Waiting("a"), *SPOKEN, Finished(Usage(7, 5), ())])
    client = openai_client(b"".join(chunks), "text/event-stream")
    with client.responses.stream(model="travel", input="Hi") as stream:
        numbers = [event.sequence_number for event in stream]
        end = stream.get_final_response()
    assert numbers == list(range(len(numbers)))
    assert (end.output_text, end.status, end.usage.total_tokens) == (WHOLE_TEXT, "completed", 12)


def test_the_clients_read_whole_answers():
    pieces = [Waiting("a"), *SPOKEN, Finished(Usage(7, 5), ())]
    chat = openai_client(body_of(Dialect.CHAT, pieces), "application/json")
    completion = chat.chat.completions.create(model="travel", messages=ASKED)
    assert (completion.choices[0].message.content, completion.usage.total_tokens) == (WHOLE_TEXT, 12)

    messages = anthropic_client(body_of(Dialect.MESSAGES, pieces), "application/json")
    message = messages.messages.create(model="travel", max_tokens=9, messages=ASKED)
    assert [block.to_dict() for block in message.content] == [{"type": "text", "text": WHOLE_TEXT}]
    assert message.usage.output_tokens == 5

    responses = openai_client(body_of(Dialect.RESPONSES, pieces), "application/json")
    response = responses.responses.create(model="travel", input="Hi")
    assert (response.output_text, response.usage.total_tokens) == (WHOLE_TEXT, 12)


@pytest.mark.parametrize("before", [[Text("No ")], [Waiting("a")]], ids=["text", "progress only"])
@pytest.mark.parametrize("dialect", Dialect)
def test_an_error_in_the_middle_is_an_error_for_our_own_reader(dialect, before):
    chunks, error = streamed(dialect, [*before, FAILED])
    assert error is FAILED
    with pytest.raises(AnswerError) as caught:
        AnswerReader(dialect, "text/event-stream").feed(b"".join(chunks))
    assert caught.value.reason is Reason.SAID_ERROR


@pytest.mark.parametrize("before", [[Text("No ")], [Waiting("a")]], ids=["text", "progress only"])
def test_the_clients_see_an_error_in_the_middle(before):
    chat = openai_client(b"".join(streamed(Dialect.CHAT, [*before, FAILED])[0]), "text/event-stream")
    with pytest.raises(openai.APIError) as caught:
        list(chat.chat.completions.create(model="travel", messages=ASKED, stream=True))
    assert caught.value.code == "agent_failed"

    messages = anthropic_client(b"".join(streamed(Dialect.MESSAGES, [*before, FAILED])[0]), "text/event-stream")
    with pytest.raises(anthropic.APIStatusError):
        list(messages.messages.create(model="travel", max_tokens=9, messages=ASKED, stream=True))

    responses = openai_client(b"".join(streamed(Dialect.RESPONSES, [*before, FAILED])[0]), "text/event-stream")
    with responses.responses.stream(model="travel", input="Hi") as stream:
        kinds = [event.type for event in stream]
    assert kinds[-2:] == ["error", "response.failed"] and "response.completed" not in kinds


@pytest.mark.parametrize("dialect", Dialect)
def test_a_failure_before_anything_was_sent_is_left_to_the_caller(dialect):
    assert streamed(dialect, [FAILED]) == ([], FAILED)
    with pytest.raises(AgentFailed):
        body_of(dialect, [Text("No "), FAILED])


@pytest.mark.parametrize("dialect", Dialect)
def test_without_its_last_piece_nothing_looks_whole(dialect):
    chunks, _ = streamed(dialect, SPOKEN)
    reader = AnswerReader(dialect, "text/event-stream")
    reader.feed(b"".join(chunks))
    with pytest.raises(AnswerError):
        reader.finish()
    with pytest.raises(ValueError, match="last piece"):
        body_of(dialect, SPOKEN)


def test_progress_is_a_comment_that_no_name_can_break_out_of():
    chunks, _ = streamed(Dialect.CHAT, [Waiting("flight_agent"), Waiting("a\n\ndata: x"), Finished(None, ())])
    assert chunks[:2] == [b": waiting for flight_agent\n\n", b": waiting for a_data_x\n\n"]


def test_no_line_of_an_event_breaks_where_only_some_readers_break_it():
    for dialect in Dialect:
        sent = b"".join(streamed(dialect, [Text("a\x85b\u2028c\u2029d\re\nf"), Finished(None, ())])[0]).decode()
        assert sent.splitlines() == sent.split("\n")[:-1]


@given(dialect=st.sampled_from(list(Dialect)), texts=st.lists(st.text(min_size=1), max_size=5))
def test_what_is_encoded_is_read_back(dialect, texts):
    pieces = [*map(Text, texts), Finished(Usage(3, 2), ())]
    reader = AnswerReader(dialect, "text/event-stream")
    chunks, _ = streamed(dialect, pieces, include_usage=True)
    assert "".join(map(reader.feed, chunks)) + reader.finish() == "".join(texts)
    assert reader.usage == Usage(3, 2)
    whole = AnswerReader(dialect, "application/json")
    assert whole.feed(body_of(dialect, pieces)) + whole.finish() == "".join(texts)
