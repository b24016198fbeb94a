"""One candidate of a stream while it grows.

In: its pieces. Out: events. Pieces of text and of thought grow one part; a signed piece is a part of its own, for a
signature holds for exactly what it came with. A call told in pieces is told when it is whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ext_proc.chat.answer import Event, Scored, Stopped
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Part, Reasoning, Signature, Text, ToolCall
from ext_proc.dialects.gemini.answer_in import read_parts
from ext_proc.dialects.gemini.arguments_in import Arguments
from ext_proc.dialects.gemini.parts_in import read_part
from ext_proc.dialects.gemini.scores import read_scores
from ext_proc.dialects.gemini.sources import SOURCES, read_sources
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.stops import read_stop


class Candidate:
    """`finished`: it said why it ended. `spoke`: it said anything before."""

    def __init__(self, number: int, growing: Growing) -> None:
        self.finished = False
        self.spoke = False
        self._number = number
        self._growing = growing
        self._called = False
        self._words: list[str] = []
        self._arguments: Arguments | None = None

    def take(self, node: Member) -> list[Event]:
        events: list[Event] = []
        for part in read_parts(node):
            events += self._take_part(part)
        events += self._cite(node)
        if (scores := read_scores(node)) is not None:
            events.append(Scored(logprobs=scores, choice=self._number))
        if node.has("finishReason") and not self.finished:
            events += self._finish(node)
        return events

    def _finish(self, node: Member) -> list[Event]:
        self.finished = True
        closed = [*self._end_call(), *self._growing.close(self._number)]
        return [*closed, Stopped(stop=read_stop(node, called=self._called), choice=self._number)]

    def _take_part(self, node: Member) -> list[Event]:
        if self._arguments is not None or _is_piece(node):
            return self._take_piece(node)
        part = read_part(node)
        if isinstance(part, Text | Reasoning) and not part.text and not part.signature:
            return []
        if self.finished:
            node.wrong("", "stands behind the end")
        self.spoke = True
        match part:
            case Text():
                return self._grow("text", part, part.text, part.signature)
            case Reasoning():
                return self._grow("thought", part, part.text, part.signature)
            case ToolCall():
                return self._call(part)
            case _:
                return [*self._open("other", part), *self._growing.close(self._number)]

    def _grow(self, key: str, part: Text | Reasoning, text: str, signature: Signature | None) -> list[Event]:
        goes_on = self._growing.open_key(self._number) == key and not part.extra
        if goes_on and (signature is None or key == "thought"):
            events: list[Event] = []
        else:
            events = self._open(key, replace(part, text="", signature=None))
        self._words.append(text)
        events += self._growing.grow(text, self._number)
        if signature is not None:
            events += [*self._growing.sign(signature, self._number), *self._growing.close(self._number)]
        return events

    def _call(self, call: ToolCall) -> list[Event]:
        self._called = True
        events = self._open("call", replace(call, arguments=""))
        return [*events, *self._growing.grow(call.arguments, self._number), *self._growing.close(self._number)]

    def _open(self, key: str, part: Part) -> list[Event]:
        self._words = []
        return self._growing.open(key, part, self._number)

    def _take_piece(self, node: Member) -> list[Event]:
        """A piece without a name belongs to the call that is open."""
        call = node.node("functionCall")
        if self._arguments is None or call is None or call.has("name"):
            ended = self._end_call()
            return [*ended, *(self._begin_call(node, call) if call is not None else self._take_part(node))]
        self._arguments.take(call)
        return [] if call.flag("willContinue") else self._end_call()

    def _begin_call(self, node: Member, call: Member) -> list[Event]:
        if not _is_piece(node):
            return self._take_part(node)
        if self.finished:
            node.wrong("", "stands behind the end")
        whole = {name: value for name, value in call.plain.items() if name not in ("partialArgs", "willContinue")}
        begun = read_part(Member({**node.plain, "functionCall": whole}, node.at, trusted=True))
        assert isinstance(begun, ToolCall)
        self.spoke = self._called = True
        self._arguments = Arguments(call)
        events = self._open("call", replace(begun, arguments=""))
        return events if call.flag("willContinue") else [*events, *self._end_call()]

    def _end_call(self) -> list[Event]:
        arguments, self._arguments = self._arguments, None
        if arguments is None:
            return []
        return [*self._growing.grow(arguments.told(), self._number), *self._growing.close(self._number)]

    def _cite(self, node: Member) -> list[Event]:
        """Sources come with the last words or behind them: they belong to the text that is open."""
        if self._growing.open_key(self._number) != "text" or not any(node.has(name) for name in SOURCES):
            return []
        words = {0: "".join(self._words)}
        found: Iterable[Event] = (
            event for placed in read_sources(node, words) for event in self._growing.cite(placed.citation, self._number)
        )
        return list(found)


def _is_piece(node: Member) -> bool:
    call = node.node("functionCall")
    return call is not None and (call.has("partialArgs") or bool(call.flag("willContinue")))
