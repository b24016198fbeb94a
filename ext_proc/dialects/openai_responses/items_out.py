"""Turns written as the items of a conversation.

In: system texts and turns. Out: `instructions` and items, in the turns' order. Thoughts go out only where the provider
can prove them: with its own signature, or by the id of an item it keeps.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ext_proc.chat.flattening import wrapped
from ext_proc.chat.parts import Media, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ext_proc.chat.request import Request, Turn
from ext_proc.dialects.openai_responses.content_out import mark_lost, write_content, write_opaque
from ext_proc.dialects.openai_responses.losses import Losses
from ext_proc.dialects.openai_responses.turns_in import ITEM
from ext_proc.dialects.openai_responses.words import NAME

Item = dict[str, Any]
Placed = tuple[str, Item]
"""An item, and the address of the first part in it."""
_NUMBER = re.compile(r"input\[(\d+)\]")
_LONGEST_ID = 64


def write_system(request: Request, losses: Losses) -> tuple[str, list[Placed]]:
    """The instructions, and what this dialect's own clients sent as messages before the first turn."""
    if losses.own:
        words = [text for text in request.system if text.at == "instructions"]
        return "".join(text.text for text in words), list(_system_items(request.system, losses))
    for text in request.system:
        if text.cache:
            mark_lost(text.at, losses)
    return "\n\n".join(text.text for text in request.system if text.text), []


def write_turn(turn: Turn, losses: Losses) -> list[Placed]:
    if turn.name:
        losses.part(turn.at, "name", "participants have no names")
    groups = (list(group) for _, group in groupby(_placed(turn, losses), _Place.key))
    return [(group[0].part.at, item) for group in groups for item in _written(group, turn, losses)]


def in_order(placed: Iterable[Placed]) -> list[Item]:
    """The items as they stood; one without a place stays behind the one before it."""
    numbered: list[tuple[int, Item]] = []
    number = 0
    for at, item in placed:
        found = _NUMBER.match(at)
        number = int(found[1]) if found else number
        numbered.append((number, item))
    return [item for _, item in sorted(numbered, key=lambda each: each[0])]


def fitting_id(id: str) -> str:
    """An id no longer than the API allows, the same for a call and its result."""
    if len(id) <= _LONGEST_ID:
        return id
    return f"call_{hashlib.sha256(id.encode('utf-8', 'replace')).hexdigest()[:40]}"


class _Place:
    """A part and the message it belongs to; parts that are items of their own have a message each."""

    def __init__(self, part: Part, message: str) -> None:
        self.part = part
        self.message = message

    def key(self) -> str:
        return self.message


def _placed(turn: Turn, losses: Losses) -> Iterator[_Place]:
    """Bodies of this dialect keep their messages apart; what others said in a row is one."""
    for number, part in enumerate(turn.parts):
        inside = isinstance(part, Text | Media | Refusal) or (isinstance(part, Opaque) and ".content[" in part.at)
        if not inside:
            yield _Place(part, f"#{number}")
        else:
            yield _Place(part, _message_of(part.at) if losses.own else "")


def _message_of(at: str) -> str:
    return at.partition(".content")[0]


def _written(places: list[_Place], turn: Turn, losses: Losses) -> list[Item]:
    if places[0].message.startswith("#"):
        return _write_item(places[0].part, losses)
    content = write_content([place.part for place in places], turn.role, losses)
    extra = turn.extra.get(places[0].message, {}) if losses.own else {}
    return [{"type": "message", "role": turn.role, "content": content, **extra}] if content or losses.own else []


def _system_items(system: Iterable[Text], losses: Losses) -> Iterator[Placed]:
    texts = (text for text in system if text.at != "instructions")
    for _, group in groupby(texts, lambda text: _message_of(text.at)):
        found = list(group)
        content = write_content(found, "user", losses)
        yield found[0].at, {"type": "message", "content": content, **found[0].extra.get(ITEM, {})}


def _write_item(part: Part, losses: Losses) -> list[Item]:
    match part:
        case Reasoning():
            return _write_reasoning(part, losses)
        case ToolCall():
            return [_write_call(part, losses)]
        case ToolResult():
            return [_write_result(part, losses)]
        case _:
            assert isinstance(part, Opaque), "everything else stands in a message"
            written = write_opaque(part, losses)
            return [] if written is None else [written]


def _write_reasoning(part: Reasoning, losses: Losses) -> list[Item]:
    signed = part.signature is not None and part.signature.origin == NAME
    kept = losses.own and part.signature is None and bool(part.id)
    if not signed and not kept:
        return []
    summary = [{"type": "summary_text", "text": part.text}] if part.text and part.summary else []
    item: Item = {"type": "reasoning", "summary": summary}
    if part.id:
        item["id"] = part.id
    if part.signature is not None:
        item["encrypted_content"] = part.signature.data
    return [item | dict(part.extra)] if losses.own else [item]


def _write_call(call: ToolCall, losses: Losses) -> Item:
    as_text = call.custom and not losses.lacks("custom_tools")
    item: Item = {"type": "custom_tool_call" if as_text else "function_call", "call_id": fitting_id(call.id)}
    item["name"] = call.name
    if as_text:
        item["input"] = call.arguments
    else:
        item["arguments"] = wrapped(call.arguments) if call.custom else call.arguments or "{}"
    if call.namespace:
        item["namespace"] = call.namespace
    if not losses.own:
        return item
    return item | ({"id": call.item_id} if call.item_id else {}) | dict(call.extra)


def _write_result(result: ToolResult, losses: Losses) -> Item:
    if result.error:
        losses.part(result.at, "is_error", "results have no flag for it")
    if result.cache and not losses.own:
        mark_lost(result.at, losses)
    as_text = losses.answers_text(result) and not losses.lacks("custom_tools")
    return {
        "type": "custom_tool_call_output" if as_text else "function_call_output",
        "call_id": fitting_id(result.call_id),
        "output": write_content(result.content, "user", losses) or "",
        **(result.extra if losses.own else {}),
    }
