"""A stream for a client.

In: events of `chat.answer`. Out: bytes of a text/event-stream: chunks, at the end the counts of tokens if the client
asked for them, and [DONE]. A failure is an error object, with nothing behind it.
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
    Pinged,
    Scored,
    Signed,
    Stopped,
    Usage,
)
from ext_proc.chat.dialect import Saying
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Text
from ext_proc.dialects.openai_chat.answer_out import head_of, rest_of, stop_of
from ext_proc.dialects.openai_chat.calls_out import Delta
from ext_proc.dialects.openai_chat.choice_said import ChoiceSaid
from ext_proc.dialects.openai_chat.errors import encode_error
from ext_proc.dialects.openai_chat.usage import write_usage

_KIND = "chat.completion.chunk"


class Encoder:
    def __init__(self, saying: Saying) -> None:
        self._saying = saying
        self._head = head_of("", "", _KIND, saying)
        self._choices: dict[int, ChoiceSaid] = {}
        self._usage: Usage | None = None

    def encode(self, event: Event) -> bytes:
        match event:
            case Began(id=id, model=model, rest=rest):
                self._head = head_of(id, model, _KIND, self._saying) | rest_of(rest)
                return b""
            case Opened() | Grew() | Signed() | Cited() | Closed():
                return self._part(event)
            case Scored():
                return self._scored(event)
            case Stopped():
                return self._stopped(event)
            case Metered(usage=usage):
                self._usage = self._usage.updated(usage) if self._usage is not None else usage
                return b""
            case Pinged():
                return b": ping\n\n"
            case Failed(error=error):
                return _line(encode_error(error))
            case Ended():
                return self._ended()

    def _part(self, event: Opened | Grew | Signed | Cited | Closed) -> bytes:
        content = "" if isinstance(event, Opened) and isinstance(event.part, Text) else None
        head = self._begin(event.choice, content)
        deltas = self._choices[event.choice].take(event)
        return head + b"".join(self._chunk(event.choice, delta) for delta in deltas)

    def _begin(self, choice: int, content: str | None = None) -> bytes:
        if choice in self._choices:
            return b""
        self._choices[choice] = ChoiceSaid(self._saying, choice)
        return self._chunk(choice, {"role": "assistant", "content": content})

    def _scored(self, event: Scored) -> bytes:
        scores = {"content": None, "refusal": None, **event.logprobs}
        return self._begin(event.choice) + self._chunk(event.choice, {}, logprobs=scores)

    def _stopped(self, event: Stopped) -> bytes:
        head = self._begin(event.choice)
        reason = stop_of(event, self._choices[event.choice], self._saying)
        return head + self._chunk(event.choice, {}, finish_reason=reason)

    def _chunk(self, choice: int, delta: Delta, **members: Any) -> bytes:  # noqa: ANN401
        entry = {"index": choice, "delta": delta, "logprobs": None, "finish_reason": None, **members}
        usage = {"usage": None} if self._saying.request.include_usage else {}
        return _line({**self._head, "choices": [entry], **usage})

    def _ended(self) -> bytes:
        shown = self._saying.request.include_usage and self._usage is not None
        usage = _line({**self._head, "choices": [], "usage": write_usage(self._usage or Usage())}) if shown else b""
        return usage + b"data: [DONE]\n\n"


def _line(value: dict[str, Any]) -> bytes:
    return b"data: " + dumps(value) + b"\n\n"
