"""Parts written for a provider.

In: a part of any dialect. Out: parts of a content, none where there is nothing to say. Thoughts go out only where a
provider of this dialect signed them, or its own client sent them.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.jsontext import loads_object
from ext_proc.chat.parts import Link, Media, Opaque, Reasoning, Refusal, Text, ToolCall, ToolResult
from ext_proc.dialects.gemini.losses import Losses
from ext_proc.dialects.gemini.media import write_media
from ext_proc.dialects.gemini.signing import own_signature
from ext_proc.dialects.gemini.words import NAME, RAW, SKIPPED_SIGNATURE, UNNUMBERED

Written = dict[str, Any]
_CAPABILITIES = {"image": "images", "audio": "audio", "video": "video", "document": "documents"}


def write_part(part: Text | Media | Reasoning | Refusal | Opaque, losses: Losses) -> list[Written]:
    match part:
        case Text():
            return _write_text(part, losses)
        case Media():
            return [_write_media(part, losses)]
        case Reasoning():
            return _write_thought(part, losses)
        case Refusal(text=text):
            return [{"text": text}] if text else []
        case Opaque():
            return _write_opaque(part, losses)


def write_call(call: ToolCall, losses: Losses, *, first: bool) -> Written:
    """`first`: no other call stands before it in its content."""
    written: Written = {"name": call.name, "args": _arguments(call), **call.extra.get(RAW, {})}
    if call.id and not call.extra.get(UNNUMBERED) and (losses.own or losses.generation.signs_calls):
        written = {"id": call.id, **written}
    if call.cache:
        losses.cache_mark(call.at)
    signed = own_signature(call.signature)
    if not signed and first and losses.generation.signs_calls:
        signed = {"thoughtSignature": SKIPPED_SIGNATURE}
    return {"functionCall": written, **signed, **_own_members(call, losses)}


def write_result(result: ToolResult, name: str, losses: Losses) -> list[Written]:
    if losses.own:
        id = {} if result.extra.get(UNNUMBERED) else {"id": result.call_id}
        inner = {**id, "name": result.name, **result.extra.get(RAW, {})}
        return [{"functionResponse": inner, **_own_members(result, losses)}]
    if result.cache:
        losses.cache_mark(result.at)
    texts = [part.text for part in result.content if isinstance(part, Text)]
    media = [_write_media(part, losses) for part in result.content if isinstance(part, Media)]
    written: Written = {"name": name, "response": {"error" if result.error else "result": "\n".join(texts)}}
    if losses.generation.signs_calls:
        written = {"id": result.call_id, **written}
    if media and losses.generation.media_results:
        return [{"functionResponse": {**written, "parts": media}}]
    return [{"functionResponse": written}, *media]


def _write_text(text: Text, losses: Losses) -> list[Written]:
    if text.cache:
        losses.cache_mark(text.at)
    if text.citations and not losses.own:
        losses.part(text.at, "citations", "answers are sent back without their sources")
    signed = own_signature(text.signature)
    if not losses.own:
        return [{"text": text.text, **signed}] if text.text or signed else []
    return [{"text": text.text, **signed, **text.extra}]


def _write_thought(thought: Reasoning, losses: Losses) -> list[Written]:
    signed = own_signature(thought.signature)
    if not signed and not (losses.own and thought.signature is None):
        return []
    extra = thought.extra if losses.own else {}
    return [{"text": thought.text, "thought": True, **signed, **extra}]


def _write_media(media: Media, losses: Losses) -> Written:
    losses.need(_CAPABILITIES[media.kind], media.at, f"the model reads no {media.kind}")
    if media.kind == "image" and isinstance(media.source, Link):
        losses.need("image_urls", media.at, "the model reads no images from the web")
    if media.cache:
        losses.cache_mark(media.at)
    if media.detail and media.detail != "auto" and media.origin != NAME:
        losses.part(media.at, "detail", "the API has no such setting")
    return write_media(media)


def _write_opaque(part: Opaque, losses: Losses) -> list[Written]:
    if part.origin == NAME:
        return [dict(part.raw)]
    if part.essential:
        raise Unable(part.at, "content", f"{part.kind} means something to providers of the {part.origin} API only")
    losses.at(part.at, "only its own API has it")
    return []


def _arguments(call: ToolCall) -> Written:
    """Arguments that are no JSON object are told as they are."""
    try:
        return loads_object(call.arguments)
    except ValueError:
        return {"arguments": call.arguments}


def _own_members(part: ToolCall | ToolResult, losses: Losses) -> Written:
    return {name: value for name, value in part.extra.items() if name not in (RAW, UNNUMBERED)} if losses.own else {}
