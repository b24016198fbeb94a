"""One choice while it is told to a client.

In: events of `chat.answer` about its parts. Out: deltas of messages. A message has one content, one text of thoughts
and a list of calls: texts that follow one another are joined as they are, those with something between them by an empty
line. Entries of lists count themselves, as the official library needs it. What only another dialect knows is left out.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Cited, Closed, Event, Grew, Opened
from ext_proc.chat.dialect import Saying
from ext_proc.chat.parts import Citation, Media, Part, Reasoning, Refusal, Text, ToolCall
from ext_proc.dialects.openai_chat.calls_out import CallSaid, Delta
from ext_proc.dialects.openai_chat.media_said import say_media
from ext_proc.dialects.openai_chat.thoughts import BETWEEN, DETAILS, FIELDS, show_detail
from ext_proc.dialects.openai_chat.tools_in import is_legacy
from ext_proc.dialects.openai_chat.words import NAME

_MEMBERS: dict[type[Part], str] = {Text: "content", Reasoning: FIELDS[0], Refusal: "refusal"}


class ChoiceSaid:
    """`refused`: the model declined in words of their own."""

    def __init__(self, saying: Saying, number: int) -> None:
        self.refused = False
        self._saying = saying
        self._number = number
        self._legacy = is_legacy(saying.request.tools)
        thinking = saying.request.thinking
        self._hides = thinking is not None and thinking.show is False
        self._call: CallSaid | None = None
        self._calls = 0
        self._entries: dict[str, int] = {}
        self._lengths: dict[str, int] = {}
        self._member = ""
        self._between = ""
        self._start = 0
        self._last: type[Part] | None = None

    def take(self, event: Event) -> list[Delta]:
        match event:
            case Opened(part=part):
                return self._begin(part)
            case Closed(part=part):
                return self._end(event, part)
            case _ if self._call is not None:
                return self._call.take(event)
            case Grew(text=text):
                return self._grow(text)
            case Cited(citation=citation):
                return self._cite(citation)
            case _:
                return []

    def _begin(self, part: Part) -> list[Delta]:
        if isinstance(part, ToolCall):
            return self._begin_call(part)
        if not isinstance(part, Text | Reasoning | Refusal):
            return []
        self._member = "" if self._hides and isinstance(part, Reasoning) else _MEMBERS[type(part)]
        self.refused = self.refused or isinstance(part, Refusal)
        told = self._lengths.get(self._member, 0)
        joined = self._last is Text and isinstance(part, Text)
        self._between = BETWEEN if told and not joined else ""
        self._start = told + len(self._between)
        return self._grow(part.text)

    def _begin_call(self, call: ToolCall) -> list[Delta]:
        legacy = self._legacy and self._calls == 0
        index = self._calls - self._legacy
        id = f"call_{self._saying.id}_{self._number}_{self._calls}"
        self._calls += 1
        self._call = CallSaid(call, self._saying, id, index, legacy=legacy)
        return self._call.begin()

    def _grow(self, text: str) -> list[Delta]:
        if not text or not self._member:
            return []
        text, self._between = self._between + text, ""
        self._lengths[self._member] = self._lengths.get(self._member, 0) + len(text)
        return [{self._member: text}]

    def _cite(self, citation: Citation) -> list[Delta]:
        """Places are counted in all of the content."""
        if citation.origin == NAME:
            return [self._entry("annotations", dict(citation.raw))]
        if not citation.url:
            return []
        place = {name: self._start + (value or 0) for name, value in _places(citation).items()}
        found = {"url": citation.url, "title": citation.title, **place}
        return [self._entry("annotations", {"type": "url_citation", "url_citation": found})]

    def _end(self, event: Event, part: Part) -> list[Delta]:
        self._last = type(part)
        call, self._call = self._call, None
        match part:
            case ToolCall():
                return [] if call is None else call.take(event)
            case Reasoning():
                detail = None if self._hides else show_detail(part)
                return [] if detail is None else [self._entry(DETAILS, detail)]
            case Media():
                member, said = say_media(part, self._saying)
                return [{member: said}] if member == "audio" else [self._entry(member, said)]
            case _:
                return []

    def _entry(self, member: str, entry: dict[str, Any]) -> Delta:
        index = self._entries.get(member, 0)
        self._entries[member] = index + 1
        return {member: [{**entry, "index": index}]}


def _places(citation: Citation) -> dict[str, int | None]:
    return {"start_index": citation.start, "end_index": citation.end}
