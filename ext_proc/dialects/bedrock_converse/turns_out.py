"""The system prompt and the messages, written.

In: a request. Out: `system` and `messages`. Instructions in the middle of a conversation move to the end of the system
prompt, where they keep their weight.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Part, Refusal, Text
from ext_proc.chat.request import Request, Turn
from ext_proc.dialects.bedrock_converse.blocks_out import Block, sendable, write_blocks, write_text
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.pairing import pair


def write_turns(request: Request, losses: Losses) -> dict[str, Any]:
    spoken = [_readable(turn, losses) for turn in request.turns if turn.role in ("user", "assistant")]
    messages = [_message(turn, losses) for turn in pair(spoken)]
    if not messages or messages[0]["role"] != "user":
        raise Unable(request.names.get("turns", "messages"), "content", "the user must begin the conversation")
    _trim_prefill(messages[-1])
    system = _system(request, losses)
    return ({"system": system} if system else {}) | {"messages": messages}


def _readable(turn: Turn, losses: Losses) -> Turn:
    if turn.name:
        losses.part(turn.at, "name", "participants have no names")
    return replace(turn, parts=tuple(part for part in turn.parts if sendable(part, losses)))


def _message(turn: Turn, losses: Losses) -> dict[str, Any]:
    blocks = write_blocks(turn.parts, turn.role, losses)
    if _has(blocks, "document") and not _has(blocks, "text"):
        raise Unable(turn.at, "documents", "a document needs a text beside it")
    return {"role": turn.role, "content": blocks}


def _has(blocks: list[Block], kind: str) -> bool:
    return any(kind in block for block in blocks)


def _system(request: Request, losses: Losses) -> list[Block]:
    later = [turn for turn in request.turns if turn.role in ("system", "developer")]
    texts = [*request.system, *(_instruction(part) for turn in later for part in turn.parts)]
    return [block for text in texts if sendable(text, losses) for block in write_text(text, losses)]


def _instruction(part: Part) -> Text:
    match part:
        case Text():
            return part
        case Refusal():
            return Text(text=part.text, at=part.at)
        case _:
            raise Unable(part.at, "content", "the system prompt is text")


def _trim_prefill(last: dict[str, Any]) -> None:
    """A turn the model shall go on with must not end in white space."""
    block = last["content"][-1]
    if last["role"] == "assistant" and "text" in block:
        block["text"] = block["text"].rstrip()
