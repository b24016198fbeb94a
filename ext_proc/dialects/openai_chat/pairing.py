"""Turns as servers of this API demand them: what tools answered stands directly behind the turn that called them.

In: turns of another dialect. Out: the same words in that order, with ids that are legal, unique and equal in call and
result. Raises Unable where a call has no result or a result no call: nothing is invented.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ext_proc.chat.dialect import Model
from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Part, ToolCall, ToolResult
from ext_proc.chat.request import Turn
from ext_proc.dialects.openai_chat.families import is_mistral

_LONGEST_ID = 40
_MISTRAL_ID = re.compile(r"[a-zA-Z0-9]{9}")


def fit_id(id: str, model: Model) -> str:
    """The id itself where the server takes it, else always the same one for it."""
    hashed = hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()
    if is_mistral(model):
        return id if _MISTRAL_ID.fullmatch(id) else hashed[:9]
    return id if 0 < len(id) <= _LONGEST_ID else f"call_{hashed[:32]}"


def pair(turns: Iterable[Turn], model: Model) -> list[Turn]:
    found = _merged(turns)
    used: set[str] = set()
    paired: list[Turn] = []
    start = 0
    while start < len(found):
        end = _next_answer(found, start + 1)
        paired += _block(found[start:end], used, model)
        start = end
    return [turn for turn in paired if turn.parts]


@dataclass(slots=True)
class _Asked:
    """Calls that wait for their results, with the ids written."""

    calls: list[ToolCall] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def answer(self, result: ToolResult) -> ToolResult:
        number = next((n for n, call in enumerate(self.calls) if _fits(call, result)), None)
        if number is None:
            raise Unable(result.at, "content", "a tool's result must follow the turn that called the tool")
        self.calls.pop(number)
        return replace(result, call_id=self.ids.pop(number))


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    """What the model said in a row is one message: its results stand behind all of it."""
    merged: list[Turn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role == "assistant":
            merged[-1] = replace(merged[-1], parts=(*merged[-1].parts, *turn.parts))
        else:
            merged.append(turn)
    return merged


def _next_answer(turns: Sequence[Turn], start: int) -> int:
    return next((n for n in range(start, len(turns)) if turns[n].role == "assistant"), len(turns))


def _block(turns: Sequence[Turn], used: set[str], model: Model) -> list[Turn]:
    """A turn of the model and all others up to its next."""
    first, asked = turns[0], _Asked()
    head: list[Turn] = []
    if first.role == "assistant":
        head, turns = [replace(first, parts=tuple(_ask(first.parts, asked, used, model)))], turns[1:]
    results: list[Part] = []
    others: list[Turn] = []
    for turn in turns:
        results += [asked.answer(part) for part in turn.parts if isinstance(part, ToolResult)]
        left = tuple(part for part in turn.parts if not isinstance(part, ToolResult))
        others.append(replace(turn, parts=left))
    if asked.calls:
        raise Unable(asked.calls[0].at, "content", "a tool call needs its result in the turn behind it")
    return [*head, Turn(role="user", parts=tuple(results)), *others]


def _ask(parts: Sequence[Part], asked: _Asked, used: set[str], model: Model) -> list[Part]:
    written: list[Part] = []
    for part in parts:
        if isinstance(part, ToolCall):
            id = _unique(part.id or f"call_{len(used)}", used, model)
            asked.calls.append(part)
            asked.ids.append(id)
            part = replace(part, id=id)
        written.append(part)
    return written


def _unique(id: str, used: set[str], model: Model) -> str:
    """Some clients count their calls anew in every turn."""
    found, number = fit_id(id, model), 1
    while found in used:
        number += 1
        found = fit_id(f"{id}_{number}", model)
    used.add(found)
    return found


def _fits(call: ToolCall, result: ToolResult) -> bool:
    """Where a dialect has no ids, names and the order tell."""
    if call.id or result.call_id:
        return call.id == result.call_id
    return not result.name or result.name == call.name
