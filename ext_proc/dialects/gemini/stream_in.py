"""A provider's stream read.

In: bytes of its stream, cut anywhere. Out: events in their legal order. This API has no end marker: a stream is whole
when every candidate said why it ended and the connection ended, too.
"""

from __future__ import annotations

from ext_proc.chat.answer import Began, Ended, Event, Failed, Metered, Pinged, Stopped
from ext_proc.chat.errors import Garbled, ProviderError
from ext_proc.chat.growing import Growing
from ext_proc.chat.jsontext import loads
from ext_proc.dialects.gemini import errors
from ext_proc.dialects.gemini.answer_in import read_rest, read_time
from ext_proc.dialects.gemini.candidate_in import Candidate
from ext_proc.dialects.gemini.frames import Frames
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.stops import broke_off, read_block
from ext_proc.dialects.gemini.usage import read_usage
from ext_proc.framing.sse import FrameTooLarge


class Decoder:
    """Bytes -> events, for one answer."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._growing = Growing()
        self._candidates: dict[int, Candidate] = {}
        self._blocked = False
        self._began = False
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        try:
            return self._heard(self._frames.feed(data))
        except FrameTooLarge:
            return self._fail(errors.garbled())

    def flush(self) -> list[Event]:
        if self._over:
            return []
        events = self._heard(self._frames.flush())
        if self._over:
            return events
        if not self._whole():
            return [*events, *self._fail(errors.cut())]
        self._over = True
        return [*events, Ended()]

    def _whole(self) -> bool:
        finished = [candidate.finished for candidate in self._candidates.values()]
        return self._blocked or (bool(finished) and all(finished))

    def _heard(self, texts: list[str]) -> list[Event]:
        events: list[Event] = []
        for text in texts:
            if self._over:
                break
            if text.strip() == "[DONE]":
                continue
            try:
                events += self._take(Member(_parsed(text), trusted=True))
            except Garbled:
                events += self._fail(errors.garbled())
        return events

    def _take(self, answer: Member) -> list[Event]:
        if answer.has("error"):
            return self._fail(errors.failure(answer.plain))
        events = self._begin(answer)
        for candidate in answer.members("candidates"):
            events += self._take_candidate(candidate)
            if self._over:
                return events
        if not self._candidates and not self._blocked and (stop := read_block(answer)) is not None:
            self._blocked = True
            events.append(Stopped(stop=stop))
        if (usage := read_usage(answer)) is not None:
            events.append(Metered(usage=usage))
        return events or [Pinged()]

    def _begin(self, answer: Member) -> list[Event]:
        if self._began:
            return []
        self._began = True
        return [
            Began(
                id=answer.text("responseId"),
                model=answer.text("modelVersion"),
                created_s=read_time(answer),
                rest=read_rest(answer),
            )
        ]

    def _take_candidate(self, node: Member) -> list[Event]:
        number = node.integer("index") or 0
        candidate = self._candidates.setdefault(number, Candidate(number, self._growing))
        events = candidate.take(node)
        last = events[-1] if events else None
        if isinstance(last, Stopped) and broke_off(last.stop) and not candidate.spoke and len(self._candidates) == 1:
            stop = last.stop
            return [*events[:-1], *self._fail(errors.broken(stop.raw, stop.extra.get("finishMessage")))]
        return events

    def _fail(self, error: ProviderError) -> list[Event]:
        self._over = True
        return [Failed(error=error)]


def _parsed(text: str) -> dict[str, object]:
    """An array of one object is met where an error breaks off a stream."""
    try:
        found = loads(text)
    except (ValueError, RecursionError) as error:
        raise Garbled("an event is no JSON") from error
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        raise Garbled("an event is no object")
    return found
