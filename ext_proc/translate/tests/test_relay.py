"""A stream made another's: what the client may hear, and when."""

from __future__ import annotations

import pytest

from ext_proc.chat.dialect import Saying
from ext_proc.chat.errors import Fault
from ext_proc.chat.parts import Text
from ext_proc.chat.request import Request, Turn
from ext_proc.translate import failing, languages
from ext_proc.translate.relay import Relay

REQUEST = Request(origin="openai_chat", model="m", turns=(Turn(role="user", parts=(Text(text="hi"),)),), stream=True)
SAYING = Saying(id="1", created_s=1, model="m", request=REQUEST)
CLIENTS = ("openai_chat", "openai_responses", "anthropic_messages", "gemini")
HEAD = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",'
HEAD += b'"model":"c","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}\n\n'
PING = b'event: ping\ndata: {"type":"ping"}\n\n'
WORD = b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text",'
WORD += b'"text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
WORD += b'{"type":"text_delta","text":"Hello"}}\n\n'
END = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\nevent: message_delta\ndata: '
END += b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}\n\n'
END += b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
NORMAL_ENDS = (b"[DONE]", b"response.completed", b"message_stop", b"finishReason")


def relay(client: str) -> Relay:
    encoder = languages.client(client).stream_encoder(SAYING)
    return Relay(languages.provider("anthropic_messages").stream_decoder(), encoder)


@pytest.mark.parametrize("client", CLIENTS)
def test_nothing_may_be_said_before_the_first_word(client: str) -> None:
    made = relay(client)
    made.feed(HEAD + PING)
    assert not made.said
    made.feed(WORD)
    assert made.said


@pytest.mark.parametrize("client", CLIENTS)
def test_a_whole_stream_ends_as_the_client_knows_it(client: str) -> None:
    made = relay(client)
    said = made.feed(HEAD + WORD + END) + made.finish()
    assert b"Hello" in said and any(end in said for end in NORMAL_ENDS)
    assert (made.ended, made.failed) == (True, None)
    assert made.usage and (made.usage.input, made.usage.output) == (3, 7)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("cut", ["clean", "in the middle of an event"])
def test_a_cut_stream_never_ends_normally(client: str, cut: str) -> None:
    made = relay(client)
    said = made.feed(HEAD + WORD + (END[:40] if cut != "clean" else b"")) + made.finish()
    assert made.failed and made.failed.fault in (Fault.CUT, Fault.GARBLED)
    assert not made.ended
    assert b"error" in said and not any(end in said for end in NORMAL_ENDS)


@pytest.mark.parametrize("client", CLIENTS)
def test_silence_ends_a_stream_as_an_error(client: str) -> None:
    made = relay(client)
    made.feed(HEAD + WORD)
    assert b"error" in made.fail(failing.STALLED)
    assert made.feed(END) == made.finish() == b""
    assert made.failed is failing.STALLED


def test_a_ping_keeps_a_stream_alive_once_it_runs() -> None:
    made = relay("anthropic_messages")
    assert made.feed(HEAD + PING).count(b"ping") == 0
    made.feed(WORD)
    assert b"ping" in made.feed(PING)
