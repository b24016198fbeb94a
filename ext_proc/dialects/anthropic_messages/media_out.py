"""Images and documents, written. Raises Unable for what the dialect has no form for."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Inline, Link, Media, PlainText, Source, StoredFile
from ext_proc.dialects.anthropic_messages.losses import Losses
from ext_proc.dialects.anthropic_messages.marks import write_mark
from ext_proc.dialects.anthropic_messages.media_in import written_source
from ext_proc.dialects.anthropic_messages.words import NAME, RAW

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_BEGINNINGS = {
    "/9j/": "image/jpeg",
    "iVBORw0KGgo": "image/png",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi": "application/pdf",
}
"""How the base64 of a kind of file begins."""
_NEEDS = {"image": "images", "audio": "audio", "video": "video", "document": "documents"}


def write_media(media: Media, losses: Losses) -> dict[str, Any]:
    capability = _NEEDS[media.kind]
    losses.need(capability, media.at, f"the model takes no {capability}")
    if losses.own and RAW in media.extra:
        return dict(media.extra[RAW])
    if media.detail and media.detail != "auto":
        losses.part(media.at, "detail", "images have no detail")
    written: dict[str, Any] = {"type": media.kind, "source": written_source(_source(media, losses))}
    if media.title and media.kind == "document":
        written["title"] = media.title
    return written | write_mark(media.cache) | (dict(media.extra) if losses.own else {})


def _source(media: Media, losses: Losses) -> Source:
    if losses.own:
        return media.source
    match media.source:
        case StoredFile() if media.source.origin != NAME:
            raise Unable(media.at, "files", "the file is stored with another provider")
        case Link() if not media.source.url.startswith(("https://", "http://")):
            raise Unable(media.at, "files", "the provider fetches files from the web only")
        case Link() if media.kind == "image":
            losses.need("image_urls", media.at, "the model fetches no images")
            return media.source
        case Inline():
            return _inline(media, media.source)
        case PlainText() if media.kind != "document":
            raise Unable(media.at, _NEEDS[media.kind], "text is no picture")
        case _ if media.kind in ("audio", "video"):
            raise Unable(media.at, _NEEDS[media.kind], f"the API takes no {media.kind}")
        case source:
            return source


def _inline(media: Media, source: Inline) -> Source:
    media_type = source.media_type.partition(";")[0].strip().lower() or _guessed(source.data)
    media_type = "image/jpeg" if media_type == "image/jpg" else media_type
    if media.kind == "image" and media_type in _IMAGES:
        return replace(source, media_type=media_type)
    if media.kind == "document" and media_type == "application/pdf":
        return replace(source, media_type=media_type)
    if media.kind == "document" and media_type.startswith("text/"):
        return PlainText(_decoded(media, source.data))
    raise Unable(media.at, _NEEDS[media.kind], f"the API takes no {media.kind} of this type")


def _guessed(data: str) -> str:
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), "")


def _decoded(media: Media, data: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unable(media.at, "documents", "the document is no UTF-8 text in base64") from None
