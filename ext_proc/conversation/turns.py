"""What a router needs to know about a request: who said what, whether a user just spoke, how it all began.

In: the path of the call and its parsed body. Out: `Turn`s, a yes or no, an `Opening`. Never: a change to the body, an
exception for what is in it (a path that carries no conversation raises ConversationError), work beyond a fixed number
of messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from ext_proc.conversation.dialect import Dialect, dialect_of
from ext_proc.conversation.text import encodable, is_attachment, said, says, texts
from router_model.choice import Turn

MAX_TURNS = 200
_MAX_MESSAGES = 2_000
"""Looked at from the end: an agent at work sends many results of tools after what its user said."""
_SPEAKERS = ("user", "assistant")
_DIRECTIONS = ("system", "developer")
# Changes with every request although the conversation is the same; Claude Code writes it into its system text.
_PASSING_NOTE = "x-anthropic-billing-header:"


@dataclass(frozen=True, slots=True)
class Opening:
    """What stays the same while a conversation grows: its directions, its tools, the first that a user said."""

    system: str
    tools: tuple[str, ...]
    first: str | None


def turns(path: str, body: Mapping[str, object]) -> tuple[Turn, ...]:
    """The texts of user and assistant, oldest first, at most the last MAX_TURNS. A message without text is none."""
    kept: list[Turn] = []
    for message in reversed(messages(path, body)[-_MAX_MESSAGES:]):
        role = role_of(message)
        if role in _SPEAKERS and (text := said(cast("dict[str, object]", message).get("content"))):
            kept.append(Turn(cast(Literal["user", "assistant"], role), text))
        if len(kept) == MAX_TURNS:
            break
    return tuple(reversed(kept))


def is_fresh_user_turn(path: str, body: Mapping[str, object]) -> bool:
    """Whether the conversation ends with something a user just said or attached, not with a result or an answer."""
    found = messages(path, body)
    return bool(found) and speaks(found[-1])


def opening(path: str, body: Mapping[str, object], *, first: bool = True) -> Opening:
    """How the conversation begins. `first` is None where no user said anything (among the first messages), or where
    nobody wants to know."""
    found = messages(path, body)[:_MAX_MESSAGES]
    asked = found if first else []
    spoken = (said(message.get("content")) for message in asked if isinstance(message, dict) and _by_user(message))
    return Opening(
        system="\n".join(_directions(body, found)),
        tools=tuple(_tool_names(body)),
        first=next((text for text in spoken if text), None),
    )


def messages(path: str, body: Mapping[str, object]) -> list[object]:
    """The messages as the client sent them, of any type; a Responses `input` of text is one message."""
    dialect = dialect_of(path)
    found = body.get("input" if dialect is Dialect.RESPONSES else "messages")
    if isinstance(found, str) and dialect is Dialect.RESPONSES:
        return [{"role": "user", "content": found}]
    return found if isinstance(found, list) else []


def role_of(message: object) -> str | None:
    """The role of a message; None for calls, results of calls and other items, and for what is no message."""
    if not isinstance(message, dict) or message.get("type", "message") != "message":
        return None
    role = message.get("role")
    return role if isinstance(role, str) else None


def speaks(message: object) -> bool:
    """Whether the message is one in which a user says or attaches something."""
    if not isinstance(message, dict) or not _by_user(message):
        return False
    content = message.get("content")
    return says(content) or (isinstance(content, list) and any(map(is_attachment, content)))


def _by_user(message: dict[str, object]) -> bool:
    return role_of(message) == "user"


def _directions(body: Mapping[str, object], found: list[object]) -> Iterator[str]:
    """Only those before anybody spoke: later ones come and go while the conversation grows."""
    for key in ("system", "instructions"):
        yield from _lasting(body.get(key))
    for message in found:
        if role_of(message) not in _DIRECTIONS:
            return
        yield from _lasting(cast("dict[str, object]", message).get("content"))


def _lasting(content: object) -> Iterator[str]:
    for text in texts(content):
        lines = encodable(text)
        if lines.startswith(_PASSING_NOTE):
            lines = lines.partition("\n")[2]
        if lines:
            yield lines


def _tool_names(body: Mapping[str, object]) -> Iterator[str]:
    """Names in the client's order; a built-in tool of Responses has only a type."""
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        if isinstance(tool, dict) and (name := _tool_name(tool)) is not None:
            yield encodable(name)


def _tool_name(tool: dict[str, object]) -> str | None:
    inner = next((value for kind in ("function", "custom") if isinstance(value := tool.get(kind), dict)), None)
    named = (tool if inner is None else inner).get("name")
    found = named if isinstance(named, str) else tool.get("type")
    return found if isinstance(found, str) else None
