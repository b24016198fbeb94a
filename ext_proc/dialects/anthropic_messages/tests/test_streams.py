"""Streams, there and back: what the decoder hears, what the official library makes of what the encoder writes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, APIStatusError
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.answer import Began, Ended, Event, Failed, Pinged
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Text
from ext_proc.chat.whole import collect
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER
from ext_proc.dialects.anthropic_messages.tests.bodies import SIMPLE

RECORDINGS = Path(__file__).parent / "recordings"
STREAMS = sorted(RECORDINGS.glob("anthropic--stream_*.json"))
SAYING = Saying(id="abc", created_s=1, model="mine", request=CLIENT.decode_request(SIMPLE, Asked(path="/v1/messages")))


def decode(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.flush()


def encode(events: Iterable[Event]) -> bytes:
    encoder = CLIENT.stream_encoder(SAYING)
    return b"".join(encoder.encode(event) for event in events)


def read_by_sdk(stream: bytes) -> dict[str, Any]:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    client = Anthropic(api_key="k", http_client=httpx2.Client(transport=httpx2.MockTransport(answer)), max_retries=0)
    with client.beta.messages.stream(model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}]) as heard:
        return heard.get_final_message().to_dict()


def frames(stream: bytes) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: ")]


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_the_library_hears_what_the_provider_said(path: Path) -> None:
    stream = path.read_bytes()
    found = read_by_sdk(encode(decode(stream)))
    assert found == read_by_sdk(stream) | {"model": "mine", "usage": found["usage"]}
    known = {name: value for name, value in read_by_sdk(stream)["usage"].items() if value is not None}
    assert known.items() <= found["usage"].items()


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_a_stream_and_the_whole_answer_say_the_same(path: Path) -> None:
    answer = collect(decode(path.read_bytes()))
    whole = CLIENT.encode_answer(answer, SAYING)
    streamed = read_by_sdk(encode(decode(path.read_bytes())))
    assert {name: streamed[name] for name in whole} == whole


@given(st.data())
def test_the_cuts_of_a_stream_change_nothing(data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from([path.read_bytes() for path in STREAMS]))
    stream = data.draw(st.sampled_from([stream, stream.replace(b"\n", b"\r\n")]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*pieces) == decode(stream)


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_a_stream_cut_anywhere_is_no_answer(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if b"message_stop" in line)
    for end in range(last):
        events = decode(b"".join(lines[:end]))
        assert isinstance(events[-1], Failed)
        assert events[-1].error.fault is Fault.CUT
        assert not any(isinstance(event, Ended) for event in events)


def test_memory_of_one_part_only() -> None:
    decoder = PROVIDER.stream_decoder()
    decoder.feed(b'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n')
    assert decoder.feed(b'event: ping\ndata: {"type":"ping"}\n\n') == [Pinged()]
    assert decoder.feed(b'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n')


def test_an_error_in_a_stream_reaches_the_library() -> None:
    error = ProviderError(fault=Fault.OVERLOADED, status=529, message="busy")
    stream = encode([Began(id="x"), *Growing().open(0, Text(text="")), Failed(error=error)])
    assert frames(stream)[-1] == {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    with pytest.raises(APIStatusError, match="busy"):
        read_by_sdk(stream)
