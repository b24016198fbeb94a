from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.http2 import frames, headers
from ext_proc.http2.connection import Connection, Ended, Opened, Received, Reset, Roomy
from ext_proc.http2.frames import Code, ConnectionFailed, Kind, Setting
from ext_proc.http2.tests.peer import ASKED, Peer, cut

HEAD = headers.write(((b":status", b"200"), (b"content-type", b"application/grpc")))
TRAILERS = headers.write(((b"grpc-status", b"0"),))
WHOLE = headers.write(((b":status", b"200"), (b"grpc-status", b"12")))
HEADERS = {name.encode(): value.encode() for name, value in ASKED}
SIZES = st.lists(st.integers(1, 4000), min_size=1, max_size=5).map(tuple)


def received(peer: Peer, stream: int) -> bytes:
    return b"".join(event.data for event in peer.events if isinstance(event, Received) and event.stream == stream)


@given(st.lists(st.binary(max_size=40_000), min_size=1, max_size=4), SIZES)
@settings(max_examples=40, deadline=None)
def test_questions_arrive_however_they_are_cut(bodies: list[bytes], sizes: tuple[int, ...]) -> None:
    peer = Peer(Connection())
    peer.exchange(sizes)
    streams = [peer.ask(body) for body in bodies if len(body) < 60_000 // len(bodies)]
    peer.exchange(sizes)
    opened = [event for event in peer.events if isinstance(event, Opened)]
    assert [(event.stream, event.headers) for event in opened] == [(stream, HEADERS) for stream in streams]
    assert [event.stream for event in peer.events if isinstance(event, Ended)] == streams
    kept = [body for body in bodies if len(body) < 60_000 // len(bodies)]
    assert [received(peer, stream) for stream in streams] == kept


@given(st.lists(st.binary(max_size=60_000), min_size=1, max_size=4), st.integers(1, 70_000))
@settings(max_examples=40, deadline=None)
def test_answers_arrive_whatever_room_the_client_gives(answers: list[bytes], window_bytes: int) -> None:
    server = Connection()
    peer = Peer(server, max(window_bytes, sum(map(len, answers)) // 50))
    streams = [peer.ask(b"?") for _ in answers]
    peer.exchange()
    for stream, answer in zip(streams, answers, strict=True):
        server.begin(stream, HEAD)
        server.send(stream, answer)
        server.end(stream, TRAILERS)
    peer.exchange()
    assert [peer.data.get(stream, b"") for stream in streams] == answers
    assert all(("grpc-status", "0") in peer.trailers[stream] for stream in streams)
    assert peer.ended == set(streams)


def test_what_the_client_has_no_room_for_waits_and_is_announced_when_gone() -> None:
    server = Connection()
    peer = Peer(server, 10, generous=False)
    stream = peer.ask(b"?")
    peer.exchange()
    server.begin(stream, HEAD)
    assert not server.send(stream, b"x" * 25)
    server.end(stream, TRAILERS)
    peer.exchange()
    assert peer.data[stream] == b"x" * 10
    peer.client.increment_flow_control_window(10, stream)
    peer.exchange()
    assert (peer.data[stream], Roomy(stream) in peer.events) == (b"x" * 20, False)
    peer.client.increment_flow_control_window(10, stream)
    peer.exchange()
    assert (peer.data[stream], Roomy(stream) in peer.events) == (b"x" * 25, True)
    assert stream in peer.ended


def test_a_window_that_shrinks_below_nothing_is_waited_for() -> None:
    server = Connection()
    peer = Peer(server, 100, generous=False)
    stream = peer.ask(b"?", end=False)
    peer.exchange()
    server.begin(stream, HEAD)
    assert server.send(stream, b"x" * 60)
    peer.exchange()
    list(server.receive(frames.settings({Setting.INITIAL_WINDOW_SIZE: 10})))
    assert not server.send(stream, b"y")
    assert list(server.receive(frames.window_update(stream, 50))) == []
    assert list(server.receive(frames.window_update(stream, 1))) == [Roomy(stream)]


def test_an_answer_may_be_head_and_trailers_in_one() -> None:
    server = Connection()
    peer = Peer(server)
    stream = peer.ask(b"?")
    peer.exchange()
    server.end(stream, WHOLE)
    peer.exchange()
    assert ("grpc-status", "12") in peer.heads[stream]
    assert stream in peer.ended


def test_a_client_that_has_not_finished_is_told_to_stop() -> None:
    server = Connection()
    peer = Peer(server)
    stream = peer.ask(b"?", end=False)
    peer.exchange()
    server.begin(stream, HEAD)
    server.end(stream, TRAILERS)
    peer.exchange()
    assert peer.resets == {stream: Code.NO_ERROR}


def test_a_stream_given_up_is_over_and_what_is_sent_on_it_is_dropped() -> None:
    server = Connection()
    peer = Peer(server)
    stream = peer.ask(b"?", end=False)
    peer.exchange()
    peer.client.reset_stream(stream)
    peer.exchange()
    assert peer.events[-1] == Reset(stream)
    server.begin(stream, HEAD)
    assert server.send(stream, b"late")
    server.end(stream, TRAILERS)
    assert server.take() == b""


def test_what_arrives_for_a_stream_that_is_over_is_no_error() -> None:
    server = Connection()
    peer = Peer(server)
    stream = peer.ask(b"?", end=False)
    peer.exchange()
    server.end(stream, WHOLE)
    server.take()
    late = frames.frame(Kind.DATA, 0, stream, b"late") + frames.reset(stream, Code.CANCEL)
    assert list(server.receive(late + frames.window_update(stream, 5))) == []


def test_pings_are_answered_and_unknown_frames_passed_over() -> None:
    server = begun()
    unknown = b"\0\0\1\x77\0\0\0\0\1x"
    priority = frames.frame(Kind.PRIORITY, 0, 1, b"\0" * 5)
    assert list(server.receive(unknown + priority + frames.frame(Kind.PING, 0, 0, b"12345678"))) == []
    assert server.take() == frames.frame(Kind.PING, frames.ACK, 0, b"12345678")
    assert list(server.receive(frames.frame(Kind.PING, frames.ACK, 0, b"12345678"))) == []
    assert server.take() == b""


def test_a_connection_can_receive_more_than_its_window() -> None:
    server = Connection()
    peer = Peer(server)
    peer.exchange()
    sent = 0
    while sent < 4 << 20:
        peer.ask(b"x" * 50_000)
        peer.exchange()
        sent += 50_000
    renewed = server.take()
    assert renewed == b""
    assert peer.client.outbound_flow_control_window > (1 << 31) - (2 << 20)


def test_after_goodbye_no_stream_begins_and_the_open_ones_finish() -> None:
    server = Connection()
    peer = Peer(server)
    stream = peer.ask(b"?")
    peer.exchange()
    server.close()
    goodbye = server.take()
    late = frames.frame(Kind.HEADERS, frames.END_HEADERS | frames.END_STREAM, stream + 2, HEAD)
    assert list(server.receive(late)) == []
    assert server.take() == frames.reset(stream + 2, Code.CANCEL)
    assert goodbye == frames.goaway(stream, Code.NO_ERROR)
    server.begin(stream, HEAD)
    server.end(stream, TRAILERS)
    assert len(server.take()) > 0


def test_a_header_block_in_pieces_is_one() -> None:
    server = begun()
    block = headers.write(((b":path", b"/s/m"),))
    pieces = frames.frame(Kind.HEADERS, frames.END_STREAM, 1, block[:3])
    pieces += frames.frame(Kind.CONTINUATION, 0, 1, block[3:5])
    pieces += frames.frame(Kind.CONTINUATION, frames.END_HEADERS, 1, block[5:])
    assert list(server.receive(pieces)) == [Opened(1, {b":path": b"/s/m"}), Ended(1)]


def test_padding_and_priority_are_no_content() -> None:
    server = begun()
    block = headers.write(((b":path", b"/s/m"),))
    flags = frames.END_HEADERS | frames.PADDED | frames.PRIORITISED
    asked = frames.frame(Kind.HEADERS, flags, 1, b"\2" + b"\0" * 5 + block + b"\0\0")
    data = frames.frame(Kind.DATA, frames.PADDED | frames.END_STREAM, 1, b"\3abc\0\0\0")
    assert list(server.receive(asked + data)) == [Opened(1, {b":path": b"/s/m"}), Received(1, b"abc"), Ended(1)]


@given(st.binary(max_size=5000), SIZES)
@settings(max_examples=40, deadline=None)
def test_the_reading_buffer_may_be_used_again_at_once(body: bytes, sizes: tuple[int, ...]) -> None:
    server = begun()
    asked = frames.frame(Kind.HEADERS, frames.END_HEADERS, 1, headers.write(((b":path", b"/"),)))
    events = []
    for piece in cut(asked + frames.frame(Kind.DATA, frames.END_STREAM, 1, b"-" + body), sizes):
        buffer = bytearray(piece)
        events += list(server.receive(memoryview(buffer)))
        buffer[:] = bytes(len(buffer))
    assert events == [Opened(1, {b":path": b"/"}), Received(1, b"-" + body), Ended(1)]


@given(SIZES)
@settings(max_examples=20, deadline=None)
def test_a_frame_as_large_as_agreed_is_one_piece(sizes: tuple[int, ...]) -> None:
    server, body = begun(), b"x" * frames.MAX_FRAME_BYTES
    asked = frames.frame(Kind.HEADERS, frames.END_HEADERS, 1, headers.write(((b":path", b"/"),)))
    pieces = cut(asked + frames.frame(Kind.DATA, frames.END_STREAM, 1, body), tuple(1000 * size for size in sizes))
    events = [event for piece in pieces for event in server.receive(piece)]
    assert events == [Opened(1, {b":path": b"/"}), Received(1, body), Ended(1)]


def test_a_stream_window_out_of_range_ends_only_that_stream() -> None:
    server = begun()
    block = headers.write(((b":path", b"/s/m"),))
    list(server.receive(frames.frame(Kind.HEADERS, frames.END_HEADERS, 1, block)))
    assert list(server.receive(frames.window_update(1, (1 << 31) - 1))) == [Reset(1)]
    assert server.take() == frames.reset(1, Code.FLOW_CONTROL_ERROR)


def begun() -> Connection:
    server = Connection()
    assert list(server.receive(frames.PREFACE + frames.settings({}))) == []
    server.take()
    return server


SMALL = headers.write(((b":path", b"/"),))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(frames.frame(Kind.DATA, 0, 1, b"x"), Code.PROTOCOL_ERROR, id="data before any stream"),
        pytest.param(frames.frame(Kind.DATA, 0, 0, b"x"), Code.PROTOCOL_ERROR, id="data on no stream"),
        pytest.param(
            frames.frame(Kind.HEADERS, frames.END_HEADERS, 2, SMALL), Code.PROTOCOL_ERROR, id="a server's stream"
        ),
        pytest.param(
            frames.frame(Kind.HEADERS, 0, 1, SMALL) + frames.frame(Kind.PING, 0, 0, b"12345678"),
            Code.PROTOCOL_ERROR,
            id="an interrupted block",
        ),
        pytest.param(
            frames.frame(Kind.CONTINUATION, frames.END_HEADERS, 1, SMALL), Code.PROTOCOL_ERROR, id="a block's end only"
        ),
        pytest.param(
            frames.frame(Kind.HEADERS, frames.END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\x7f"),
            Code.COMPRESSION_ERROR,
            id="a block nobody can read",
        ),
        pytest.param(frames.frame(Kind.PUSH_PROMISE, 0, 1, b""), Code.PROTOCOL_ERROR, id="a push"),
        pytest.param(frames.frame(Kind.PING, 0, 0, b"1"), Code.FRAME_SIZE_ERROR, id="a short ping"),
        pytest.param(frames.frame(Kind.SETTINGS, 0, 0, b"12345"), Code.FRAME_SIZE_ERROR, id="half a setting"),
        pytest.param(
            frames.settings({Setting.INITIAL_WINDOW_SIZE: 1 << 31}), Code.PROTOCOL_ERROR, id="a window of no range"
        ),
        pytest.param(frames.settings({Setting.MAX_FRAME_SIZE: 1}), Code.PROTOCOL_ERROR, id="frames too small"),
        pytest.param(frames.window_update(0, 0), Code.FLOW_CONTROL_ERROR, id="no more room"),
        pytest.param(frames.window_update(0, (1 << 31) - 1), Code.FLOW_CONTROL_ERROR, id="too much room"),
        pytest.param(struct.pack(">HBBBI", 0x1000, 1, 0, 0, 1), Code.FRAME_SIZE_ERROR, id="a frame above 1 MiB"),
        pytest.param(frames.frame(Kind.DATA, frames.PADDED, 1, b"\xff"), Code.PROTOCOL_ERROR, id="padding only"),
    ],
)
def test_a_broken_rule_ends_the_connection(sent: bytes, code: Code) -> None:
    server = begun()
    with pytest.raises(ConnectionFailed) as failed:
        list(server.receive(sent))
    assert failed.value.code is code


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nXX"])
def test_what_is_not_http2_is_refused(said: bytes) -> None:
    with pytest.raises(ConnectionFailed):
        list(Connection().receive(said))


@given(st.binary(max_size=400), SIZES)
def test_any_bytes_end_in_events_or_in_one_kind_of_error(data: bytes, sizes: tuple[int, ...]) -> None:
    server = begun()
    at = 0
    try:
        for size in (*sizes, len(data)):
            list(server.receive(data[at : at + size]))
            at += size
    except ConnectionFailed:
        pass
