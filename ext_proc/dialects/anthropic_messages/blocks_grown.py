"""The blocks of a stream while they grow.

In: the events of content blocks. Out: events of `chat.answer`. The input of a call of the provider's own tools and the
summary of a compaction are gathered: their parts are told whole when they close.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ext_proc.chat.answer import Event
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Opaque, Part, Reasoning, Signature, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.dialects.anthropic_messages.arguments import arguments_of, input_of
from ext_proc.dialects.anthropic_messages.blocks_in import read_block
from ext_proc.dialects.anthropic_messages.citations import read_citation
from ext_proc.dialects.anthropic_messages.words import JSON_TOOL, NAME


class Blocks:
    """Blocks follow one another; an index that is not the open one's is an error of the provider."""

    def __init__(self) -> None:
        self._growing = Growing()
        self._part: Part | None = None
        self._given = ""
        """The arguments a call began with: they hold where none are told later."""
        self._told = False
        self._input: list[str] = []
        self._raw: dict[str, Any] = {}

    def take(self, kind: str, node: Node) -> list[Event]:
        if kind == "content_block_start":
            return [*self._close(), *self._start(node)]
        if kind == "content_block_stop":
            return self._close()
        return self._delta(node)

    def _start(self, node: Node) -> list[Event]:
        block = node.node("content_block")
        if block is None:
            node.wrong("content_block", "is missing")
        part = read_block(block)
        self._given, self._told, self._input, self._raw = "", False, [], dict(block.plain)
        if isinstance(part, ToolCall):
            self._given = arguments_of(block)
        self._part = _beginning(part)
        opened = self._growing.open(node.integer("index"), self._part)
        return [*opened, *self._known(part)]

    def _known(self, part: Part) -> list[Event]:
        """What a block says already when it begins."""
        match part:
            case Text():
                cited = [event for each in part.citations for event in self._growing.cite(each)]
                return [*self._grow(part.text), *cited]
            case Reasoning() if not part.redacted:
                signed = self._growing.sign(part.signature) if part.signature else []
                return [*self._grow(part.text), *signed]
            case _:
                return []

    def _delta(self, node: Node) -> list[Event]:
        delta = node.node("delta")
        if delta is None or self._part is None or node.integer("index") != self._growing.open_key():
            node.wrong("delta", "belongs to no block")
        match delta.text("type"):
            case "text_delta" if isinstance(self._part, Text):
                return self._grow(delta.text("text"))
            case "thinking_delta" if isinstance(self._part, Reasoning):
                return self._grow(delta.text("thinking"))
            case "signature_delta" if isinstance(self._part, Reasoning):
                return self._growing.sign(Signature(NAME, delta.text("signature")))
            case "input_json_delta":
                return self._argue(delta.text("partial_json"))
            case "citations_delta" if isinstance(self._part, Text):
                citation = delta.node("citation")
                return self._growing.cite(read_citation(citation)) if citation else []
            case "compaction_delta":
                self._raw |= {name: value for name, value in delta.plain.items() if name != "type"}
                return []
            case _:
                return []

    def _argue(self, text: str) -> list[Event]:
        if isinstance(self._part, Opaque):
            self._input.append(text)
            return []
        return self._grow(text) if self._given else []

    def _grow(self, text: str) -> list[Event]:
        if text:
            self._told = True
        return self._growing.grow(text)

    def _close(self) -> list[Event]:
        part, self._part = self._part, None
        if part is None:
            return []
        if isinstance(part, Opaque):
            return self._growing.close(part=replace(part, raw=self._raw | self._gathered()))
        given = [] if self._told or not self._given else self._growing.grow(self._given)
        return [*given, *self._growing.close()]

    def _gathered(self) -> dict[str, Any]:
        """The input of a call that the provider answers itself."""
        text = "".join(self._input)
        return {"input": input_of(text)} if text else {}


def _beginning(part: Part) -> Part:
    """A part before anything was said."""
    match part:
        case Text():
            return replace(part, text="", citations=())
        case Reasoning() if not part.redacted:
            return replace(part, text="", signature=None, extra={})
        case ToolCall():
            return Text(text="", at=part.at) if part.name == JSON_TOOL else replace(part, arguments="")
        case _:
            return part
