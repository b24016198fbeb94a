"""A whole answer and the events of the same answer, each made from the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ext_proc.chat.answer import (
    Answer,
    Began,
    Choice,
    Cited,
    Closed,
    Ended,
    Event,
    Grew,
    Metered,
    Opened,
    Scored,
    Signed,
    Stop,
    Stopped,
    Usage,
)
from ext_proc.chat.answer import Failed as FailedEvent
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.parts import Part, Reasoning, Refusal, Text, ToolCall


class AnswerFailed(Exception):
    """The events end in a failure."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.fault)
        self.error = error


def collect(events: Iterable[Event]) -> Answer:
    """The answer a complete stream tells. Raises AnswerFailed where it ends in a failure, or not at all."""
    gathered = Gathered()
    for event in events:
        gathered.add(event)
    return gathered.answer()


class Gathered:
    """Events of one answer so far."""

    def __init__(self) -> None:
        self._began = Began()
        self._parts: dict[int, list[Part]] = {}
        self._stops: dict[int, Stop] = {}
        self._scores: dict[int, dict[str, list[object]]] = {}
        self._error: ProviderError | None = None
        self.usage: Usage | None = None
        self.ended = False

    def add(self, event: Event) -> None:
        match event:
            case Began():
                self._began = event
            case Closed():
                self._parts.setdefault(event.choice, []).append(event.part)
            case Stopped():
                self._stops[event.choice] = event.stop
            case Metered():
                self.usage = self.usage.updated(event.usage) if self.usage else event.usage
            case Scored():
                scores = self._scores.setdefault(event.choice, {})
                for name, values in event.logprobs.items():
                    scores.setdefault(name, []).extend(values or [])
            case FailedEvent():
                self._error = event.error
            case Ended():
                self.ended = True
            case _:
                pass

    def answer(self) -> Answer:
        if self._error is not None:
            raise AnswerFailed(self._error)
        if not self.ended:
            raise ValueError("an answer without its end")
        began, numbers = self._began, sorted({*self._parts, *self._stops}) or [0]
        return Answer(
            id=began.id,
            model=began.model,
            created_s=began.created_s,
            choices=tuple(self._choice(number) for number in numbers),
            usage=self.usage,
            rest=began.rest,
        )

    def _choice(self, number: int) -> Choice:
        parts = tuple(self._parts.get(number, ()))
        return Choice(parts=parts, stop=self._stops.get(number, Stop(reason="end")), logprobs=self._scores.get(number))


def replay(answer: Answer) -> Iterator[Event]:
    """The events of a whole answer, each part in one piece."""
    yield Began(id=answer.id, model=answer.model, created_s=answer.created_s, rest=answer.rest)
    for number, choice in enumerate(answer.choices):
        for index, part in enumerate(choice.parts):
            yield from _told(part, index, number)
        if choice.logprobs:
            yield Scored(logprobs=choice.logprobs, choice=number)
        yield Stopped(stop=choice.stop, choice=number)
    if answer.usage is not None:
        yield Metered(usage=answer.usage)
    yield Ended()


def _told(part: Part, index: int, choice: int) -> Iterator[Event]:
    head, text = _opening(part)
    yield Opened(part=head, index=index, choice=choice)
    if text:
        yield Grew(text=text, index=index, choice=choice)
    if isinstance(part, Text):
        yield from (Cited(citation=each, index=index, choice=choice) for each in part.citations)
    if isinstance(part, Text | Reasoning | ToolCall) and part.signature is not None:
        yield Signed(signature=part.signature, index=index, choice=choice)
    yield Closed(part=part, index=index, choice=choice)


def _opening(part: Part) -> tuple[Part, str]:
    """A part before anything was said, and what was said."""
    match part:
        case Text():
            return replace(part, text="", citations=(), signature=None), part.text
        case Reasoning():
            return replace(part, text="", signature=part.signature if part.redacted else None), part.text
        case ToolCall():
            return replace(part, arguments=""), part.arguments
        case Refusal():
            return replace(part, text=""), part.text
        case _:
            return part, ""
