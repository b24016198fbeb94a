"""System texts and turns, written as messages.

In: system texts and turns. Out: messages. What tools showed that is no text goes into a user message behind their
results: messages of tools hold text only. Thoughts go out only where they came from a server of this API.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from ext_proc.chat.parts import Media, Part, Text, ToolResult
from ext_proc.chat.request import Request, Turn
from ext_proc.dialects.openai_chat.assistant_out import write_answer, write_own_answer
from ext_proc.dialects.openai_chat.content_out import cache_of, name_of, write_content
from ext_proc.dialects.openai_chat.families import family_of
from ext_proc.dialects.openai_chat.losses import Losses
from ext_proc.dialects.openai_chat.pairing import pair
from ext_proc.dialects.openai_chat.words import LEGACY, MESSAGE

Message = dict[str, Any]
_BEHIND = "The output is in the next message of the user."


def write_messages(request: Request, losses: Losses) -> list[Message]:
    if losses.own:
        return [*_own_system(request.system, losses), *(_own_turn(turn, losses) for turn in request.turns)]
    turns = pair(request.turns, losses.model)
    loop = _tool_loop(turns)
    writer = _Writer(losses)
    for number, turn in enumerate(turns):
        writer.write(turn, in_loop=number >= loop)
    return [*_system(request.system, losses), *writer.end()]


def _tool_loop(turns: Sequence[Turn]) -> int:
    """Where the calls begin that the model is still working on: behind the last thing the user said."""
    return max(
        (n for n, turn in enumerate(turns) if turn.role != "assistant" and not _only_results(turn)),
        default=-1,
    )


def _only_results(turn: Turn) -> bool:
    return all(isinstance(part, ToolResult) for part in turn.parts)


def _system(system: Sequence[Text], losses: Losses) -> list[Message]:
    content = write_content(system, losses)
    role = "developer" if family_of(losses.model) == "openai_reasoning" else "system"
    return [{"role": role, "content": content}] if content else []


def _own_system(system: Iterable[Text], losses: Losses) -> list[Message]:
    """One message for each there was."""
    messages: list[Message] = []
    for _, group in groupby(system, lambda text: text.at.partition(".")[0]):
        texts = list(group)
        messages.append({**texts[0].extra.get(MESSAGE, {}), "content": write_content(texts, losses)})
    return messages


def _own_turn(turn: Turn, losses: Losses) -> Message:
    named = {"name": turn.name} if turn.name else {}
    match turn.parts:
        case [ToolResult() as result]:
            return _own_result(result, losses)
        case _ if turn.role == "assistant":
            return {"role": turn.role, **named, **write_own_answer(turn, losses), **turn.extra}
        case parts:
            return {"role": turn.role, **named, "content": write_content(parts, losses), **turn.extra}


def _own_result(result: ToolResult, losses: Losses) -> Message:
    legacy = result.extra.get(LEGACY)
    named = {"name": result.name} if result.name else {}
    called = {} if legacy else {"tool_call_id": result.call_id}
    left = {name: value for name, value in result.extra.items() if name != LEGACY}
    content = write_content(result.content, losses)
    return {"role": "function" if legacy else "tool", **called, **named, "content": content, **left}


class _Writer:
    """Messages of another dialect's turns. `_shown`: what tools showed, for the next message of the user."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._messages: list[Message] = []
        self._shown: list[Part] = []

    def write(self, turn: Turn, *, in_loop: bool) -> None:
        if turn.role == "assistant":
            self._show()
            self._messages += write_answer(turn, self._losses, in_loop=in_loop)
            return
        results = [part for part in turn.parts if isinstance(part, ToolResult)]
        self._messages += [self._result(result) for result in results]
        if not results:
            self._say(turn)

    def end(self) -> list[Message]:
        self._show()
        return self._messages

    def _say(self, turn: Turn) -> None:
        if turn.role != "user":
            self._show()
        parts, self._shown = [*self._shown, *turn.parts], []
        content = write_content(parts, self._losses)
        named = name_of(turn, self._losses)
        if content:
            self._messages.append({"role": self._role(turn.role), **named, "content": content})

    def _role(self, role: str) -> str:
        """Only OpenAI's own models know developers."""
        if role == "developer" and family_of(self._losses.model) == "compatible":
            return "system"
        return role

    def _show(self) -> None:
        if self._shown:
            self._messages.append({"role": "user", "content": write_content(self._shown, self._losses)})
        self._shown = []

    def _result(self, result: ToolResult) -> Message:
        if result.error:
            self._losses.part(result.at, "is_error", "results have no flag for it")
        texts = [part for part in result.content if isinstance(part, Text)]
        media = [part for part in result.content if isinstance(part, Media)]
        if media:
            self._shown += [Text(text=f"Output of the tool call {result.call_id}:"), *media]
        cached = cache_of(result.cache, result.at, self._losses)
        written = write_content(texts, self._losses) or (_BEHIND if media else "")
        if cached:
            written = [{"type": "text", "text": written, **cached}] if isinstance(written, str) else written
        return {"role": "tool", "tool_call_id": result.call_id, "content": written}
