"""Turns as strict dialects demand them: roles alternate, results of tools come first in the turn behind their calls.

In: turns, and how an id is made one the dialect takes. Out: the same words, put together and ordered, with ids that are
legal, unique and equal in call and result. Raises Unable where a call has no result or a result no call: nothing is
invented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Part, ToolCall, ToolResult
from ext_proc.chat.request import Turn

FitId = Callable[[str], str]


def digest_id(prefix: str, id: str) -> str:
    """Always the same legal id for one that is not."""
    return f"{prefix}_{sha256(id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call that waits for its result; `id` is the one written."""

    call: ToolCall
    id: str


def pair(turns: Iterable[Turn], fit_id: FitId) -> list[Turn]:
    """`fit_id` gives the id itself where it is legal, else always the same one for it."""
    used: set[str] = set()
    asked: list[_Asked] = []
    paired: list[Turn] = []
    for turn in _merged(turns):
        results = [_answer(asked, part) for part in turn.parts if isinstance(part, ToolResult)]
        _check_answered(asked)
        others: list[Part] = [part for part in turn.parts if not isinstance(part, ToolResult)]
        if turn.role == "assistant":
            others, asked = _ask(others, used, fit_id)
        paired.append(replace(turn, parts=(*results, *others)))
    _check_answered(asked)
    return paired


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    merged: list[Turn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            merged[-1] = replace(merged[-1], parts=(*merged[-1].parts, *turn.parts))
        elif turn.parts:
            merged.append(turn)
    return merged


def _ask(parts: Sequence[Part], used: set[str], fit_id: FitId) -> tuple[list[Part], list[_Asked]]:
    written: list[Part] = []
    asked: list[_Asked] = []
    for part in parts:
        if isinstance(part, ToolCall):
            asked.append(_Asked(part, _unique(fit_id(part.id or f"call_{len(used)}"), used)))
            part = replace(part, id=asked[-1].id)
        written.append(part)
    return written, asked


def _unique(id: str, used: set[str]) -> str:
    """Some clients count their calls anew in every turn."""
    found, number = id, 1
    while found in used:
        number += 1
        found = f"{id[:56]}_{number}"
    used.add(found)
    return found


def _answer(asked: list[_Asked], result: ToolResult) -> ToolResult:
    number = next((number for number, each in enumerate(asked) if _fits(each.call, result)), None)
    if number is None:
        raise Unable(result.at, "content", "a tool's result must follow the turn that called the tool")
    return replace(result, call_id=asked.pop(number).id)


def _fits(call: ToolCall, result: ToolResult) -> bool:
    """Where a dialect has no ids, names and the order tell."""
    if call.id or result.call_id:
        return call.id == result.call_id
    return not result.name or result.name == call.name


def _check_answered(asked: list[_Asked]) -> None:
    if asked:
        raise Unable(asked[0].call.at, "content", "a tool call needs its result in the turn behind it")
