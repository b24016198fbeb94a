"""A provider's stream read.

In: bytes of an application/vnd.amazon.eventstream, cut anywhere. Out: events in their legal order. Never: an end before
`messageStop`; after it the stream is whole when `metadata` came, or when the bytes end between two messages.
"""

from __future__ import annotations

from ext_proc.chat.answer import Began, Ended, Event, Failed, Metered, Stopped
from ext_proc.chat.errors import Garbled, ProviderError
from ext_proc.chat.jsontext import loads
from ext_proc.chat.reading import Node
from ext_proc.dialects.bedrock_converse import errors
from ext_proc.dialects.bedrock_converse.blocks_grown import Blocks
from ext_proc.dialects.bedrock_converse.stops import is_broken, read_stop
from ext_proc.dialects.bedrock_converse.usage import read_usage
from ext_proc.framing.aws_event_stream import FrameTooLarge, Message, MessageReader, WrongFrame

_MAX_MESSAGE_BYTES = 64 << 20
"""A drawn image comes in one message."""


class Decoder:
    """Bytes -> events, for one answer."""

    def __init__(self) -> None:
        self._reader = MessageReader(_MAX_MESSAGE_BYTES)
        self._blocks = Blocks()
        self._began = False
        self._stopped = False
        self._metered = False
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        events: list[Event] = []
        try:
            for message in self._reader.feed(data):
                events += self._take(message)
                if self._over:
                    break
        except (Garbled, FrameTooLarge, WrongFrame):
            events += self._fail(errors.garbled())
        return events

    def flush(self) -> list[Event]:
        if self._over:
            return []
        if self._stopped and not self._reader.pending:
            return self._end()
        return self._fail(errors.cut())

    def _take(self, message: Message) -> list[Event]:
        match message.text(":message-type"):
            case "exception":
                return self._fail(errors.failure(message.text(":exception-type"), _exception(message)))
            case "error":
                said = {"message": message.text(":error-message")}
                return self._fail(errors.failure(message.text(":error-code"), said))
            case _:
                return self._hear(message.text(":event-type"), Node(_parsed(message.payload), trusted=True))

    def _hear(self, kind: str, node: Node) -> list[Event]:
        if self._stopped and kind != "metadata":
            return []
        match kind:
            case "messageStart":
                return self._begin()
            case "contentBlockStart":
                return [*self._begin(), *self._blocks.start(node)]
            case "contentBlockDelta":
                return [*self._begin(), *self._blocks.grow(node)]
            case "contentBlockStop":
                return self._blocks.stop()
            case "messageStop":
                return [*self._begin(), *self._stop(node)]
            case "metadata":
                return [*self._begin(), *self._meter(node)]
            case _:
                return []

    def _begin(self) -> list[Event]:
        if self._began:
            return []
        self._began = True
        return [Began()]

    def _stop(self, node: Node) -> list[Event]:
        closed = self._blocks.stop()
        stop = read_stop(node, called=self._blocks.called)
        if is_broken(stop) and not self._blocks.said:
            return self._fail(errors.garbled())
        self._stopped = True
        return [*closed, Stopped(stop=stop), *(self._end() if self._metered else [])]

    def _meter(self, node: Node) -> list[Event]:
        self._metered = True
        usage = node.node("usage")
        counted: list[Event] = [Metered(usage=read_usage(usage))] if usage else []
        return [*counted, *(self._end() if self._stopped else [])]

    def _end(self) -> list[Event]:
        self._over = True
        return [Ended()]

    def _fail(self, error: ProviderError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]


def _parsed(payload: bytes) -> dict[str, object]:
    try:
        found = loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise Garbled("a message is no JSON") from error
    if not isinstance(found, dict):
        raise Garbled("a message is no object")
    return found


def _exception(message: Message) -> dict[str, object]:
    """The name alone tells what happened."""
    try:
        return _parsed(message.payload)
    except Garbled:
        return {}
