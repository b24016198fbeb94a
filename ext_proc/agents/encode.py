"""Pieces of text turned into an answer in the client's dialect: streamed, or one JSON body.

In: the pieces of a merged answer. Out: bytes the official clients accept. Never: the dialect's normal end after an
error, or without the last piece.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from ext_proc.agents.encoders import AnswerHead
from ext_proc.agents.encoders.chat import ChatEvents, chat_body
from ext_proc.agents.encoders.messages import MessagesEvents, messages_body
from ext_proc.agents.encoders.responses import ResponsesEvents, responses_body
from ext_proc.agents.failures import AgentFailed
from ext_proc.agents.pieces import Finished, Piece, Text, Waiting
from ext_proc.agents.usage import Usage
from ext_proc.conversation import Dialect
from schemas.errors import BY_CODE, GatewayError
from schemas.names import fit


class Events(Protocol):
    """One streamed answer: `begin`, any number of `text`, then `end` or `fail`; `fail` may come at any time."""

    def begin(self) -> bytes: ...

    def text(self, text: str) -> bytes: ...

    def end(self, usage: Usage | None) -> bytes: ...

    def fail(self, error: GatewayError) -> bytes: ...


def events_for(dialect: Dialect, head: AnswerHead, *, include_usage: bool = False) -> Events:
    """`include_usage` is the client's `stream_options.include_usage`, which only chat knows."""
    match dialect:
        case Dialect.CHAT:
            return ChatEvents(head, include_usage=include_usage)
        case Dialect.MESSAGES:
            return MessagesEvents(head)
        case Dialect.RESPONSES:
            return ResponsesEvents(head)


async def stream_answer(pieces: AsyncIterator[Piece], events: Events) -> AsyncGenerator[bytes, None]:
    """The bytes of a stream. An AgentFailed before the first of them is raised; later it becomes an error event, and
    then raised as well, so that whoever drives this knows."""
    sent = begun = False
    try:
        async for piece in pieces:
            match piece:
                case Waiting():
                    yield _waiting(piece.agent_id)
                case Text():
                    yield (b"" if begun else events.begin()) + events.text(piece.text)
                    begun = True
                case Finished():
                    yield (b"" if begun else events.begin()) + events.end(piece.usage)
            sent = True
    except AgentFailed as failed:
        if sent:
            yield events.fail(_told(failed))
        raise


async def whole_answer(pieces: AsyncIterator[Piece], dialect: Dialect, head: AnswerHead) -> bytes:
    """One JSON body. Raises AgentFailed."""
    text, end = bytearray(), None
    async for piece in pieces:
        match piece:
            case Text():
                text += piece.text.encode()
            case Finished():
                end = piece
    if end is None:
        raise ValueError("an answer without its last piece")
    return _BODIES[dialect](head, text.decode(), end.usage)


def _told(failed: AgentFailed) -> GatewayError:
    """The error with the agent's name and what was wrong with it."""
    error = BY_CODE["agent_failed"]
    return replace(error, message=f"{error.message.rstrip('.')}: {failed}")


def _waiting(agent_id: str) -> bytes:
    """A comment: every reader of server-sent events passes over it, and it keeps idle timers quiet."""
    return f": waiting for {fit(agent_id)}\n\n".encode()


_BODIES: Mapping[Dialect, Callable[[AnswerHead, str, Usage | None], bytes]] = MappingProxyType(
    {Dialect.CHAT: chat_body, Dialect.MESSAGES: messages_body, Dialect.RESPONSES: responses_body}
)
