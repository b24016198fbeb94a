"""Messages and the system prompt, read.

In: a body. Out: the system's texts and the turns. A message of the system that stands before all others belongs to the
system prompt, unless it holds more than text.
"""

from __future__ import annotations

from typing import Literal

from ext_proc.chat.parts import Part, Text
from ext_proc.chat.reading import Node
from ext_proc.chat.request import Turn
from ext_proc.dialects.anthropic_messages.blocks_in import read_block, read_text
from ext_proc.dialects.anthropic_messages.words import SHORTHAND


def read_turns(node: Node) -> tuple[tuple[Text, ...], tuple[Turn, ...]]:
    system, turns = list(_system(node)), list[Turn]()
    if not isinstance(node.plain.get("messages"), list):
        node.wrong("messages", "must be a list")
    for message in node.nodes("messages"):
        turn = _turn(message)
        texts = [part for part in turn.parts if isinstance(part, Text)]
        if turn.role == "system" and not turns and len(texts) == len(turn.parts):
            system += texts
        else:
            turns.append(turn)
    return tuple(system), tuple(turns)


def _system(node: Node) -> tuple[Text, ...]:
    found = node.plain.get("system")
    if isinstance(found, str):
        return (Text(text=found, extra={SHORTHAND: True}, at="system"),) if found else ()
    return tuple(read_text(block) for block in node.nodes("system"))


def _turn(node: Node) -> Turn:
    role = _role(node)
    parts, shorthand = _content(node, role)
    extra = node.rest("role", "content") | ({SHORTHAND: True} if shorthand else {})
    return Turn(role=role, parts=parts, extra=extra, at=node.at)


def _role(node: Node) -> Literal["user", "assistant", "system"]:
    match node.needed_text("role"):
        case "user":
            return "user"
        case "assistant":
            return "assistant"
        case "system":
            return "system"
        case _:
            node.wrong("role", 'must be "user", "assistant" or "system"')


def _content(node: Node, role: str) -> tuple[tuple[Part, ...], bool]:
    found = node.plain.get("content")
    if isinstance(found, str):
        return (Text(text=found, at=node.address("content")),), True
    if found is None and role != "system":
        node.wrong("content", "is missing")
    return tuple(read_block(block) for block in node.nodes("content")), False
