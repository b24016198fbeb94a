"""One connection, the server's side: bytes in, events out; what is said goes into a buffer. No sockets, no clock.

In: what the peer sent. Out: events about its streams, and bytes for it. Sending never waits: what the peer has no room
for yet stays here, and `Roomy` says when it is gone. A rule broken for one stream ends that stream, any other ends the
connection with `ConnectionFailed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ext_proc.http2 import frames
from ext_proc.http2.frames import Code, ConnectionFailed, Frame, Kind, Setting
from ext_proc.http2.headers import HeaderReader, Headers

_WINDOW = (1 << 31) - 1
_FIRST_WINDOW = (1 << 16) - 1
_RENEW_AT = 1 << 20
_MAX_BLOCK_BYTES = 1 << 18


@dataclass(slots=True)
class Opened:
    """The peer asks; its messages follow."""

    stream: int
    headers: Headers


@dataclass(slots=True)
class Received:
    """A piece of what the peer sends on a stream."""

    stream: int
    data: bytes


@dataclass(slots=True)
class Ended:
    """The peer has said everything on this stream."""

    stream: int


@dataclass(slots=True)
class Reset:
    """The peer gave the stream up."""

    stream: int


@dataclass(slots=True)
class Roomy:
    """All that was sent on this stream has left."""

    stream: int


Event = Opened | Received | Ended | Reset | Roomy


class _Stream:
    """`unsent`: data the peer has no room for; `trailers` follow it. `ended`: the peer has said everything."""

    __slots__ = ("ended", "trailers", "unsent", "window")

    def __init__(self, window: int) -> None:
        self.window = window
        self.unsent = b""
        self.trailers: bytes | None = None
        self.ended = False


class Connection:
    """Streams live from `Opened` until `end` or `Reset`; what is sent on others is dropped."""

    def __init__(self) -> None:
        self._frames = frames.FrameReader()
        self._headers = HeaderReader()
        self._streams: dict[int, _Stream] = {}
        self._last = 0
        self._closing = False
        self._block: tuple[Frame, bytes] | None = None
        self._window = self._peer_window = _FIRST_WINDOW
        self._frame_bytes = frames.USUAL_FRAME_BYTES
        self._unacknowledged = 0
        mine = {
            Setting.HEADER_TABLE_SIZE: 0,
            Setting.INITIAL_WINDOW_SIZE: _WINDOW,
            Setting.MAX_FRAME_SIZE: frames.MAX_FRAME_BYTES,
        }
        self._out = [frames.settings(mine), frames.window_update(0, _WINDOW - _FIRST_WINDOW)]
        self._handlers: dict[int, Callable[[Frame], Iterator[Event]]] = {
            Kind.DATA: self._data,
            Kind.HEADERS: self._block_begun,
            Kind.RST_STREAM: self._reset,
            Kind.SETTINGS: self._settings,
            Kind.PING: self._ping,
            Kind.WINDOW_UPDATE: self._window_update,
            Kind.CONTINUATION: self._block_continued,
            Kind.PUSH_PROMISE: self._pushed,
        }

    # What the peer says.

    def receive(self, data: bytes | memoryview) -> Iterator[Event]:
        """What these bytes mean; to be exhausted before anything is sent, or the bytes change. Raises
        ConnectionFailed."""
        for found in self._frames.feed(data):
            if self._block is not None and found.kind != Kind.CONTINUATION:
                raise ConnectionFailed(Code.PROTOCOL_ERROR, "a header block was interrupted")
            handler = self._handlers.get(found.kind)
            if handler is not None:
                yield from handler(found)

    def _data(self, found: Frame) -> Iterator[Event]:
        self._renew(len(found.payload))
        stream = self._known(found.stream)
        if stream is None or stream.ended:
            return
        data = frames.unpadded(found)
        if data:
            yield Received(found.stream, data)
        if found.flags & frames.END_STREAM:
            stream.ended = True
            yield Ended(found.stream)

    def _renew(self, received_bytes: int) -> None:
        """The room of a single stream lasts for longer than any stream; that of the connection does not."""
        self._unacknowledged += received_bytes
        if self._unacknowledged >= _RENEW_AT:
            self._out.append(frames.window_update(0, self._unacknowledged))
            self._unacknowledged = 0

    def _block_begun(self, found: Frame) -> Iterator[Event]:
        return self._block_read(found, frames.unpadded(found), found.flags)

    def _block_continued(self, found: Frame) -> Iterator[Event]:
        if self._block is None or self._block[0].stream != found.stream:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "a header block was continued that never began")
        first, block = self._block
        self._block = None
        return self._block_read(first, block + found.payload, found.flags)

    def _block_read(self, first: Frame, block: bytes, flags: int) -> Iterator[Event]:
        if len(block) > _MAX_BLOCK_BYTES:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "a header block without an end")
        if not flags & frames.END_HEADERS:
            self._block = first, block
            return
        headers, number = self._headers.read(block), first.stream
        if number % 2 == 0:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "a client's stream has an odd number")
        if number > self._last:
            self._last = number
            if self._closing:
                self._out.append(frames.reset(number, Code.CANCEL))
                return
            self._streams[number] = _Stream(self._peer_window)
            yield Opened(number, headers)
        stream = self._streams.get(number)
        if stream is not None and first.flags & frames.END_STREAM and not stream.ended:
            stream.ended = True
            yield Ended(number)

    def _reset(self, found: Frame) -> Iterator[Event]:
        frames.number(found.payload)
        if self._known(found.stream) is not None:
            del self._streams[found.stream]
            yield Reset(found.stream)

    def _settings(self, found: Frame) -> Iterator[Event]:
        if found.flags & frames.ACK:
            return
        values = frames.read_settings(found.payload)
        self._frame_bytes = values.get(Setting.MAX_FRAME_SIZE, self._frame_bytes)
        window = values.get(Setting.INITIAL_WINDOW_SIZE, self._peer_window)
        if window > _WINDOW or not frames.USUAL_FRAME_BYTES <= self._frame_bytes < 1 << 24:
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "a setting out of its range")
        more, self._peer_window = window - self._peer_window, window
        for stream in self._streams.values():
            stream.window += more
        self._out.append(frames.frame(Kind.SETTINGS, frames.ACK, 0))
        yield from self._pump_all()

    def _ping(self, found: Frame) -> Iterator[Event]:
        if len(found.payload) != 8:
            raise ConnectionFailed(Code.FRAME_SIZE_ERROR, "a ping of a wrong size")
        if not found.flags & frames.ACK:
            self._out.append(frames.frame(Kind.PING, frames.ACK, 0, found.payload))
        return iter(())

    def _window_update(self, found: Frame) -> Iterator[Event]:
        more = frames.number(found.payload)
        if not found.stream:
            self._window += more
            if not more or self._window > _WINDOW:
                raise ConnectionFailed(Code.FLOW_CONTROL_ERROR, "a window out of its range")
            yield from self._pump_all()
        elif (stream := self._known(found.stream)) is not None:
            stream.window += more
            if not more or stream.window > _WINDOW:
                del self._streams[found.stream]
                self._out.append(frames.reset(found.stream, Code.FLOW_CONTROL_ERROR))
                yield Reset(found.stream)
            elif self._pump(found.stream, stream):
                yield Roomy(found.stream)

    def _pushed(self, _: Frame) -> Iterator[Event]:
        raise ConnectionFailed(Code.PROTOCOL_ERROR, "clients do not push")

    def _known(self, number: int) -> _Stream | None:
        """A stream that lives; None for one that has ended. Raises ConnectionFailed where there was none."""
        stream = self._streams.get(number)
        if stream is None and (number > self._last or not number):
            raise ConnectionFailed(Code.PROTOCOL_ERROR, "a stream that was never opened")
        return stream

    # What we say.

    def begin(self, number: int, block: bytes) -> None:
        """The head of an answer."""
        if number in self._streams:
            self._out.append(frames.frame(Kind.HEADERS, frames.END_HEADERS, number, block))

    def send(self, number: int, data: bytes) -> bool:
        """A piece of an answer. Whether all of it has left; otherwise wait for `Roomy` before sending more."""
        stream = self._streams.get(number)
        if stream is None:
            return True
        stream.unsent = stream.unsent + data if stream.unsent else data
        return self._pump(number, stream)

    def end(self, number: int, block: bytes) -> None:
        """The trailers, or head and trailers in one; nothing can be sent on this stream after it."""
        stream = self._streams.get(number)
        if stream is not None and stream.trailers is None:
            stream.trailers = block
            self._pump(number, stream)

    def abort(self, number: int) -> None:
        """End a stream as failed, so that what was sent of it is not taken for the whole."""
        if self._streams.pop(number, None) is not None:
            self._out.append(frames.reset(number, Code.INTERNAL_ERROR))

    def close(self, code: Code = Code.NO_ERROR) -> None:
        """No stream begins after this; those that live go on."""
        self._closing = True
        self._out.append(frames.goaway(self._last, code))

    def take(self) -> bytes:
        """What is to be sent to the peer now."""
        out, self._out = b"".join(self._out), []
        return out

    def _pump_all(self) -> Iterator[Event]:
        for number, stream in list(self._streams.items()):
            if stream.unsent and self._pump(number, stream):
                yield Roomy(number)

    def _pump(self, number: int, stream: _Stream) -> bool:
        data, at = stream.unsent, 0
        while at < len(data) and (room := min(stream.window, self._window, self._frame_bytes, len(data) - at)) > 0:
            self._out.append(frames.frame(Kind.DATA, 0, number, data[at : at + room]))
            stream.window -= room
            self._window -= room
            at += room
        stream.unsent = data[at:]
        if stream.unsent:
            return False
        if stream.trailers is not None:
            self._out.append(
                frames.frame(Kind.HEADERS, frames.END_HEADERS | frames.END_STREAM, number, stream.trailers)
            )
            if not stream.ended:
                # Nobody reads what the peer may still say.
                self._out.append(frames.reset(number, Code.NO_ERROR))
            del self._streams[number]
        return True
