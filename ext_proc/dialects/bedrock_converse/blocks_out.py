"""Parts, written for Bedrock.

In: parts of `chat.parts` and the role of their turn. Out: blocks, cache points behind what is marked. Raises Unable for
what the dialect has no place for. `sendable` leaves out what no block can say: blank texts, and thoughts that only
another provider can read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import flat_call
from ext_proc.chat.parts import CacheMark, Media, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ext_proc.dialects.bedrock_converse.arguments import input_of
from ext_proc.dialects.bedrock_converse.caching import point_after
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.media_out import write_media
from ext_proc.dialects.bedrock_converse.pairing import fit_id
from ext_proc.dialects.bedrock_converse.words import NAME, Maker

Block = dict[str, Any]
_TELLS_ERRORS = (Maker.ANTHROPIC, Maker.NOVA, Maker.NOVA_2)


def sendable(part: Part, losses: Losses) -> bool:
    match part:
        case Text() | Refusal():
            return bool(part.text.strip())
        case Reasoning(signature=signature):
            readable = signature is not None and signature.origin == NAME
            losses.thoughts += not readable
            return readable
        case Opaque(origin=origin, essential=essential) if origin != NAME and not essential:
            losses.at(part.at, "only its own API knows it")
            return False
        case _:
            return True


def write_blocks(parts: Iterable[Part], role: str, losses: Losses) -> list[Block]:
    return [block for part in parts for block in _write(part, role, losses)]


def write_text(text: Text, losses: Losses) -> list[Block]:
    own = [citation.raw for citation in text.citations if citation.origin == NAME]
    if len(own) < len(text.citations):
        losses.part(text.at, "citations", "made by another provider")
    written: Block = {"text": text.text}
    if own:
        written = {"citationsContent": {"content": [written], "citations": own}}
    return [written, *point_after(text.cache, text.at, losses)]


def _write(part: Part, role: str, losses: Losses) -> list[Block]:
    match part:
        case Text():
            return write_text(part, losses)
        case Refusal():
            return [{"text": part.text}]
        case Media():
            return _media(part, role, losses)
        case Reasoning():
            return _thought(part, losses)
        case ToolCall():
            return _call(part, losses)
        case ToolResult():
            return _result(part, losses)
        case Opaque():
            return _opaque(part)


def _media(media: Media, role: str, losses: Losses) -> list[Block]:
    if role == "assistant":
        raise Unable(media.at, "content", "what the model itself showed earlier cannot be sent back")
    return [write_media(media, losses), *point_after(media.cache, media.at, losses)]


def _thought(thought: Reasoning, losses: Losses) -> list[Block]:
    if thought.cache:
        losses.part(thought.at, "cache", "thoughts carry no mark")
    proof = thought.signature.data if thought.signature else ""
    if thought.redacted:
        return [{"reasoningContent": {"redactedContent": proof}}]
    return [{"reasoningContent": {"reasoningText": {"text": thought.text, "signature": proof}}}]


def _call(call: ToolCall, losses: Losses) -> list[Block]:
    losses.need("tools", call.at, "the model calls no tools")
    flat = flat_call(call)
    written = {"toolUseId": fit_id(call.id), "name": flat.name, "input": input_of(flat.arguments)}
    return [{"toolUse": written}, *point_after(call.cache, call.at, losses)]


def _result(result: ToolResult, losses: Losses) -> list[Block]:
    """A mark inside stands behind the whole: results hold no cache points. A failed result must not be empty."""
    content = [_shown(part, losses) for part in result.content if sendable(part, losses)]
    written: Block = {"toolUseId": fit_id(result.call_id), "content": content}
    if result.error and losses.maker in _TELLS_ERRORS:
        written |= {"status": "error", "content": content or [{"json": {}}]}
    elif result.error:
        losses.part(result.at, "error", "the model is told of no failures")
    return [{"toolResult": written}, *point_after(_mark(result), result.at, losses)]


def _shown(part: Text | Media, losses: Losses) -> Block:
    if isinstance(part, Text):
        return {"text": part.text}
    if part.kind == "audio":
        raise Unable(part.at, "audio", "results of tools hold no sound")
    return write_media(part, losses)


def _mark(result: ToolResult) -> CacheMark | None:
    return result.cache or next((part.cache for part in reversed(result.content) if part.cache), None)


def _opaque(part: Opaque) -> list[Block]:
    if part.origin == NAME:
        return [dict(part.raw)]
    raise Unable(part.at, "content", "only its own API knows this part")
