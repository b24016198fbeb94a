"""An earlier agent's answer put into the conversation for the next agent.

In: a parsed body, who answered, the answer. Out: a new body with an assistant message just before the last thing a user
said; everything else is the client's, untouched. Never: a conversation its API would refuse because of the insertion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from ext_proc.conversation import ConversationError, Dialect, dialect_of
from ext_proc.conversation.turns import messages, role_of, speaks

# What OpenAI accepts as the name of a participant.
_UNFIT_NAME = re.compile(r"[\s<|\\/>]+")
_MAX_NAME = 64
# Anthropic conversations begin with a user; there is none before the first thing a user said.
_LEAD_IN = "Before my next message: this is what has been answered so far."


def with_answer(path: str, body: Mapping[str, object], agent_id: str, text: str) -> dict[str, object]:
    """The body for the next agent; without text in the answer, the same conversation. Raises ConversationError where
    the body has no messages."""
    dialect = dialect_of(path)
    found = messages(path, body)
    if not found:
        raise ConversationError("there are no messages to add an answer to")
    place = "input" if dialect is Dialect.RESPONSES else "messages"
    return {**body, place: _inserted(dialect, found, agent_id, text)} if text.strip() else dict(body)


def _inserted(dialect: Dialect, found: list[object], agent_id: str, text: str) -> list[object]:
    here = _last_said(found)
    match dialect:
        case Dialect.CHAT:
            name = _UNFIT_NAME.sub("_", agent_id)[:_MAX_NAME]
            return [*found[:here], {"role": "assistant", "name": name, "content": text}, *found[here:]]
        case Dialect.RESPONSES:
            return [*found[:here], {"type": "message", "role": "assistant", "content": text}, *found[here:]]
        case Dialect.MESSAGES:
            return [*_then_assistant(found[:here], text), *found[here:]]


def _last_said(found: list[object]) -> int:
    """Where the last message stands in which a user speaks; else the last one of a user at all; else the end."""
    places = range(len(found) - 1, -1, -1)
    by_user = [place for place in places if role_of(found[place]) == "user"]
    return next((place for place in by_user if speaks(found[place])), by_user[0] if by_user else len(found))


def _then_assistant(before: list[object], text: str) -> list[object]:
    """Roles take turns: an assistant that just spoke says this too."""
    if not before:
        before = [{"role": "user", "content": _LEAD_IN}]
    if role_of(before[-1]) != "assistant":
        return [*before, {"role": "assistant", "content": text}]
    spoken = cast("dict[str, object]", before[-1])
    return [*before[:-1], {**spoken, "content": _with_block(spoken.get("content"), text)}]


def _with_block(content: object, text: str) -> list[object]:
    """Before the calls of tools, whose results have to follow at once; empty text is refused, so none is kept."""
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content.strip() else []
    blocks = content if isinstance(content, list) else []
    calls = (place for place, block in enumerate(blocks) if isinstance(block, dict) and block.get("type") == "tool_use")
    here = next(calls, len(blocks))
    return [*blocks[:here], {"type": "text", "text": text}, *blocks[here:]]
