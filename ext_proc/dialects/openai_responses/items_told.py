"""The items of an answer while they are told.

In: the events of a stream about items. Out: events of `chat.answer`, by way of `Growing`. At most one item is live:
told while it grows; what is said of others meanwhile is held back. Keys of parts are ("content", index), ("call", 0),
("reasoning", 0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ext_proc.chat.answer import Closed, Event
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Part, Reasoning, Refusal, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_responses.content_in import read_citation, read_part
from ext_proc.dialects.openai_responses.items_in import kind_of, read_call, read_item

_Key = tuple[str, int]
_CALLS = ("function_call", "custom_tool_call")
_DELTAS: dict[str, tuple[str, str, Callable[[], Part] | None]] = {
    "response.output_text.delta": ("content", "content_index", lambda: Text(text="")),
    "response.refusal.delta": ("content", "content_index", lambda: Refusal(text="")),
    "response.reasoning_summary_text.delta": ("reasoning", "summary_index", lambda: Reasoning(summary=True)),
    "response.reasoning_text.delta": ("reasoning", "content_index", Reasoning),
    "response.function_call_arguments.delta": ("call", "", None),
    "response.custom_tool_call_input.delta": ("call", "", None),
}
"""An event -> the kind of part it makes grow, the member that counts parts within the item, and how the part begins
(None: only its item can tell)."""

_ABOUT_ITEMS = frozenset(
    {
        "response.output_item.added",
        "response.output_item.done",
        "response.content_part.done",
        "response.output_text.annotation.added",
        *_DELTAS,
    }
)


class Items:
    """`kinds` of parts told so far."""

    def __init__(self) -> None:
        self.kinds: set[type[Part]] = set()
        self._growing = Growing()
        self._live: int | None = None
        self._live_id = ""
        self._over: set[int] = set()
        self._held: dict[int, list[tuple[str, Node]]] = {}
        self._told: dict[_Key, int] = {}
        self._cited = 0
        self._section = 0
        self._thought: str | None = None

    def take(self, kind: str, node: Node) -> list[Event]:
        """Events of one line of the stream; [] where it says nothing about parts."""
        if kind not in _ABOUT_ITEMS:
            return []
        index = _index(node, "output_index")
        if index in self._over:
            return []
        if self._live is not None and index != self._live:
            self._held.setdefault(index, []).append((kind, node))
            return []
        return self._noted([*self._one(kind, index, node), *self._held_back()])

    def end(self, response: Node) -> list[Event]:
        """Everything that was not told, from the whole response."""
        items = dict(enumerate(response.nodes("output")))
        events: list[Event] = []
        while self._live is not None:
            events += self._done(self._live, items.get(self._live))
            events += self._held_back()
        for index, item in items.items():
            if index not in self._over:
                events += self._done(index, item)
        return self._noted(events)

    def _noted(self, events: list[Event]) -> list[Event]:
        self.kinds.update(type(event.part) for event in events if isinstance(event, Closed))
        return events

    def _held_back(self) -> list[Event]:
        """What was said of other items while one was live."""
        events: list[Event] = []
        while self._live is None and self._held:
            index = next(iter(self._held))
            for kind, node in self._held.pop(index):
                if index not in self._over:
                    events += self._one(kind, index, node)
        return events

    def _one(self, kind: str, index: int, node: Node) -> list[Event]:
        """`index` is that of the live item, or there is none."""
        match kind:
            case "response.output_item.added":
                return self._added(index, node.node("item"))
            case "response.output_item.done":
                item = node.node("item")
                return [] if item is None else self._done(index, item)
            case "response.content_part.done":
                return self._part_done(node)
            case "response.output_text.annotation.added":
                return self._annotated(node)
            case _:
                return self._grown(kind, index, node)

    def _added(self, index: int, item: Node | None) -> list[Event]:
        if item is None or self._live is not None:
            return []
        self._go_live(index)
        self._live_id = item.text("id")
        if kind_of(item) not in _CALLS:
            return []
        call = read_call(item, custom=kind_of(item) == "custom_tool_call")
        events = self._open(("call", 0), replace(call, arguments=""))
        return events + self._grow(("call", 0), call.arguments)

    def _grown(self, kind: str, index: int, node: Node) -> list[Event]:
        if self._live is None:
            self._go_live(index)
        family, counted, begin = _DELTAS[kind]
        number = _index(node, counted) if counted else 0
        key, text = (family, number if family == "content" else 0), node.text("delta")
        events: list[Event] = []
        if self._growing.open_key() != key:
            if key in self._told or begin is None:
                return []
            events += self._open(key, self._named(begin(), kind))
            self._section = number
        if family == "reasoning":
            if kind != self._thought:
                return events
            if number != self._section:
                self._section, text = number, "\n\n" + text
        return events + self._grow(key, text)

    def _named(self, part: Part, kind: str) -> Part:
        """Thoughts are told in their summary or in full, whichever begins."""
        if not isinstance(part, Reasoning):
            return part
        self._thought = kind
        return replace(part, id=self._live_id)

    def _open(self, key: _Key, part: Part) -> list[Event]:
        self._told[key], self._cited = 0, 0
        return self._growing.open(key, part)

    def _grow(self, key: _Key, text: str) -> list[Event]:
        self._told[key] = self._told.get(key, 0) + len(text)
        return self._growing.grow(text)

    def _annotated(self, node: Node) -> list[Event]:
        citation = node.node("annotation")
        key = ("content", _index(node, "content_index"))
        if citation is None or self._growing.open_key() != key:
            return []
        self._cited += 1
        return self._growing.cite(read_citation(citation))

    def _part_done(self, node: Node) -> list[Event]:
        part, key = node.node("part"), ("content", _index(node, "content_index"))
        if part is None or self._growing.open_key() != key:
            return []
        return self._finished(key, read_part(part))

    def _done(self, index: int, item: Node | None) -> list[Event]:
        """Without its item, what was told is all there is."""
        if self._live is None:
            self._go_live(index)
        events = self._growing.close() if item is None else self._told_whole(item)
        self._over.add(index)
        self._live, self._live_id = None, ""
        return events

    def _told_whole(self, item: Node) -> list[Event]:
        parts = read_item(item)[1]
        events: list[Event] = []
        for number, part in enumerate(parts):
            key = _key(part, number)
            if key not in self._told:
                events += self._open(key, _beginning(part))
            if self._growing.open_key() == key:
                events += self._finished(key, part)
        return events + self._growing.close()

    def _finished(self, key: _Key, part: Part) -> list[Event]:
        """The end of the open part: what is missing of it, and all of it."""
        words, told = _words(part), self._told[key]
        same = len(words) >= told and (self._thought is None or _thought(part) == self._thought)
        events = self._grow(key, words[told:]) if same else []
        if isinstance(part, Text):
            events += [event for each in part.citations[self._cited :] for event in self._growing.cite(each)]
        if isinstance(part, Reasoning) and part.signature is not None and not part.redacted:
            events += self._growing.sign(part.signature)
        return events + self._growing.close(part=part if same else None)

    def _go_live(self, index: int) -> None:
        self._live, self._told, self._thought = index, {}, None


def _index(node: Node, name: str) -> int:
    return node.integer(name) or 0


def _key(part: Part, number: int) -> _Key:
    match part:
        case ToolCall():
            return ("call", 0)
        case Reasoning():
            return ("reasoning", 0)
        case _:
            return ("content", number)


def _words(part: Part) -> str:
    match part:
        case Text() | Reasoning() | Refusal():
            return part.text
        case ToolCall():
            return part.arguments
        case _:
            return ""


def _beginning(part: Part) -> Part:
    match part:
        case Text():
            return replace(part, text="", citations=())
        case Reasoning():
            return replace(part, text="", signature=part.signature if part.redacted else None)
        case Refusal():
            return replace(part, text="")
        case ToolCall():
            return replace(part, arguments="")
        case _:
            return part


def _thought(part: Part) -> str:
    summary = isinstance(part, Reasoning) and part.summary
    return f"response.reasoning_{'summary_' if summary else ''}text.delta"
