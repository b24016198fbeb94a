"""Parts, written for a provider.

In: parts of `chat.parts` and the role of their turn. Out: blocks, none for what may be left out. Raises Unable for what
the dialect has no place for. Thoughts of other dialects are left out: only their own provider can read them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.flattening import flat_call
from ext_proc.chat.parts import Citation, Media, Opaque, Part, Plain, Reasoning, Refusal, Text, ToolCall, ToolResult
from ext_proc.dialects.anthropic_messages.arguments import input_of
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.marks import write_mark
from ext_proc.dialects.anthropic_messages.media_out import write_media
from ext_proc.dialects.anthropic_messages.pairing import fit_id
from ext_proc.dialects.anthropic_messages.words import NAME, SHORTHAND, UNSIGNED

Block = dict[str, Any]


def write_blocks(parts: Iterable[Part], role: str, losses: Losses) -> list[Block]:
    return [block for part in parts for block in _write(part, role, losses)]


def write_text(text: Text, losses: Losses) -> list[Block]:
    """Providers refuse texts of nothing but white space; another dialect's client means nothing by them."""
    if not text.text.strip() and not losses.own:
        return []
    written: Block = {"type": "text", "text": text.text}
    if citations := _citations(text, losses):
        written["citations"] = citations
    return [written | write_mark(text.cache) | _own(text.extra, losses)]


def _write(part: Part, role: str, losses: Losses) -> list[Block]:
    match part:
        case Text():
            return write_text(part, losses)
        case Refusal():
            return [{"type": "text", "text": part.text}] if part.text.strip() else []
        case Media():
            return [_media(part, role, losses)]
        case Reasoning():
            return _thought(part, losses)
        case ToolCall():
            return [_call(part, losses)]
        case ToolResult():
            return [_result(part, losses)]
        case Opaque():
            return _opaque(part, losses)


def _own(extra: Plain, losses: Losses) -> Block:
    return {name: value for name, value in extra.items() if name != SHORTHAND} if losses.own else {}


def _citations(text: Text, losses: Losses) -> list[Plain]:
    found: list[Citation] = [each for each in text.citations if each.origin == NAME]
    if len(found) < len(text.citations):
        losses.part(text.at, "citations", "made by another provider")
    return [each.raw for each in found]


def _media(media: Media, role: str, losses: Losses) -> Block:
    if role == "assistant" and not losses.own:
        raise Unable(media.at, "content", "what the model itself showed earlier cannot be sent back")
    return write_media(media, losses)


def _thought(thought: Reasoning, losses: Losses) -> list[Block]:
    if thought.cache:
        losses.part(thought.at, "cache", "thoughts carry no mark")
    signature = thought.signature
    if signature is not None and signature.origin == NAME:
        kind, field = ("redacted_thinking", "data") if thought.redacted else ("thinking", "signature")
        text = {} if thought.redacted else {"thinking": thought.text}
        return [{"type": kind, **text, field: signature.data, **_own(thought.extra, losses)}]
    if signature is None and losses.own and UNSIGNED not in thought.extra:
        return [{"type": "thinking", "thinking": thought.text, **thought.extra}]
    losses.thoughts += 1
    return []


def _call(call: ToolCall, losses: Losses) -> Block:
    losses.need("tools", call.at, "the model calls no tools")
    flat = flat_call(call)
    written: Block = {"type": "tool_use", "id": fit_id(call.id), "name": flat.name, "input": input_of(flat.arguments)}
    return written | write_mark(call.cache) | _own(call.extra, losses)


def _result(result: ToolResult, losses: Losses) -> Block:
    written: Block = {"type": "tool_result", "tool_use_id": fit_id(result.call_id)}
    content = write_blocks(result.content, "tool", losses)
    if content:
        written["content"] = content[0]["text"] if losses.own and SHORTHAND in result.extra else content
    if result.error:
        written["is_error"] = True
    return written | write_mark(result.cache) | _own(result.extra, losses)


def _opaque(part: Opaque, losses: Losses) -> list[Block]:
    if part.origin == NAME:
        return [_copied(part.raw)]
    if part.essential:
        raise Unable(part.at, "content", "only its own API knows this part")
    losses.at(part.at, "only its own API knows it")
    return []


def _copied(raw: Plain) -> Block:
    """Marks may be taken off a block and off what is directly in it; the client's own body stays as it is."""
    content = raw.get("content")
    if not isinstance(content, list):
        return dict(raw)
    return {**raw, "content": [dict(each) if isinstance(each, dict) else each for each in content]}
