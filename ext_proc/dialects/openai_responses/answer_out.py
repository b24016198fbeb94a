"""An answer written for a client: whole, or event by event.

In: an `Answer`, or events. Out: a response object, or bytes of a text/event-stream. Whole and streamed, an answer is
assembled by the same code, so both say the same.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Answer, Ended, Event, Failed, Pinged
from ext_proc.chat.dialect import Saying
from ext_proc.chat.jsontext import dumps
from ext_proc.chat.whole import replay
from ext_proc.dialects.openai_responses.assembling import Assembly


def encode_answer(answer: Answer, saying: Saying) -> dict[str, Any]:
    assembly = Assembly(saying)
    for event in replay(answer):
        assembly.take(event)
    return assembly.response


class Encoder:
    """Events -> bytes. `response.completed`, `.incomplete` or `.failed` is the end marker; nothing follows it."""

    def __init__(self, saying: Saying) -> None:
        self._assembly = Assembly(saying)
        self._number = 0
        self._over = False

    def encode(self, event: Event) -> bytes:
        if self._over:
            return b""
        if isinstance(event, Pinged):
            return b": still working\n\n"
        self._over = isinstance(event, Ended | Failed)
        return b"".join(self._line(told) for told in self._assembly.take(event))

    def _line(self, told: dict[str, Any]) -> bytes:
        numbered = {"type": told["type"], "sequence_number": self._number, **told}
        self._number += 1
        return b"event: %b\ndata: %b\n\n" % (told["type"].encode(), dumps(numbered))
