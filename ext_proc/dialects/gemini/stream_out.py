"""An answer's events written for a client.

In: events. Out: bytes of a text/event-stream or, where the client did not ask for one, of a JSON array. Words go out as
they come, every other part when it is whole. How the candidates ended and what was counted stands in the last object:
this API has no other end marker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ext_proc.chat.answer import (
    Began,
    Closed,
    Ended,
    Event,
    Failed,
    Grew,
    Metered,
    Opened,
    Scored,
    Stop,
    Stopped,
    Usage,
)
from ext_proc.chat.dialect import Saying
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Part, Plain, Reasoning, Refusal, Text
from ext_proc.dialects.gemini.answer_out import Cited, around, blocked, ending
from ext_proc.dialects.gemini.errors import encode_error
from ext_proc.dialects.gemini.parts_told import Teller, Told, piece, signature_of


@dataclass(slots=True)
class _Candidate:
    open: Part | None = None
    cited: list[Cited] = field(default_factory=list)
    scores: list[Plain] = field(default_factory=list)
    stop: Stop | None = None


class Encoder:
    """Events -> bytes. After Ended or Failed nothing more. `media_type`: the content type of what it writes."""

    def __init__(self, saying: Saying) -> None:
        self._saying = saying
        self._teller = Teller(saying.id)
        self._array = saying.request.stream_form == "json_array"
        self.media_type = "application/json" if self._array else "text/event-stream"
        self._candidates: dict[int, _Candidate] = {}
        self._began = Began()
        self._usage: Usage | None = None
        self._sent = False
        self._over = False

    def encode(self, event: Event) -> bytes:
        if self._over:
            return b""
        match event:
            case Ended():
                self._over = True
                return self._framed(self._last()) + self._close()
            case Failed():
                self._over = True
                return self._framed(encode_error(event.error)) + self._close()
            case Began():
                self._began = event
                return b""
            case Metered():
                self._usage = self._usage.updated(event.usage) if self._usage else event.usage
                return b""
            case Opened() | Grew() | Closed() | Scored() | Stopped():
                return b"".join(self._framed(told) for told in self._heard(event, self._candidate(event.choice)))
            case _:
                return b""

    def _candidate(self, number: int) -> _Candidate:
        return self._candidates.setdefault(number, _Candidate())

    def _heard(self, event: Opened | Grew | Closed | Scored | Stopped, candidate: _Candidate) -> list[Told]:
        match event:
            case Opened(part=part):
                candidate.open = part
                return (
                    self._words(part, part.text, event.choice) if isinstance(part, Text | Reasoning | Refusal) else []
                )
            case Grew(text=text):
                return self._words(candidate.open, text, event.choice)
            case Closed():
                return self._closed(event, candidate)
            case Scored(logprobs=scores):
                candidate.scores.append(scores)
                return []
            case Stopped(stop=stop):
                candidate.stop = stop
                return []

    def _words(self, part: Part | None, text: str, choice: int) -> list[Told]:
        if not text or not isinstance(part, Text | Reasoning | Refusal):
            return []
        return [self._chunk(piece(part, text), choice)]

    def _closed(self, event: Closed, candidate: _Candidate) -> list[Told]:
        part = event.part
        if isinstance(part, Text | Reasoning | Refusal):
            if isinstance(part, Text) and part.citations:
                candidate.cited.append((event.index, part.text, part.citations))
            signed = signature_of(part)
            return [self._chunk({**piece(part, ""), **signed}, event.choice)] if signed else []
        told = self._teller.tell(part, event.choice)
        return [self._chunk(told, event.choice)] if told is not None else []

    def _chunk(self, part: Told, choice: int) -> Told:
        candidate = {"content": {"parts": [part], "role": "model"}, "index": choice}
        return {"candidates": [candidate], **self._head()}

    def _head(self) -> Told:
        return {"modelVersion": self._saying.model, "responseId": self._began.id or self._saying.id}

    def _last(self) -> Told:
        """An empty text stands in it: Google's libraries take an answer's object without parts for a broken one."""
        stops = [candidate.stop for candidate in self._candidates.values() if candidate.stop is not None]
        refused = blocked(stops[0]) if len(stops) == 1 else {}
        told: dict[str, Any] = refused or {
            "candidates": [self._end_of(number, self._candidates[number]) for number in sorted(self._candidates)]
        }
        return {**told, **around(self._usage, self._began.rest), **self._head()}

    def _end_of(self, number: int, candidate: _Candidate) -> Told:
        stop = candidate.stop or Stop(reason="end")
        malformed = number in self._teller.malformed
        return {
            "content": {"parts": [{"text": ""}], "role": "model"},
            **ending(stop, malformed=malformed, cited=candidate.cited, logprobs=candidate.scores),
            "index": number,
        }

    def _framed(self, told: Told) -> bytes:
        if not self._array:
            return b"data: %b\r\n\r\n" % dumps(told)
        before = b",\r\n" if self._sent else b"["
        self._sent = True
        return before + dumps(told)

    def _close(self) -> bytes:
        return b"]\n" if self._array else b""
