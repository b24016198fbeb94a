"""Parts of messages and of tools' outputs, written.

In: parts of `chat.parts`. Out: content parts of the dialect. Raises Unable for what it has no place for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Citation, Inline, Link, Media, Opaque, Part, Plain, Refusal, Text
from ext_proc.dialects.openai_responses.losses import Losses
from ext_proc.dialects.openai_responses.media import write_media
from ext_proc.dialects.openai_responses.turns_in import ITEM
from ext_proc.dialects.openai_responses.words import NAME

_NEEDS = {"image": "images", "audio": "audio", "video": "video", "document": "documents"}


def write_content(parts: Sequence[Part], role: str, losses: Losses) -> str | list[dict[str, Any]]:
    """A single plain text is written as a string: every server of this dialect takes it."""
    if not losses.own:
        parts = [part for part in parts if not (isinstance(part, Text) and not part.text)]
    written = [found for part in parts if (found := write_part(part, role, losses)) is not None]
    if len(written) == 1 and written[0].keys() == {"type", "text"}:
        return str(written[0]["text"])
    return written


def write_part(part: Part, role: str, losses: Losses) -> dict[str, Any] | None:
    """None for a part that may be left out."""
    match part:
        case Text():
            return _write_text(part, "output_text" if role == "assistant" else "input_text", losses)
        case Refusal():
            return {"type": "refusal", "refusal": part.text}
        case Media():
            return _write_media(part, role, losses)
        case _:
            assert isinstance(part, Opaque), "everything else is an item of its own"
            return write_opaque(part, losses)


def write_opaque(part: Opaque, losses: Losses) -> dict[str, Any] | None:
    if part.origin == NAME:
        return dict(part.raw)
    if part.essential:
        raise Unable(part.at, "content", "only its own API knows this part")
    losses.at(part.at, "only its own API knows it")
    return None


def annotation_of(citation: Citation) -> dict[str, Any] | None:
    """A citation of another dialect where it has a URL, which is all this dialect can say of it."""
    if citation.origin == NAME:
        return dict(citation.raw)
    if not citation.url:
        return None
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title,
        "start_index": citation.start or 0,
        "end_index": citation.end or 0,
    }


def _write_text(text: Text, kind: str, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {"type": kind, "text": text.text}
    annotations = [annotation_of(each) for each in text.citations]
    if found := [each for each in annotations if each is not None]:
        written["annotations"] = found
    if len(found) < len(annotations):
        losses.part(text.at, "citations", "a citation without a URL")
    return written | _own_members(text.extra, text.cache is not None, text.at, losses)


def _own_members(extra: Plain, cached: bool, at: str, losses: Losses) -> dict[str, Any]:
    if losses.own:
        return {name: value for name, value in extra.items() if name != ITEM}
    if cached:
        mark_lost(at, losses)
    return {}


def mark_lost(at: str, losses: Losses) -> None:
    """Prompts are cached without being asked; older models refuse to be told where."""
    losses.part(at, "cache_control", "the provider caches by itself")


def _write_media(media: Media, role: str, losses: Losses) -> dict[str, Any]:
    if role == "assistant" and not losses.own:
        raise Unable(media.at, "content", "what the model itself showed earlier cannot be sent back")
    losses.need(_NEEDS[media.kind], media.at, f"the model takes no {_NEEDS[media.kind]}")
    if media.kind == "image" and isinstance(media.source, Link):
        losses.need("image_urls", media.at, "the model fetches no images")
    members = _own_members(media.extra, media.cache is not None, media.at, losses)
    if media.extra and media.origin != NAME:
        losses.part(media.at, "extra", "members only its own API has")
    _warn_of_size(media, losses)
    return write_media(media) | members


def _warn_of_size(media: Media, losses: Losses) -> None:
    """Detail of a document is known to newer models only."""
    if media.kind == "document" and media.detail and not losses.own and isinstance(media.source, Inline):
        losses.part(media.at, "detail", "documents have no detail")
