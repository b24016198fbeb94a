"""A provider's stream read.

In: bytes of a text/event-stream, cut anywhere. Out: events in their legal order. The end is [DONE]; where a server
leaves it out, a stream is whole whose every choice said why it ends. Choices end at the end of the stream: some servers
say why with every chunk.
"""

from __future__ import annotations

from ext_proc.chat.answer import Began, Ended, Event, Failed, Metered, Pinged
from ext_proc.chat.errors import Garbled, ProviderError
from ext_proc.chat.growing import Growing
from ext_proc.chat.jsontext import loads
from ext_proc.chat.reading import Node
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.openai_chat import errors
from ext_proc.dialects.openai_chat.answer_in import read_rest, read_time
from ext_proc.dialects.openai_chat.choice_told import ChoiceTold
from ext_proc.dialects.openai_chat.usage import read_usage
from ext_proc.framing.sse import Event as Frame
from ext_proc.framing.sse import EventReader, FrameTooLarge

_MAX_EVENT_BYTES = 64 << 20
"""Pictures come in one piece."""
_MOST_CHOICES = 128


class Decoder:
    """Bytes -> events, for one answer."""

    def __init__(self) -> None:
        self._reader = EventReader(_MAX_EVENT_BYTES)
        self._growing = Growing()
        self._choices: dict[int, ChoiceTold] = {}
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
        if self._over:
            return events
        return [*events, *self._heard_end()]

    def _heard(self, frames: list[Frame]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            if self._over:
                break
            try:
                events += self._take(frame)
            except Garbled:
                events += self._fail(errors.garbled())
            except AnswerFailed as failed:
                events += self._fail(failed.error)
        return events

    def _heard_end(self) -> list[Event]:
        whole = bool(self._choices) and all(choice.ended for choice in self._choices.values())
        try:
            return self._end() if whole else self._fail(errors.cut())
        except Garbled:
            return self._fail(errors.garbled())

    def _take(self, frame: Frame) -> list[Event]:
        if frame.data.strip() == "[DONE]":
            return self._end() if self._choices else self._fail(errors.cut())
        found = _parsed(frame.data)
        if errors.is_error(found) or frame.name == "error":
            return self._fail(errors.failure(found))
        node = Node(found, trusted=True)
        told = [event for choice in node.nodes("choices") for event in self._choice(choice)]
        if (usage := read_usage(node)) is not None:
            told.append(Metered(usage=usage))
        if not told and not self._choices:
            return [Pinged()]
        return [*self._begin(node), *(told or [Pinged()])]

    def _choice(self, choice: Node) -> list[Event]:
        number = choice.integer("index") or 0
        if not 0 <= number < _MOST_CHOICES:
            choice.wrong("index", "is none")
        if number not in self._choices:
            self._choices[number] = ChoiceTold(self._growing, number)
        return self._choices[number].take(choice)

    def _begin(self, node: Node) -> list[Event]:
        if self._began:
            return []
        began = Began(id=node.text("id"), model=node.text("model"), created_s=read_time(node), rest=read_rest(node))
        self._began = True
        return [began]

    def _end(self) -> list[Event]:
        ends = [event for number in sorted(self._choices) for event in self._choices[number].end()]
        self._over = True
        return [*ends, Ended()]

    def _fail(self, error: ProviderError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]


def _parsed(text: str) -> dict[str, object]:
    try:
        found = loads(text)
    except (ValueError, RecursionError) as error:
        raise Garbled("an event is no JSON") from error
    if not isinstance(found, dict):
        raise Garbled("an event is no object")
    return found
