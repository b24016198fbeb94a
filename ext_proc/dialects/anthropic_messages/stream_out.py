"""A stream written for a client.

In: events. Out: bytes of a text/event-stream, in the order the dialect's clients demand. A block begins with its first
word, so that none is empty; message_start waits for the next event, so that counts told at once stand in it.
"""

from __future__ import annotations

from dataclasses import replace

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
    Pinged,
    Signed,
    Stop,
    Stopped,
    Usage,
)
from ext_proc.chat.dialect import Saying
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Part, Reasoning, ToolCall
from ext_proc.dialects.anthropic_messages.answer_out import (
    Block,
    as_asked,
    beside,
    message,
    sealed_thought,
    write_end,
    write_part,
)
from ext_proc.dialects.anthropic_messages.blocks_told import grown, head, said, split
from ext_proc.dialects.anthropic_messages.citations import told_citation
from ext_proc.dialects.anthropic_messages.errors import encode_error
from ext_proc.dialects.anthropic_messages.usage import write_usage


class Encoder:
    """Events -> bytes, for one answer."""

    def __init__(self, saying: Saying) -> None:
        self._saying = saying
        self._began: Began | None = None
        self._started = False
        self._usage: Usage | None = None
        self._stop = Stop(reason="end")
        self._part: Part | None = None
        self._open = False
        """Whether the part's block has begun."""
        self._signed = False
        thinking = saying.request.thinking
        self._silent = thinking is not None and thinking.show is False
        self._number = 0

    def encode(self, event: Event) -> bytes:
        match event:
            case Began():
                self._began = event
                return b""
            case Metered():
                self._usage = self._usage.updated(event.usage) if self._usage else event.usage
                return b""
            case Failed():
                return _frame("error", encode_error(event.error))
            case Pinged():
                return _frame("ping", {"type": "ping"})
            case Stopped() if event.choice == 0:
                self._stop = event.stop
                return b""
            case Ended():
                return self._start() + self._end()
            case Opened() | Grew() | Signed() | Cited() | Closed() if event.choice == 0:
                return self._start() + self._grow(event)
            case _:
                return b""

    def _start(self) -> bytes:
        if self._started:
            return b""
        self._started = True
        began = self._began or Began()
        started = message(began.id, self._saying, began.rest, self._usage) | beside(began.rest)
        return _frame("message_start", {"type": "message_start", "message": started})

    def _end(self) -> bytes:
        last, rest = self._stop.extra, self._began.rest if self._began else {}
        delta = write_end(self._stop)
        around = beside(last)
        if "container" in around:
            delta["container"] = around.pop("container")
        usage = write_usage(self._usage, {**rest, **last})
        usage.pop("service_tier", None)
        told = {"type": "message_delta", "delta": delta, **around, "usage": usage}
        return _frame("message_delta", told) + _frame("message_stop", {"type": "message_stop"})

    def _grow(self, event: Opened | Grew | Signed | Cited | Closed) -> bytes:
        match event:
            case Opened():
                self._part, self._open, self._signed = as_asked(event.part, self._saying.request), False, False
                return self._say(said(self._part))
            case Grew():
                return self._say(event.text)
            case Signed():
                return self._sign(event)
            case Cited():
                found = told_citation(event.citation)
                return self._begin() + self._delta({"type": "citations_delta", "citation": found}) if found else b""
            case Closed():
                asked = as_asked(event.part, self._saying.request)
                return self._close(asked) if asked is not None else b""

    def _say(self, text: str) -> bytes:
        """The text of a text tool is told when it is whole: here it must be JSON."""
        if not text or self._part is None or (isinstance(self._part, ToolCall) and self._part.custom):
            return b""
        if isinstance(self._part, Reasoning) and self._silent:
            return b""
        return self._begin() + self._delta(grown(self._part, text))

    def _sign(self, event: Signed) -> bytes:
        """A thought's proof has a place of its own, a call's travels in its id, a text has none. A thought nobody can
        read is told whole."""
        match self._part:
            case Reasoning(redacted=False):
                self._signed = True
                sealed = sealed_thought(event.signature, self._part.id)
                return self._begin() + self._delta({"type": "signature_delta", "signature": sealed})
            case ToolCall():
                self._part = replace(self._part, signature=event.signature)
        return b""

    def _begin(self) -> bytes:
        if self._open:
            return b""
        self._open = True
        return self._block_start(head(self._part, self._saying.id, self._number))

    def _block_start(self, block: Block) -> bytes:
        return _frame(
            "content_block_start", {"type": "content_block_start", "index": self._number, "content_block": block}
        )

    def _delta(self, delta: Block) -> bytes:
        return _frame("content_block_delta", {"type": "content_block_delta", "index": self._number, "delta": delta})

    def _close(self, part: Part) -> bytes:
        """A part of which nothing was told yet is told now, if it says anything."""
        told = b"" if self._open else self._whole(part)
        if self._open and isinstance(part, Reasoning) and not self._signed:
            told += self._delta({"type": "signature_delta", "signature": sealed_thought(part.signature, part.id)})
        if self._open or told:
            told += _frame("content_block_stop", {"type": "content_block_stop", "index": self._number})
            self._number += 1
        self._part, self._open = None, False
        return told

    def _whole(self, part: Part) -> bytes:
        told = b""
        for block in write_part(part, self._saying.id, self._number):
            begun, deltas = split(block)
            told += self._block_start(begun) + b"".join(self._delta(delta) for delta in deltas)
        return told


def _frame(name: str, data: Block) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), dumps(data))
