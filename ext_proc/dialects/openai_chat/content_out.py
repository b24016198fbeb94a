"""The content of messages, written.

In: parts of `chat.parts`. Out: a string, or content parts. Raises Unable for what the dialect has no place for. Of
other dialects' texts one string is made where nothing else is among them: not every server takes parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import CacheMark, Link, Media, Opaque, Part, Plain, Reasoning, Refusal, Text
from ext_proc.chat.request import Turn
from ext_proc.dialects.openai_chat.families import is_claude, is_mistral_api
from ext_proc.dialects.openai_chat.losses import Losses
from ext_proc.dialects.openai_chat.media_out import write_media
from ext_proc.dialects.openai_chat.words import CACHE, MESSAGE, NAME

Written = dict[str, Any]
_NEEDS = {"image": "images", "audio": "audio", "video": "video", "document": "documents"}
_INNER = ("image_url", "video_url", "audio_url", "input_audio", "file")


def write_content(parts: Sequence[Part], losses: Losses) -> str | list[Written]:
    if not losses.own:
        return _foreign_content(parts, losses)
    match parts:
        case [Text(text=text, at=at, extra=extra)] if at.endswith(".content") and CACHE not in extra:
            return text
        case _:
            return _written(parts, losses)


def cache_of(mark: CacheMark | None, at: str, losses: Losses) -> Written:
    """Cache marks, for models that have them; all others cache without being asked."""
    if mark is None:
        return {}
    if losses.own or is_claude(losses.model):
        return {CACHE: {"type": "ephemeral"} | ({"ttl": "1h"} if mark == "1h" else {})}
    losses.part(at, CACHE, "the provider caches by itself")
    return {}


def name_of(turn: Turn, losses: Losses) -> Written:
    if turn.name and not losses.own and is_mistral_api(losses.model):
        losses.part(turn.at, "name", "participants have no names")
        return {}
    return {"name": turn.name} if turn.name else {}


def refuse_opaque(part: Opaque, losses: Losses) -> None:
    if part.essential:
        raise Unable(part.at, "content", "only its own API knows this part")
    losses.at(part.at, "only its own API knows it")


def _foreign_content(parts: Sequence[Part], losses: Losses) -> str | list[Written]:
    found = _written([part for part in parts if not (isinstance(part, Text) and not part.text)], losses)
    if not all(each.keys() == {"type", "text"} for each in found):
        return found
    cited = any(isinstance(part, Text) and part.citations for part in parts)
    return ("" if cited else "\n\n").join(each["text"] for each in found)


def _written(parts: Sequence[Part], losses: Losses) -> list[Written]:
    return [found for part in parts if (found := _write_part(part, losses)) is not None]


def _write_part(part: Part, losses: Losses) -> Written | None:
    match part:
        case Text():
            return _write_text(part, losses)
        case Refusal():
            return {"type": "refusal", "refusal": part.text}
        case Media():
            return _write_media(part, losses)
        case Reasoning(extra={"part": dict() as raw}):
            return raw
        case Opaque(origin=origin, raw=raw) if origin == NAME:
            return dict(raw)
        case Opaque():
            refuse_opaque(part, losses)
            return None
        case _:
            return None


def _write_text(text: Text, losses: Losses) -> Written:
    """Citations are the API's own to write: a request has no place for them."""
    if text.citations and not losses.own:
        losses.part(text.at, "citations", "requests have no citations")
    return {"type": "text", "text": text.text} | _members(text.extra, text.cache, text.at, losses)


def _write_media(media: Media, losses: Losses) -> Written:
    needed = _NEEDS[media.kind]
    losses.need(needed, media.at, f"the model takes no {needed}")
    if media.kind == "image" and isinstance(media.source, Link):
        losses.need("image_urls", media.at, "the model fetches no images")
    if media.extra and media.origin != NAME:
        losses.part(media.at, "extra", "members only its own API has")
    if media.detail and media.kind != "image" and not losses.own:
        losses.part(media.at, "detail", "only images have a detail")
    return write_media(media) | _members(media.extra, media.cache, media.at, losses)


def _members(extra: Plain, cache: CacheMark | None, at: str, losses: Losses) -> Written:
    """`extra` of this dialect's bodies has cache marks as they were."""
    if not losses.own:
        return cache_of(cache, at, losses)
    return {name: value for name, value in extra.items() if name not in (*_INNER, MESSAGE)}
