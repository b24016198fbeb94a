"""The contents of a request as turns.

In: `systemInstruction` and `contents`. Out: system texts and turns. What a model said in several contents in a row (a
streamed answer, sent back piece by piece) is one turn, its pieces of text joined. Calls without ids get some, and so do
the results that answer them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ext_proc.chat.parts import Part, Reasoning, Text, ToolCall, ToolResult
from ext_proc.chat.request import Turn
from ext_proc.dialects.gemini.parts_in import read_part
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.words import NAME

_ROLES: dict[str, Literal["user", "assistant"]] = {
    "": "user",
    "user": "user",
    "model": "assistant",
    "function": "user",
    "tool": "user",
}


def read_system(body: Member) -> tuple[Text, ...]:
    found = body.node("systemInstruction")
    return tuple(_system_text(node) for node in found.members("parts")) if found is not None else ()


def read_turns(body: Member) -> tuple[Turn, ...]:
    if not body.has("contents"):
        body.wrong("contents", "is missing")
    turns: list[Turn] = []
    for content in body.members("contents"):
        turn = _read_turn(content)
        if turns and turn.role == "assistant" == turns[-1].role:
            turns[-1] = replace(turns[-1], parts=tuple(_joined(turns[-1].parts, turn.parts)))
        else:
            turns.append(turn)
    numbering = _Numbering()
    return tuple(replace(turn, parts=tuple(numbering.parts(turn, number))) for number, turn in enumerate(turns))


def _system_text(node: Member) -> Text:
    part = read_part(node)
    return part if isinstance(part, Text) else node.wrong("", "must be text")


def _read_turn(content: Member) -> Turn:
    role = content.text("role")
    if role not in _ROLES:
        content.wrong("role", "must be user or model")
    extra: dict[str, Any] = {} if role in ("user", "model") else {"role": role}
    parts = tuple(read_part(node) for node in content.members("parts"))
    return Turn(role=_ROLES[role], parts=parts, extra=extra, at=content.at)


def _joined(before: tuple[Part, ...], after: tuple[Part, ...]) -> Iterator[Part]:
    """Two contents as one: only where they meet something is joined, and only what no signature keeps apart."""
    kept = [part for part in after if not _says_nothing(part)]
    if not before or not kept:
        yield from (*before, *kept)
        return
    yield from before[:-1]
    yield from _met(before[-1], kept[0])
    yield from kept[1:]


def _says_nothing(part: Part) -> bool:
    return isinstance(part, Text) and not (part.text or part.signature or part.extra)


def _met(left: Part, right: Part) -> tuple[Part, ...]:
    match left, right:
        case Text(signature=None), Text(signature=None) if not right.extra:
            return (replace(left, text=left.text + right.text),)
        case Reasoning(signature=None), Reasoning(signature=None) if not right.extra:
            return (replace(left, text=left.text + right.text),)
        case Reasoning(signature=None), Reasoning(redacted=False) if right.signature and right.signature.origin != NAME:
            return (replace(right, text=left.text + right.text, at=left.at),)
        case _:
            return left, right


@dataclass(slots=True)
class _Numbering:
    """Calls nobody answered yet."""

    waiting: list[ToolCall] = field(default_factory=list)

    def parts(self, turn: Turn, number: int) -> Iterator[Part]:
        for place, part in enumerate(turn.parts):
            match part:
                case ToolCall():
                    named = part if part.id else replace(part, id=f"call_{number}_{place}")
                    self.waiting.append(named)
                    yield named
                case ToolResult():
                    yield self._answer(part, f"call_{number}_{place}")
                case _:
                    yield part

    def _answer(self, result: ToolResult, fresh: str) -> ToolResult:
        """A result without an id answers the first call of its name."""
        answered = next((call for call in self.waiting if self._matches(call, result)), None)
        if answered is not None:
            self.waiting.remove(answered)
        return result if result.call_id else replace(result, call_id=answered.id if answered else fresh)

    @staticmethod
    def _matches(call: ToolCall, result: ToolResult) -> bool:
        return call.id == result.call_id if result.call_id else call.name == result.name
