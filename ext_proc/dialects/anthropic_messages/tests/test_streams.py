"""Streams, there and back: what the decoder hears, what the official library makes of what the encoder writes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, APIStatusError
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.chat.answer import (
    Began,
    Cited,
    Closed,
    Ended,
    Event,
    Failed,
    Grew,
    Metered,
    Opened,
    Pinged,
    Signed,
    Stopped,
    Usage,
)
from ext_proc.chat.dialect import Asked, Saying
from ext_proc.chat.errors import Fault, ProviderError
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Citation, Opaque, Part, Reasoning, Refusal, Signature, Text, ToolCall
from ext_proc.chat.sealing import seal, unseal_call
from ext_proc.chat.whole import collect
from ext_proc.dialects.anthropic_messages import CLIENT, PROVIDER, stream_in
from ext_proc.dialects.anthropic_messages.tests.bodies import SIMPLE
from ext_proc.dialects.anthropic_messages.words import JSON_TOOL, NAME, UNSIGNED

RECORDINGS = Path(__file__).parent / "recordings"
STREAMS = sorted(RECORDINGS.glob("anthropic--stream_*.json"))
ASKED = CLIENT.decode_request(SIMPLE | {"thinking": {"type": "adaptive"}}, Asked(path="/v1/messages"))
SAYING = Saying(id="abc", created_s=1, model="mine", request=ASKED)


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


def test_an_error_in_a_stream_reaches_the_library() -> None:
    error = ProviderError(fault=Fault.OVERLOADED, status=529, message="busy")
    stream = encode([Began(id="x"), *Growing().open(0, Text(text="")), Failed(error=error)])
    assert frames(stream)[-1] == {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    with pytest.raises(APIStatusError, match="busy"):
        read_by_sdk(stream)


# What a provider says


def line(**data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def start(index: int = 0, **block: Any) -> bytes:
    return line(type="content_block_start", index=index, content_block=block)


def delta(index: int = 0, **said: Any) -> bytes:
    return line(type="content_block_delta", index=index, delta=said)


def stop(index: int = 0) -> bytes:
    return line(type="content_block_stop", index=index)


END = line(type="message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 3}) + line(
    type="message_stop"
)


def parts(*said: bytes) -> tuple[Part, ...]:
    return collect(decode(*said, END)).choices[0].parts


def test_blocks_as_they_are_told() -> None:
    assert parts(
        start(type="text", text="a", citations=[{"url": "https://a"}]), delta(type="text_delta", text="b")
    ) == (Text(text="ab", citations=(Citation(origin=NAME, raw={"url": "https://a"}, url="https://a"),)),)
    cited = delta(type="citations_delta", citation={"title": "T"})
    assert parts(start(type="text", text=""), cited, delta(type="citations_delta")) == (
        Text(text="", citations=(Citation(origin=NAME, raw={"title": "T"}, title="T"),)),
    )
    signed = start(type="thinking", thinking="h", signature="s"), delta(type="thinking_delta", thinking="m")
    assert parts(*signed) == (Reasoning(text="hm", signature=Signature(NAME, "s")),)
    assert parts(start(type="redacted_thinking", data="d"), stop()) == (
        Reasoning(signature=Signature(NAME, "d"), redacted=True),
    )


def test_calls_as_they_are_told() -> None:
    begun = start(type="tool_use", id="t", name="f", input={})
    assert parts(begun, stop()) == (ToolCall(id="t", name="f", arguments="{}"),)
    known = start(type="tool_use", id="t", name="f", input={"a": 1})
    assert parts(known, stop()) == (ToolCall(id="t", name="f", arguments='{"a":1}'),)
    asked = (
        begun,
        delta(type="input_json_delta", partial_json='{"a"'),
        delta(type="input_json_delta", partial_json=": 2}"),
    )
    assert parts(*asked) == (ToolCall(id="t", name="f", arguments='{"a": 2}'),)
    own = start(type="server_tool_use", id="t", name="web_search", input={})
    assert parts(own, asked[1], asked[2]) == (
        Opaque(
            origin=NAME,
            kind="server_tool_use",
            raw={"type": "server_tool_use", "id": "t", "name": "web_search", "input": {"a": 2}},
        ),
    )
    assert parts(start(type="text", text="x"), asked[1]) == (Text(text="x"),), "arguments of nothing"


def test_a_compaction_is_told_whole() -> None:
    summed = delta(type="compaction_delta", content="sum", encrypted_content="e")
    (part,) = parts(start(type="compaction", content=None), summed, stop())
    assert part == Opaque(
        origin=NAME, kind="compaction", raw={"type": "compaction", "content": "sum", "encrypted_content": "e"}
    )
    answer = [*decode(start(type="compaction", content=None), summed, stop(), END)]
    assert read_by_sdk(encode(answer))["content"] == [
        {"type": "compaction", "content": "sum", "encrypted_content": "e"}
    ]


def test_an_answer_in_json_is_text_while_it_grows() -> None:
    begun = start(type="tool_use", id="t", name=JSON_TOOL, input={})
    answer = collect(decode(begun, delta(type="input_json_delta", partial_json='{"a": 2}'), END))
    assert answer.choices[0].parts == (Text(text='{"a": 2}'),)
    assert answer.choices[0].stop.reason == "end"


def test_counts_of_both_ends_are_put_together() -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1, "service_tier": "standard"}
    begun = line(type="message_start", message={"id": "m", "model": "c", "usage": usage})
    late = line(type="message_delta", delta={}, usage={"output_tokens": 9, "cache_creation_input_tokens": None})
    events = decode(begun, late, line(type="message_stop"))
    assert events[0] == Began(id="m", model="c", rest={"service_tier": "standard"})
    assert [event.usage for event in events if isinstance(event, Metered)] == [
        Usage(input=15, cached=5, output=1),
        Usage(input=15, cached=5, output=9),
    ]
    assert isinstance(events[-2], Stopped) and isinstance(events[-1], Ended)


def test_a_server_that_says_little() -> None:
    events = decode(line(type="message_stop"))
    assert [type(event) for event in events] == [Began, Stopped, Ended]
    named = b"event: message_stop\ndata: {}\n\n"
    assert [type(event) for event in decode(line(type="new_event"), b"data: [DONE]\n\n", named)] == [
        Began,
        Stopped,
        Ended,
    ]
    again = decode(line(type="message_start", message={}), line(type="message_start", message={}), END)
    assert [type(event) for event in again][:2] == [Began, Metered]


@pytest.mark.parametrize(
    "said",
    [
        b"data: {\n\n",
        b"data: [1]\n\n",
        b'data: {"type": NaN}\n\n',
        line(type=1),
        line(type="content_block_start"),
        start(type="tool_use", id="t"),
        start(type="text", text="") + delta(1, type="text_delta", text="x"),
        delta(type="text_delta", text="x"),
        start(type="text", text="") + line(type="content_block_delta", index=0),
        start(type="text", text="") + delta(type="text_delta", text=1),
        line(type="message_delta", usage={"output_tokens": "x"}),
    ],
)
def test_what_is_no_stream_fails(said: bytes) -> None:
    events = decode(said, END)
    assert isinstance(events[-1], Failed)
    assert events[-1].error.fault is Fault.GARBLED
    assert sum(isinstance(event, Failed) for event in events) == 1


def test_unknown_deltas_change_nothing() -> None:
    assert parts(start(type="text", text="x"), delta(type="thinking_delta", thinking="y")) == (Text(text="x"),)


def test_after_an_end_there_is_nothing() -> None:
    decoder = PROVIDER.stream_decoder()
    decoder.feed(END + start(type="text", text="x"))
    assert decoder.feed(END) == decoder.flush() == []
    failed = PROVIDER.stream_decoder()
    assert isinstance(failed.feed(line(type="error", error={"message": "m"}) + END)[-1], Failed)
    assert isinstance(failed.flush(), list) and failed.flush() == []


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_in, "_MAX_EVENT_BYTES", 100)
    (event,) = PROVIDER.stream_decoder().feed(b"data: " + b"x" * 200)
    assert isinstance(event, Failed)


# What a client hears


def test_counts_known_at_once_stand_in_the_first_event() -> None:
    encoder = CLIENT.stream_encoder(SAYING)
    assert encoder.encode(Began(id="msg_1")) == encoder.encode(Metered(usage=Usage(input=7))) == b""
    assert encoder.encode(Pinged()) == b'event: ping\ndata: {"type":"ping"}\n\n'
    (begun,) = frames(encoder.encode(Opened(part=Text(text=""), index=0)))
    assert begun["message"]["usage"]["input_tokens"] == 7
    last = frames(encoder.encode(Metered(usage=Usage(input=9, output=4))) + encoder.encode(Ended()))
    assert last[0]["usage"]["input_tokens"] == 9 and last[0]["usage"]["output_tokens"] == 4


def test_words_are_told_as_they_come() -> None:
    encoder = CLIENT.stream_encoder(SAYING)
    told = [
        frames(encoder.encode(event))
        for event in (
            Opened(part=Text(text="a"), index=0),
            Grew(text="b", index=0),
            Cited(citation=Citation(origin="another", raw={}), index=0),
            Signed(signature=Signature("another", "s"), index=0),
            Closed(part=Text(text="ab"), index=0),
            Opened(part=Refusal(text="no"), index=1),
            Opened(part=Reasoning(text="h"), index=2, choice=0),
            Grew(text="never", index=0, choice=1),
        )
    ]
    assert [[each["type"] for each in batch] for batch in told] == [
        ["message_start", "content_block_start", "content_block_delta"],
        ["content_block_delta"],
        [],
        [],
        ["content_block_stop"],
        ["content_block_start", "content_block_delta"],
        ["content_block_start", "content_block_delta"],
        [],
    ]


def test_an_unsigned_thought_is_sealed_at_its_end() -> None:
    growing = Growing()
    events = [*growing.open(0, Reasoning()), *growing.grow("hm"), *growing.close(), Ended()]
    (block,) = read_by_sdk(encode(events))["content"]
    assert block == {"type": "thinking", "thinking": "hm", "signature": seal(Signature(UNSIGNED, ""), NAME)}


def test_the_proof_of_a_call_may_come_after_its_name() -> None:
    growing = Growing()
    proof = Signature("another", "s")
    call = ToolCall(id="c", name="f", arguments='{"a":1}')
    events = [*growing.open(0, replace(call, arguments="")), *growing.sign(proof), *growing.grow('{"a":1}')]
    (block,) = read_by_sdk(encode([*events, *growing.close(), Ended()]))["content"]
    assert unseal_call(block["id"]) == ("c", proof)
    opened = encode([Opened(part=call, index=0), Closed(part=call, index=0), Ended()])
    assert read_by_sdk(opened)["content"][0]["input"] == {"a": 1}


def test_a_part_that_was_never_told_is_told_whole_at_its_end() -> None:
    cited = Citation(origin=NAME, raw={"type": "char_location", "cited_text": "c"}, cited_text="c")
    text = Text(text="ab", citations=(cited,))
    thought = Reasoning(text="hm", signature=Signature(NAME, "s"))
    events: list[Event] = [
        Opened(part=Text(text=""), index=0),
        Closed(part=text, index=0),
        Opened(part=Reasoning(), index=1),
        Closed(part=thought, index=1),
        Ended(),
    ]
    stream = encode(events)
    assert collect(decode(stream)).choices[0].parts == (text, thought)
