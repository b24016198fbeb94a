"""A provider's answer read.

In: a message object. Out: an `Answer` with one choice. Raises Garbled, and AnswerFailed where it is an error instead.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.answer import Answer, Choice
from ext_proc.chat.parts import Part, Plain, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.anthropic_messages.blocks_in import read_block
from ext_proc.dialects.anthropic_messages.errors import failure
from ext_proc.dialects.anthropic_messages.stops import read_stop
from ext_proc.dialects.anthropic_messages.usage import Counted
from ext_proc.dialects.anthropic_messages.words import JSON_TOOL

KEPT = ("diagnostics", "input_transformations")


def decode_answer(body: Plain) -> Answer:
    message = Node(body, trusted=True)
    if message.text("type") == "error":
        raise AnswerFailed(failure(body))
    if not isinstance(body.get("content"), list):
        message.wrong("content", "is missing")
    parts = tuple(_part(block) for block in message.nodes("content"))
    called = any(isinstance(part, ToolCall) for part in parts)
    usage = message.node("usage")
    return Answer(
        id=message.text("id"),
        model=message.text("model"),
        choices=(Choice(parts=parts, stop=read_stop(message, {}, called=called)),),
        usage=Counted().add(usage) if usage else None,
        rest=read_rest(message),
    )


def read_rest(message: Node) -> dict[str, Any]:
    usage = message.node("usage")
    tier = usage.text("service_tier") if usage else ""
    kept = {name: message.plain[name] for name in KEPT if message.has(name)}
    return kept | ({"service_tier": tier} if tier else {})


def _part(block: Node) -> Part:
    part = read_block(block)
    if isinstance(part, ToolCall) and part.name == JSON_TOOL:
        return Text(text=part.arguments, at=part.at)
    return part
