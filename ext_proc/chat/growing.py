"""The parts of a stream while they grow.

In: what a decoder hears. Out: the events of `chat.answer`, in their one legal order: one part open per choice, indices
that count up, every opened part closed with all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ext_proc.chat.answer import Cited, Closed, Event, Grew, Opened, Signed
from ext_proc.chat.parts import Citation, Part, Reasoning, Refusal, Signature, Text, ToolCall


@dataclass(slots=True)
class _Open:
    part: Part
    index: int
    pieces: list[str] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    signature: Signature | None = None


class Growing:
    """The parts of one answer. `key` is whatever tells the provider's parts apart (an index, an id)."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[object, _Open]] = {}
        self._counts: dict[int, int] = {}

    def open_key(self, choice: int = 0) -> object | None:
        """The key of the part that is open; None where none is."""
        found = self._open.get(choice)
        return found[0] if found else None

    def open(self, key: object, part: Part, choice: int = 0) -> list[Event]:
        """Begins a part, closing the one before it."""
        events = self.close(choice)
        index = self._counts.get(choice, 0)
        self._counts[choice] = index + 1
        self._open[choice] = (key, _Open(part, index))
        return [*events, Opened(part=part, index=index, choice=choice)]

    def grow(self, text: str, choice: int = 0) -> list[Event]:
        """More text of the open part; there must be one."""
        if not text:
            return []
        _, growing = self._open[choice]
        growing.pieces.append(text)
        return [Grew(text=text, index=growing.index, choice=choice)]

    def sign(self, signature: Signature, choice: int = 0) -> list[Event]:
        _, growing = self._open[choice]
        growing.signature = signature
        return [Signed(signature=signature, index=growing.index, choice=choice)]

    def cite(self, citation: Citation, choice: int = 0) -> list[Event]:
        _, growing = self._open[choice]
        growing.citations.append(citation)
        return [Cited(citation=citation, index=growing.index, choice=choice)]

    def close(self, choice: int = 0, part: Part | None = None) -> list[Event]:
        """Ends the open part, if there is one; `part` replaces what was gathered."""
        found = self._open.pop(choice, None)
        if found is None:
            return []
        _, growing = found
        return [Closed(part=part or _whole(growing), index=growing.index, choice=choice)]

    def close_all(self) -> list[Event]:
        return [event for choice in sorted(self._open) for event in self.close(choice)]


def _whole(growing: _Open) -> Part:
    part, more = growing.part, "".join(growing.pieces)
    signature = growing.signature or getattr(part, "signature", None)
    match part:
        case Text():
            citations = (*part.citations, *growing.citations)
            return replace(part, text=part.text + more, citations=citations, signature=signature)
        case Reasoning():
            return replace(part, text=part.text + more, signature=signature)
        case ToolCall():
            return replace(part, arguments=part.arguments + more, signature=signature)
        case Refusal():
            return replace(part, text=part.text + more)
        case _:
            return part
