"""One choice of a stream while it is told.

In: the entries of `choices` that are this choice's. Out: events. Sound comes in pieces and is told at the end, whole.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ext_proc.chat.answer import Event, Scored, Stopped
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Inline, Media, Reasoning, Refusal, Text
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_chat.answer_in import check_finish, read_scores
from ext_proc.dialects.openai_chat.calls_told import CallsTold
from ext_proc.dialects.openai_chat.content_in import read_citations, read_part
from ext_proc.dialects.openai_chat.media_in import read_image
from ext_proc.dialects.openai_chat.parts_told import REFUSAL, TEXT, PartsTold
from ext_proc.dialects.openai_chat.stops import read_stop
from ext_proc.dialects.openai_chat.thoughts_told import ThoughtsTold
from ext_proc.dialects.openai_chat.words import NAME


class ChoiceTold:
    """`ended`: the choice said why it ends."""

    def __init__(self, growing: Growing, number: int) -> None:
        self._number = number
        self._parts = PartsTold(growing, number)
        self._calls = CallsTold(self._parts)
        self._thoughts = ThoughtsTold(self._parts)
        self._sound: dict[str, Any] | None = None
        self._finish: tuple[str, Node] | None = None

    @property
    def ended(self) -> bool:
        return self._finish is not None

    def take(self, choice: Node) -> list[Event]:
        delta = choice.node("delta")
        if delta is None and not self._parts.kinds:
            delta = choice.node("message")
        events = self._delta(delta) if delta is not None else []
        if (scores := read_scores(choice)) is not None:
            events.append(Scored(logprobs=scores, choice=self._number))
        if raw := choice.text("finish_reason"):
            check_finish(choice, raw)
            self._finish = raw, choice
        return events

    def end(self) -> list[Event]:
        """Raises Garbled where a call has no name."""
        raw, choice = self._finish or ("", Node({}, trusted=True))
        if not self._calls.check_named():
            choice.wrong("tool_calls", "a call has no name")
        sound = [] if self._sound is None else self._parts.whole(_whole_sound(self._sound))
        stop = read_stop(choice, raw, self._parts.kinds)
        return [*sound, *self._parts.finish(), Stopped(stop=stop, choice=self._number)]

    def _delta(self, delta: Node) -> list[Event]:
        events = self._thoughts.take(delta) + self._content(delta)
        if text := delta.text("refusal"):
            events += self._parts.grow(REFUSAL, Refusal(text=""), text)
        events += self._parts.cite(list(read_citations(delta)))
        for node in delta.nodes("images"):
            events += self._parts.whole(read_image(node))
        for node in delta.nodes("tool_calls"):
            events += self._calls.take(node)
        if (legacy := delta.node("function_call")) is not None:
            events += self._calls.take_legacy(legacy)
        if (sound := delta.node("audio")) is not None:
            self._hear(sound)
        return events

    def _content(self, delta: Node) -> list[Event]:
        found = delta.plain.get("content")
        if isinstance(found, str):
            return self._parts.grow(TEXT, Text(text=""), found) if found else []
        return [event for node in delta.nodes("content") for event in self._part(node)]

    def _part(self, node: Node) -> list[Event]:
        match read_part(node):
            case Text(text=text):
                return self._parts.grow(TEXT, Text(text=""), text) if text else []
            case Reasoning(text=text):
                return self._parts.grow(("thought", "content"), Reasoning(), text)
            case part:
                return self._parts.whole(part)

    def _hear(self, node: Node) -> None:
        sound = self._sound = self._sound if self._sound is not None else {"data": [], "transcript": ""}
        if data := node.text("data"):
            sound["data"].append(data)
        sound["transcript"] += node.text("transcript")
        sound |= {name: value for name, value in node.rest("data", "transcript").items() if value is not None}


def _whole_sound(sound: dict[str, Any]) -> Media:
    """Each piece is base64 of its own."""
    try:
        data = base64.b64encode(b"".join(base64.b64decode(piece) for piece in sound["data"])).decode()
    except (binascii.Error, ValueError):
        data = "".join(sound["data"])
    extra = {name: value for name, value in sound.items() if name != "data"}
    return Media(kind="audio", source=Inline("", data), origin=NAME, extra=extra)
