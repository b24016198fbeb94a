"""Turns written as contents.

In: system texts and turns. Out: `systemInstruction` and `contents`. Results of functions stand in a content of their
own right behind the calls they answer, in the calls' order, by the functions' names. Bodies of this dialect keep their
contents as they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import flat_call
from ext_proc.chat.parts import Part, Text, ToolCall, ToolResult
from ext_proc.chat.request import Request, Turn
from ext_proc.dialects.gemini.losses import Losses
from ext_proc.dialects.gemini.parts_out import Written, write_call, write_part, write_result


def write_system(system: Iterable[Text], losses: Losses) -> Written:
    parts = [written for text in system for written in write_part(text, losses)]
    return {"systemInstruction": {"parts": parts}} if parts else {}


def write_turns(request: Request, losses: Losses) -> list[Written]:
    calls = {part.id: part for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)}
    if losses.own:
        return [_own_content(turn, calls, losses) for turn in request.turns]
    return [content for turns in _runs(request.turns, losses) for content in _contents(turns, calls, losses)]


def _own_content(turn: Turn, calls: dict[str, ToolCall], losses: Losses) -> Written:
    role = turn.extra.get("role", "model" if turn.role == "assistant" else "user")
    return {**({"role": role} if role else {}), "parts": _parts(turn.parts, calls, losses)}


def _runs(turns: Iterable[Turn], losses: Losses) -> Iterator[list[Turn]]:
    """Neighbours of one side. What a system says later is told in the user's place."""
    run: list[Turn] = []
    for turn in turns:
        if turn.name:
            losses.part(turn.at, "name", "participants have no names")
        if run and (run[-1].role == "assistant") != (turn.role == "assistant"):
            yield run
            run = []
        run.append(turn)
    if run:
        yield run


def _contents(run: list[Turn], calls: dict[str, ToolCall], losses: Losses) -> Iterator[Written]:
    parts = [part for turn in run for part in turn.parts]
    if run[0].role == "assistant":
        yield from _content("model", _parts(parts, calls, losses))
        return
    order = {id: number for number, id in enumerate(calls)}
    results = [part for part in parts if isinstance(part, ToolResult)]
    results.sort(key=lambda result: order.get(result.call_id, len(order)))
    yield from _content("user", _parts(results, calls, losses))
    yield from _content("user", _parts([part for part in parts if not isinstance(part, ToolResult)], calls, losses))


def _content(role: str, parts: list[Written]) -> Iterator[Written]:
    if parts:
        yield {"role": role, "parts": parts}


def _parts(parts: Iterable[Part], calls: dict[str, ToolCall], losses: Losses) -> list[Written]:
    """Of calls side by side only the first is signed, and it must be."""
    written: list[Written] = []
    first = True
    for part in parts:
        match part:
            case ToolCall():
                written.append(write_call(flat_call(part), losses, first=first))
                first = False
            case ToolResult():
                written += write_result(part, _name_of(part, calls), losses)
            case _:
                written += write_part(part, losses)
    return written


def _name_of(result: ToolResult, calls: dict[str, ToolCall]) -> str:
    if (call := calls.get(result.call_id)) is not None:
        return flat_call(call).name
    if result.name:
        return result.name
    raise Unable(result.at, "content", "a result of no call in this conversation has no function's name")
