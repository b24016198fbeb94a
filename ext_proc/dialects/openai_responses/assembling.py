"""An answer's events as this API's own: items, their parts, and the response around them.

In: events of `chat.answer`. Out: the dialect's events in the API's order, without their numbers. The last holds the
whole response; an answer that is not streamed is that response alone. Only the first choice is told, the API has one.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import (
    Began,
    Cited,
    Closed,
    Ended,
    Event,
    Failed,
    Grew,
    Metered,
    Opened,
    Scored,
    Signed,
    Stop,
    Stopped,
    Usage,
)
from ext_proc.chat.dialect import Saying
from ext_proc.chat.errors import ProviderError
from ext_proc.chat.parts import Refusal, Text
from ext_proc.dialects.openai_responses.errors import code_for_stream
from ext_proc.dialects.openai_responses.items_grown import Growing, begin
from ext_proc.dialects.openai_responses.message_grown import Message
from ext_proc.dialects.openai_responses.response_out import Head, head_of

Told = dict[str, Any]


class Assembly:
    """`response` is the last response object told."""

    def __init__(self, saying: Saying) -> None:
        self.response: Told = {}
        self._saying = saying
        self._head: Head | None = None
        self._output: list[Told] = []
        self._message: Message | None = None
        self._last: Message | None = None
        self._part: Growing | None = None
        self._usage: Usage | None = None
        self._stop = Stop(reason="end")

    def take(self, event: Event) -> list[Told]:
        match event:
            case Began():
                return self._begin(event)
            case Metered():
                self._usage = self._usage.updated(event.usage) if self._usage else event.usage
                return []
            case Failed():
                return self._fail(event.error)
            case Opened(choice=0) | Grew(choice=0) | Signed(choice=0) | Cited(choice=0) | Scored(choice=0):
                return [*self._begin(Began()), *self._tell(event)]
            case Closed(choice=0) | Stopped(choice=0):
                return [*self._begin(Began()), *self._tell(event)]
            case Ended():
                return [*self._begin(Began()), *self._end()]
            case _:
                return []

    def _begin(self, began: Began) -> list[Told]:
        if self._head is not None:
            return []
        self._head = head_of(self._saying, began.id, began.created_s, began.rest)
        self.response = self._head.response("in_progress", [])
        return [
            {"type": "response.created", "response": self.response},
            {"type": "response.in_progress", "response": self.response},
        ]

    def _tell(self, event: Event) -> list[Told]:
        match event:
            case Opened(part=Text() | Refusal() as part):
                return [*self._open_message(), *self._current_message().open(part)]
            case Opened(part=part):
                events = self._close_message("completed")
                self._part = begin(part, self._saying, len(self._output))
                if self._part is not None:
                    self._output.append(self._part.item)
                    events += self._part.added()
                return events
            case Stopped(stop=stop):
                self._stop = stop
                return []
            case _:
                return self._tell_part(event)

    def _tell_part(self, event: Event) -> list[Told]:
        if self._part is None and self._message is not None:
            return self._message.take(event)
        if isinstance(event, Scored) and self._last is not None:
            self._last.take(event)
        if self._part is None:
            return []
        events = self._part.take(event)
        if isinstance(event, Closed):
            self._part = None
        return events

    def _open_message(self) -> list[Told]:
        if self._message is not None:
            return []
        self._message = Message(f"msg_{self._saying.id}_{len(self._output)}", len(self._output))
        self._last = self._message
        self._output.append(self._message.item)
        return self._message.added()

    def _current_message(self) -> Message:
        assert self._message is not None
        return self._message

    def _close_message(self, status: str) -> list[Told]:
        message, self._message = self._message, None
        return [] if message is None else message.done(status)

    def _end(self) -> list[Told]:
        assert self._head is not None
        cut = self._stop.reason in ("length", "context")
        events = self._close_message("incomplete" if cut else "completed")
        self.response = self._head.ended(self._stop, self._output, self._usage)
        return [*events, {"type": f"response.{self.response['status']}", "response": self.response}]

    def _fail(self, error: ProviderError) -> list[Told]:
        """Before the response began there is no response that could fail."""
        if self._head is None:
            code = code_for_stream(error)
            return [{"type": "error", "code": code, "message": error.message, "param": error.param or None}]
        for open_part in (self._message, self._part):
            if open_part is not None:
                open_part.settle()
        for item in self._output:
            if item.get("status") == "in_progress":
                item["status"] = "incomplete"
        self.response = self._head.failed(error, self._output, self._usage)
        return [{"type": "response.failed", "response": self.response}]
