"""The parts of one choice while they are told.

In: pieces with the key of their part, in any order. Out: events of `chat.answer`, by way of `Growing`. One part is
live. A call stays live until its arguments are whole, so that calls which grow side by side are told one after another;
what is said of other parts meanwhile is held back. Nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ext_proc.chat.answer import Event
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Citation, Part, Signature, Text, ToolCall
from ext_proc.dialects.openai_chat.completeness import Completeness

Key = tuple[str, object]
TEXT: Key = ("text", 0)
REFUSAL: Key = ("refusal", 0)


@dataclass(slots=True)
class _Held:
    part: Part
    pieces: list[str] = field(default_factory=list)


class PartsTold:
    """`kinds` of parts told or held so far."""

    def __init__(self, growing: Growing, choice: int) -> None:
        self.kinds: set[type[Part]] = set()
        self._growing = growing
        self._choice = choice
        self._live: Key | None = None
        self._complete: Completeness | None = None
        self._counts = False
        self._held: dict[Key, _Held] = {}
        self._over: set[Key] = set()
        self._proofs: dict[Key, Signature] = {}
        self._citations: list[Citation] = []
        self._wholes = 0

    def grow(self, key: Key, part: Part, text: str) -> list[Event]:
        """`part`: how it begins, should it be new."""
        self.kinds.add(type(part))
        if key in self._over:
            return []
        if key == self._live:
            return self._more(text) + self._drain()
        if self._busy() or key in self._held:
            self._held.setdefault(key, _Held(part)).pieces.append(text)
            return []
        return self._go_live(key, part) + self._more(text)

    def whole(self, part: Part) -> list[Event]:
        """A part that comes in one piece."""
        self._wholes += 1
        return self.grow(("whole", self._wholes), part, "")

    def prove(self, key: Key, signature: Signature) -> None:
        """The signature of a part, told at its end."""
        self._proofs[key] = signature

    def cite(self, citations: list[Citation]) -> list[Event]:
        self._citations += citations
        return self._cite() if self._live == TEXT else []

    def finish(self) -> list[Event]:
        """Everything that was held, and the end of what is open."""
        events: list[Event] = []
        while self._held:
            events += self._next()
        if self._citations and self._live != TEXT:
            events += self._go_live(TEXT, Text(text=""))
        return events + self._close()

    def _busy(self) -> bool:
        return self._complete is not None and not self._complete.whole

    def _drain(self) -> list[Event]:
        events: list[Event] = []
        while self._held and not self._busy():
            events += self._next()
        return events

    def _next(self) -> list[Event]:
        key = next(iter(self._held))
        held = self._held.pop(key)
        return self._go_live(key, held.part) + self._more("".join(held.pieces))

    def _go_live(self, key: Key, part: Part) -> list[Event]:
        events = self._close()
        self._live = key
        self._complete = Completeness() if isinstance(part, ToolCall) else None
        self._counts = isinstance(part, ToolCall) and not part.custom
        events += self._growing.open(key, part, self._choice)
        return events + (self._cite() if key == TEXT else [])

    def _more(self, text: str) -> list[Event]:
        if self._complete is not None and self._counts:
            self._complete.feed(text)
        return self._growing.grow(text, self._choice)

    def _cite(self) -> list[Event]:
        found, self._citations = self._citations, []
        return [event for each in found for event in self._growing.cite(each, self._choice)]

    def _close(self) -> list[Event]:
        live, self._live = self._live, None
        if live is None:
            return []
        if self._complete is not None:
            self._over.add(live)
        self._complete = None
        proof = self._proofs.pop(live, None)
        signed = [] if proof is None else self._growing.sign(proof, self._choice)
        return signed + self._growing.close(self._choice)
