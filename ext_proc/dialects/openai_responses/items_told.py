"""The items of an answer while they are told.

In: the events of a stream about items. Out: events of `chat.answer`, by way of `Growing`. At most one item is live:
told while it grows. Keys of parts are ("content", index), ("call",) and ("reasoning",).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ext_proc.chat.answer import Closed, Event
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Part, Reasoning, Refusal, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_responses.content_in import read_citation
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


class Items:
    """`kinds` of parts told so far."""

    def __init__(self) -> None:
        self.kinds: set[type[Part]] = set()
        self._growing = Growing()
        self._live: int | None = None
        self._live_id = ""
        self._over: set[int] = set()
        self._waiting: list[tuple[int, Node]] = []
        self._told: dict[_Key, int] = {}
        self._cited = 0
        self._section = 0
        self._thought: str | None = None

    def take(self, kind: str, node: Node) -> list[Event]:
        """Events of one line of the stream; [] where it says nothing about parts."""
        match kind:
            case "response.output_item.added":
                return self._added(_index(node, "output_index"), node)
            case "response.output_item.done":
                item = node.node("item")
                return self._noted([] if item is None else self._done(_index(node, "output_index"), item))
            case "response.output_text.annotation.added":
                return self._annotated(node)
            case _ if kind in _DELTAS:
                return self._noted(self._grown(kind, node))
            case _:
                return []

    def end(self, response: Node) -> list[Event]:
        """Everything that was not told, from the whole response."""
        items = list(enumerate(response.nodes("output")))
        events: list[Event] = []
        if self._live is not None:
            whole = next((item for index, item in items if index == self._live), None)
            events += self._growing.close() if whole is None else self._done(self._live, whole)
            if whole is None:
                self._retire()
        for index, item in items:
            if index not in self._over:
                events += self._done(index, item)
        return self._noted(events)

    def _noted(self, events: list[Event]) -> list[Event]:
        self.kinds.update(type(event.part) for event in events if isinstance(event, Closed))
        return events

    def _added(self, index: int, node: Node) -> list[Event]:
        item = node.node("item")
        if item is None or self._live is not None or index in self._over:
            return []
        self._go_live(index)
        self._live_id = item.text("id")
        if kind_of(item) not in _CALLS:
            return []
        call = read_call(item, custom=kind_of(item) == "custom_tool_call")
        events = self._open(("call", 0), replace(call, arguments=""))
        return events + self._grow(("call", 0), call.arguments)

    def _grown(self, kind: str, node: Node) -> list[Event]:
        index = _index(node, "output_index")
        if self._live is None and index not in self._over:
            self._go_live(index)
        if index != self._live:
            return []
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
        if citation is None or _index(node, "output_index") != self._live or self._growing.open_key() != key:
            return []
        self._cited += 1
        return self._growing.cite(read_citation(citation))

    def _done(self, index: int, item: Node) -> list[Event]:
        if index in self._over:
            return []
        if self._live is not None and self._live != index:
            self._waiting.append((index, item))
            return []
        if self._live is None:
            self._go_live(index)
        events = self._told_whole(item)
        self._retire()
        waiting, self._waiting = self._waiting, []
        return events + [event for number, each in waiting for event in self._done(number, each)]

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

    def _retire(self) -> None:
        if self._live is not None:
            self._over.add(self._live)
        self._live, self._live_id = None, ""


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
