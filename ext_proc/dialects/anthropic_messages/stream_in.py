"""A provider's stream read.

In: bytes of a text/event-stream, cut anywhere. Out: events in their legal order. Never: an end without the protocol's
own end marker, message_stop.
"""

from __future__ import annotations

import json
from typing import NoReturn

from ext_proc.chat.answer import Began, Closed, Ended, Event, Failed, Metered, Pinged, Stopped
from ext_proc.chat.errors import Garbled, ProviderError
from ext_proc.chat.parts import ToolCall
from ext_proc.chat.reading import Node
from ext_proc.dialects.anthropic_messages import errors
from ext_proc.dialects.anthropic_messages.answer_in import read_rest
from ext_proc.dialects.anthropic_messages.blocks_grown import Blocks
from ext_proc.dialects.anthropic_messages.stops import read_stop
from ext_proc.dialects.anthropic_messages.usage import Counted
from ext_proc.framing.sse import Event as Frame
from ext_proc.framing.sse import EventReader, FrameTooLarge

_MAX_EVENT_BYTES = 64 << 20
"""A fetched document comes in one event."""


class Decoder:
    """Bytes -> events, for one answer."""

    def __init__(self) -> None:
        self._reader = EventReader(_MAX_EVENT_BYTES)
        self._blocks = Blocks()
        self._counted = Counted()
        self._called = False
        self._delta, self._around = Node({}, "delta", trusted=True), Node({}, trusted=True)
        self._began = False
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        try:
            found = self._reader.feed(data)
        except FrameTooLarge:
            return self._fail(errors.garbled())
        return self._heard(found)

    def flush(self) -> list[Event]:
        if self._over:
            return []
        events = self._heard(self._reader.flush())
        return events if self._over else [*events, *self._fail(errors.cut())]

    def _heard(self, frames: list[Frame]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            if self._over:
                break
            try:
                events += self._take(frame)
            except Garbled:
                events += self._fail(errors.garbled())
        return events

    def _take(self, frame: Frame) -> list[Event]:
        if frame.data.strip() == "[DONE]":
            return []
        node = Node(_parsed(frame.data), trusted=True)
        match node.text("type", frame.name):
            case "message_start":
                return self._begin(node.node("message"))
            case "content_block_start" | "content_block_delta" | "content_block_stop" as kind:
                return [*self._begin(None), *self._grow(kind, node)]
            case "message_delta":
                return [*self._begin(None), *self._near_end(node)]
            case "message_stop":
                return [*self._begin(None), *self._end()]
            case "error":
                return self._fail(errors.failure(node.plain))
            case "ping":
                return [Pinged()]
            case _:
                return []

    def _begin(self, message: Node | None) -> list[Event]:
        """Some servers leave the beginning out."""
        if self._began:
            return []
        self._began = True
        if message is None:
            return [Began()]
        began = Began(id=message.text("id"), model=message.text("model"), rest=read_rest(message))
        return [began, *self._meter(message)]

    def _meter(self, node: Node) -> list[Event]:
        usage = node.node("usage")
        return [Metered(usage=self._counted.add(usage))] if usage else []

    def _grow(self, kind: str, node: Node) -> list[Event]:
        events = self._blocks.take(kind, node)
        self._called |= any(isinstance(event, Closed) and isinstance(event.part, ToolCall) for event in events)
        return events

    def _near_end(self, node: Node) -> list[Event]:
        if (delta := node.node("delta")) is not None:
            self._delta, self._around = delta, node
        return self._meter(node)

    def _end(self) -> list[Event]:
        closed = self._grow("content_block_stop", Node({}, trusted=True))
        self._over = True
        stop = read_stop(self._delta, self._around.plain, called=self._called)
        return [*closed, Stopped(stop=stop), Ended()]

    def _fail(self, error: ProviderError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]


def _parsed(text: str) -> dict[str, object]:
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Garbled("an event is no JSON") from error
    if not isinstance(found, dict):
        raise Garbled("an event is no object")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
