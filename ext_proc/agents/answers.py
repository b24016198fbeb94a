"""The text of an agent's answer, whole or as it comes.

In: an answer in the dialect the agent was asked in, as JSON or as server-sent events, whichever it chose to send. Out:
its text, valid Unicode, and its usage. Raises AnswerError where the answer is refused, cut, an error, too large or no
answer of the dialect: never a shorter text than the agent's.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Mapping

from ext_proc.agents import hearing
from ext_proc.agents.failures import AnswerError, Reason, as_answer_error
from ext_proc.agents.usage import Usage
from ext_proc.conversation import Dialect
from ext_proc.framing.sse import Event, EventReader, FrameTooLarge
from ext_proc.ports import StreamedAnswer, UpstreamError

MAX_TEXT_BYTES = 4 << 20
_MAX_BODY_BYTES = 4 * MAX_TEXT_BYTES
"""Of a whole JSON body or of one event: escapes and everything around the text need room too."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class AnswerReader:
    """Feed it the bytes of a body, then finish. `usage` is final after that, `closed` says that no more is to come."""

    def __init__(self, dialect: Dialect, content_type: str, max_text_bytes: int = MAX_TEXT_BYTES) -> None:
        self.usage = Usage()
        self.ended = False
        self.closed = False
        self._dialect = dialect
        self._events = EventReader(_MAX_BODY_BYTES) if _is_stream(content_type) else None
        self._body = bytearray()
        self._pairs = _SurrogatePairs()
        self._text_bytes = 0
        self._max_text_bytes = max_text_bytes

    def feed(self, chunk: bytes) -> str:
        """The text that came with these bytes."""
        if self.closed:
            return ""
        if self._events is not None:
            return "".join(map(self._hear, self._heard(self._events, chunk)))
        self._body += chunk
        if len(self._body) > _MAX_BODY_BYTES:
            raise AnswerError(Reason.TOO_LARGE)
        return ""

    def finish(self) -> str:
        """The text that was still missing; raises AnswerError(CUT) where there is no end of the answer."""
        text = "" if self.closed else self._last()
        if not self.ended:
            raise AnswerError(Reason.CUT)
        return text + self._pairs.finish()

    def _heard(self, events: EventReader, chunk: bytes) -> list[Event]:
        try:
            return events.feed(chunk)
        except FrameTooLarge:
            raise AnswerError(Reason.TOO_LARGE) from None

    def _last(self) -> str:
        if self._events is None:
            return self._say(hearing.body(self._dialect, _parse(bytes(self._body).decode("utf-8", "replace"))))
        try:
            return "".join(map(self._hear, self._events.flush()))
        except AnswerError as error:
            raise AnswerError(Reason.CUT) if error.reason is Reason.CONFUSED else error from None

    def _hear(self, event: Event) -> str:
        if self.closed:
            return ""
        if event.data.strip() == "[DONE]":
            return self._say(hearing.CLOSED)
        return self._say(hearing.event(self._dialect, event.name, _parse(event.data)))

    def _say(self, heard: hearing.Heard) -> str:
        self.usage = self.usage.updated(heard.usage)
        self.ended |= heard.ended
        self.closed |= heard.closed
        text = self._pairs.join(heard.text or ("" if self._text_bytes else heard.repeated))
        self._text_bytes += len(text.encode())
        if self._text_bytes > self._max_text_bytes:
            raise AnswerError(Reason.TOO_LARGE)
        return text


async def listen(answer: StreamedAnswer, reader: AnswerReader, take: Callable[[str], None]) -> None:
    """Hands over the pieces of text as they come, none of them empty; returns at the end. Raises AnswerError."""
    try:
        async for chunk in answer.chunks:
            if text := reader.feed(chunk):
                take(text)
            if reader.closed:
                break
    except UpstreamError as error:
        if not reader.ended:
            raise as_answer_error(error) from error
    if text := reader.finish():
        take(text)


def reader_for(status: int, headers: Mapping[str, str], dialect: Dialect) -> AnswerReader:
    """Who reads the body after this head (names in lower case). Raises AnswerError where it promises no answer."""
    if not 200 <= status < 300:
        raise AnswerError(Reason.STATUS, status)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise AnswerError(Reason.CONFUSED)
    return AnswerReader(dialect, headers.get("content-type", ""))


class _SurrogatePairs:
    """An emoji may be escaped as two halves that come in different pieces; a half that stays alone is replaced."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
        self._half = False

    def join(self, text: str) -> str:
        if not self._half and (text.isascii() or not _SURROGATE.search(text)):
            return text
        whole = self._decoder.decode(text.encode("utf-16-le", "surrogatepass"))
        self._half = bool(self._decoder.getstate()[0])
        return whole

    def finish(self) -> str:
        return self._decoder.decode(b"", final=True)


def _is_stream(content_type: str) -> bool:
    """Raises AnswerError for what is neither. Without a type, JSON is what the body has to prove to be."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("", "application/json") or kind.endswith("+json"):
        return False
    if kind == "text/event-stream":
        return True
    raise AnswerError(Reason.CONFUSED)


def _parse(text: str) -> dict[str, object]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise AnswerError(Reason.CONFUSED) from None
    if not isinstance(plain, dict):
        raise AnswerError(Reason.CONFUSED)
    return plain
