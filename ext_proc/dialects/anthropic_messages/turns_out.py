"""The system prompt and the messages, written.

In: a request. Out: `system` and `messages`. What a client of this dialect sent is written back as it was; of others,
instructions in the middle of a conversation move to the end of the system prompt, where they keep their weight.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Part, Refusal, Text
from ext_proc.chat.request import Request, Turn
from ext_proc.dialects.anthropic_messages.blocks_out import Block, write_blocks, write_text
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.pairing import pair
from ext_proc.dialects.anthropic_messages.words import SHORTHAND


def write_turns(request: Request, losses: Losses) -> dict[str, Any]:
    if losses.own:
        system = [block for text in request.system for block in write_text(text, losses)]
        short = len(request.system) == 1 and SHORTHAND in request.system[0].extra
        written = [found for turn in request.turns if (found := _own_turn(turn, losses)) is not None]
        return _with_system(system[0]["text"] if short else system) | {"messages": written}
    spoken = [turn for turn in request.turns if turn.role in ("user", "assistant")]
    messages = [found for turn in pair(spoken) if (found := _turn(turn, losses)) is not None]
    if not messages:
        raise Unable(request.names.get("turns", "messages"), "content", "the API needs at least one message")
    _trim_prefill(messages[-1])
    return _with_system(_system(request, losses)) | {"messages": messages}


def _with_system(system: str | list[Block]) -> dict[str, Any]:
    return {"system": system} if system else {}


def _own_turn(turn: Turn, losses: Losses) -> dict[str, Any] | None:
    """None for a turn of which nothing is left but thoughts nobody here can read."""
    blocks = write_blocks(turn.parts, turn.role, losses)
    if turn.parts and not blocks:
        return None
    extra = {name: value for name, value in turn.extra.items() if name != SHORTHAND}
    if SHORTHAND in turn.extra:
        return {"role": turn.role, "content": blocks[0]["text"], **extra}
    return {"role": turn.role, **({"content": blocks} if blocks or turn.role != "system" else {}), **extra}


def _turn(turn: Turn, losses: Losses) -> dict[str, Any] | None:
    if turn.name:
        losses.part(turn.at, "name", "participants have no names")
    blocks = write_blocks(turn.parts, turn.role, losses)
    return {"role": turn.role, "content": blocks} if blocks else None


def _system(request: Request, losses: Losses) -> list[Block]:
    later = [turn for turn in request.turns if turn.role in ("system", "developer")]
    texts = [*request.system, *(_instruction(part) for turn in later for part in turn.parts)]
    return [block for text in texts for block in write_text(text, losses)]


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
    if last["role"] == "assistant" and block["type"] == "text":
        block["text"] = block["text"].rstrip()
