"""The thoughts of one choice while they are told.

In: a delta. Out: events, by way of `PartsTold`. Details tell all that the text beside them does; a detail's proof may
come behind its words, and a detail that says again what was just told as text is the proof of it.
"""

from __future__ import annotations

import json
from typing import Any

from ext_proc.chat.answer import Event
from ext_proc.chat.parts import Reasoning, Signature
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_chat.parts_told import Key, PartsTold
from ext_proc.dialects.openai_chat.thoughts import BETWEEN, DETAILS, field_text, proof_of, read_detail, unproved
from ext_proc.dialects.openai_chat.words import NAME


class ThoughtsTold:
    def __init__(self, parts: PartsTold) -> None:
        self._parts = parts
        self._proofs: dict[Key, dict[str, Any]] = {}
        self._hidden = 0
        self._field: Key | None = None
        self._texts: list[str] = []
        self._proved = 0

    def take(self, delta: Node) -> list[Event]:
        details = list(delta.nodes(DETAILS))
        if details:
            return [event for node in details for event in self._detail(node)]
        name, text = field_text(delta)
        if not text:
            return []
        key = ("thought", (name, self._proved))
        self._parts.prove(key, unproved(name))
        if key != self._field:
            self._field, self._texts = key, []
            text = text.removeprefix(BETWEEN) if self._proved else text
        self._texts.append(text)
        return self._parts.grow(key, Reasoning(), text)

    def _detail(self, node: Node) -> list[Event]:
        part = read_detail(node, sealed=False)
        if part.redacted:
            self._hidden += 1
            hidden = Reasoning(redacted=True, signature=part.signature)
            return self._parts.grow(("hidden", self._hidden), hidden, "")
        if self._field is not None and part.text and "".join(self._texts).strip() == part.text.strip():
            assert part.signature is not None, "details are their own proof"
            self._parts.prove(self._field, part.signature)
            self._field, self._proved = None, self._proved + 1
            return []
        key = (node.text("type"), node.integer("index"))
        known = self._proofs.setdefault(key, {})
        known |= {name: value for name, value in json.loads(proof_of(node)).items() if value is not None}
        self._parts.prove(key, Signature(NAME, json.dumps(known, separators=(",", ":"))))
        return self._parts.grow(key, Reasoning(summary=part.summary), part.text)
