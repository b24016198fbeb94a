"""The blocks of a stream while they grow.

In: the starts, deltas and stops of blocks. Out: events of `chat.answer`. Only calls of tools have a start for sure: any
other block begins with its first delta. An image, a call of the provider's own tools and what they answer are gathered
and told whole when they end.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Event
from ext_proc.chat.growing import Growing
from ext_proc.chat.parts import Media, Opaque, Part, Reasoning, Signature, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.dialects.bedrock_converse.arguments import input_of
from ext_proc.dialects.bedrock_converse.blocks_in import image_of
from ext_proc.dialects.bedrock_converse.citations import read_citation
from ext_proc.dialects.bedrock_converse.words import JSON_TOOL, NAME

_INDEX = "contentBlockIndex"
_GATHERED = ("toolUse", "toolResult", "image")


class Blocks:
    """`called`: a tool of the client's is; `said`: a part was told."""

    def __init__(self) -> None:
        self.called = self.said = False
        self._growing = Growing()
        self._kind = ""
        """What is open: text, thought, call, answer (a call that is one in JSON), or a kind that is gathered."""
        self._index: int | None = None
        self._told = False
        self._proof: list[str] = []
        self._head: dict[str, Any] = {}
        self._pieces: list[Node] = []

    def start(self, node: Node) -> list[Event]:
        events, start = self.stop(), node.node("start")
        if start is None:
            return events
        if (call := start.node("toolUse")) is not None and not call.text("type"):
            return [*events, *self._call(call, node)]
        for kind in _GATHERED:
            if (head := start.plain_object(kind)) is not None:
                self._kind, self._index, self._head, self._pieces = kind, node.integer(_INDEX), dict(head), []
        return events

    def grow(self, node: Node) -> list[Event]:
        delta = node.node("delta")
        if delta is None:
            node.wrong("delta", "is missing")
        if self._kind in _GATHERED:
            self._pieces.append(delta)
            return []
        if delta.has("text"):
            return [*self._open("text", Text(text=""), node), *self._grow(delta.text("text"))]
        if (thought := delta.node("reasoningContent")) is not None:
            return self._think(thought, node)
        if (call := delta.node("toolUse")) is not None:
            if self._kind not in ("call", "answer"):
                delta.wrong("toolUse", "belongs to no call")
            return self._grow(call.text("input"))
        if (citation := delta.node("citation")) is not None:
            return [*self._open("text", Text(text=""), node), *self._growing.cite(read_citation(citation))]
        return []

    def stop(self) -> list[Event]:
        """The block that is open ends, if one is."""
        kind, self._kind = self._kind, ""
        if kind in _GATHERED:
            part = _gathered(kind, self._head, self._pieces)
            self._pieces = []
            return [*self._begin(part), *self._growing.close()]
        given = self._growing.grow("{}") if kind in ("call", "answer") and not self._told else []
        proof, self._proof = "".join(self._proof), []
        signed = self._growing.sign(Signature(NAME, proof)) if proof else []
        return [*given, *signed, *self._growing.close()]

    def _call(self, call: Node, node: Node) -> list[Event]:
        name = call.needed_text("name")
        if name == JSON_TOOL:
            return self._open("answer", Text(text=""), node)
        self.called = True
        return self._open("call", ToolCall(id=call.text("toolUseId"), name=name, arguments=""), node)

    def _think(self, thought: Node, node: Node) -> list[Event]:
        if thought.has("redactedContent"):
            hidden = Reasoning(redacted=True, signature=Signature(NAME, thought.text("redactedContent")))
            return [*self.stop(), *self._begin(hidden), *self._growing.close()]
        opened = self._open("thought", Reasoning(), node)
        self._proof.append(thought.text("signature"))
        return [*opened, *self._grow(thought.text("text"))]

    def _open(self, kind: str, part: Part, node: Node) -> list[Event]:
        """Nothing where such a block of this index is open."""
        index = node.integer(_INDEX)
        if self._kind == kind and self._index == index:
            return []
        ended = self.stop()
        self._kind, self._index, self._told = kind, index, False
        return [*ended, *self._begin(part)]

    def _begin(self, part: Part) -> list[Event]:
        self.said = True
        return self._growing.open(None, part)

    def _grow(self, text: str) -> list[Event]:
        self._told |= bool(text)
        return self._growing.grow(text)


def _gathered(kind: str, head: dict[str, Any], pieces: list[Node]) -> Media | Opaque:
    """A call of the provider's own tools, its result or an image; one that failed stays what it is."""
    found = [node for each in pieces if (node := each.node(kind))] if kind != "toolResult" else pieces
    told: dict[str, Any]
    match kind:
        case "toolUse":
            told = {"input": input_of("".join(node.text("input") for node in found))}
        case "toolResult":
            told = {"content": [item for node in found for item in node.items(kind)]}
        case _:
            data = "".join(source.text("bytes") for node in found if (source := node.node("source")))
            if data:
                return image_of(str(head.get("format", "")), data, "")
            told = {name: value for node in found for name, value in node.plain.items()}
    return Opaque(origin=NAME, kind=kind, raw={kind: head | told})
