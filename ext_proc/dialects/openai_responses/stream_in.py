"""A provider's stream read.

In: bytes of a text/event-stream, cut anywhere. Out: events in their legal order. One item is told as it grows; what
overlaps it is told after it. What the events of an item leave out (servers differ) is taken
from the whole item at its end, and items never told from the response at the end of the stream.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from ext_proc.chat.answer import Began, Ended, Event, Failed, Metered, Pinged, Scored, Stopped
from ext_proc.chat.errors import Garbled, ProviderError
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_responses import errors
from ext_proc.dialects.openai_responses.answer_in import chat_scores, read_rest, read_stop, read_time
from ext_proc.dialects.openai_responses.items_told import Items
from ext_proc.dialects.openai_responses.usage import read_usage
from ext_proc.framing.sse import EventReader, FrameTooLarge

_MAX_EVENT_BYTES = 64 << 20
"""The last event has the whole answer in it, pictures included."""
_BEGINNINGS = ("response.created", "response.queued", "response.in_progress")
_ENDS = ("response.completed", "response.incomplete", "response.done")
_PROGRESS = re.compile(r"(response\.)?(keepalive|ping|heartbeat)|response\.\w+_call\.\w+|response\.compaction\.\w+")
"""The provider is alive: it says so, or a tool of its own is at work."""
_FAILURES = ("response.failed", "response.cancelled", "error")


class Decoder:
    """Bytes -> events, for one answer."""

    def __init__(self) -> None:
        self._reader = EventReader(_MAX_EVENT_BYTES)
        self._items = Items()
        self._began = False
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        try:
            found = self._reader.feed(data)
        except FrameTooLarge:
            return self._fail(errors.garbled())
        return self._heard([event.data for event in found])

    def flush(self) -> list[Event]:
        if self._over:
            return []
        events = self._heard([event.data for event in self._reader.flush()])
        return events if self._over else [*events, *self._fail(errors.cut())]

    def _heard(self, texts: list[str]) -> list[Event]:
        events: list[Event] = []
        for text in texts:
            if self._over:
                break
            try:
                events += self._take(text)
            except Garbled:
                events += self._fail(errors.garbled())
        return events

    def _take(self, text: str) -> list[Event]:
        if text.strip() == "[DONE]":
            return []
        node = Node(_parsed(text), trusted=True)
        kind = node.text("type")
        if kind in _FAILURES:
            response = node.node("response")
            return self._fail(errors.failure(response.plain if response else node.plain))
        if kind in _BEGINNINGS:
            return self._begin(node.node("response"))
        if kind in _ENDS:
            return self._end(node)
        if _PROGRESS.fullmatch(kind):
            return [Pinged()]
        told = self._told(kind, node)
        return [*self._begin(None), *told] if told else []

    def _told(self, kind: str, node: Node) -> list[Event]:
        events = self._items.take(kind, node)
        if events and kind == "response.output_text.delta" and (scores := chat_scores(node.items("logprobs"))):
            events.append(Scored(logprobs=scores))
        return events

    def _begin(self, response: Node | None) -> list[Event]:
        if self._began:
            return []
        self._began = True
        if response is None:
            return [Began()]
        return [
            Began(
                id=response.text("id"),
                model=response.text("model"),
                created_s=read_time(response),
                rest=read_rest(response),
            )
        ]

    def _end(self, node: Node) -> list[Event]:
        response = node.node("response")
        if response is None:
            node.wrong("response", "is missing")
        events = [*self._begin(response), *self._items.end(response)]
        events.append(Stopped(stop=read_stop(_with_status(node, response), self._items.kinds)))
        if (usage := read_usage(response)) is not None:
            events.append(Metered(usage=usage))
        self._over = True
        return [*events, Ended()]

    def _fail(self, error: ProviderError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]


def _with_status(node: Node, response: Node) -> Node:
    """The event's own name says how it ended where the response does not."""
    if response.has("status") and response.text("status") not in ("queued", "in_progress"):
        return response
    _, _, status = node.text("type").rpartition(".")
    return Node({**response.plain, "status": status}, response.at, trusted=True)


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
