"""Images, sound, video and documents as this API writes them, read and written.

In: a part with `inlineData` or `fileData`. Out: `Media`, and back. Never: bytes decoded or fetched.
"""

from __future__ import annotations

import mimetypes
import re
from typing import Any, Literal
from urllib.parse import urlsplit

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Inline, Link, Media, Source, StoredFile
from ext_proc.dialects.gemini.spelling import Member, standard_base64
from ext_proc.dialects.gemini.words import NAME

Kind = Literal["image", "audio", "video", "document"]
_KINDS: tuple[tuple[str, Kind], ...] = (("image/", "image"), ("audio/", "audio"), ("video/", "video"))
_UPLOADED = re.compile(r"(https://generativelanguage\.googleapis\.com/[a-z0-9]+/)?files/[^/]+")
_FILM_HOSTS = ("youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be")
_DETAILS = {"LOW": "low", "HIGH": "high", "ULTRA_HIGH": "high"}
_USUAL: dict[str, str] = {
    "image": "image/png",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "document": "application/pdf",
}
_BEGINNINGS = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBER", "application/pdf"),
)
"""How base64 of well-known formats begins, for bodies that do not name the type."""


def read_inline(part: Member) -> Media:
    blob = part.needed("inlineData")
    media_type = blob.text("mimeType")
    return Media(
        kind=_kind(media_type),
        source=Inline(media_type, standard_base64(blob.text("data"))),
        title=blob.text("displayName"),
        detail=_detail(part),
        origin=NAME,
        extra=part.rest("inlineData", "thought"),
        at=part.at,
    )


def read_file(part: Member) -> Media:
    file = part.needed("fileData")
    url, media_type = file.needed_text("fileUri"), file.text("mimeType")
    stored = _UPLOADED.fullmatch(url) is not None
    source: Source = StoredFile(url, NAME) if stored else Link(url, media_type)
    extra = part.rest("fileData", "thought")
    return Media(
        kind="video" if _is_film(url) else _kind(media_type),
        source=source,
        title=file.text("displayName"),
        detail=_detail(part),
        origin=NAME,
        extra=extra | {"mimeType": media_type} if stored and media_type else extra,
        at=part.at,
    )


def write_media(media: Media) -> dict[str, Any]:
    """The part for a body. Raises Unable for what the API has no place for."""
    titled = {"displayName": media.title} if media.title and media.origin == NAME else {}
    extra = dict(media.extra) if media.origin == NAME else {}
    kept_type = extra.pop("mimeType", "")
    match media.source:
        case Inline(media_type, data):
            return {"inlineData": {"mimeType": media_type or _guessed(media, data), "data": data, **titled}, **extra}
        case Link():
            return {"fileData": {"fileUri": media.source.url, **_link_type(media, media.source), **titled}, **extra}
        case StoredFile(id, origin) if origin == NAME:
            typed = {"mimeType": kept_type} if kept_type else {}
            return {"fileData": {"fileUri": id, **typed, **titled}, **extra}
        case StoredFile():
            raise Unable(media.at, "files", "a file stored at another provider cannot be read")
        case _:
            return {"text": "\n\n".join(words for words in (media.title, media.source.text) if words)}


def _kind(media_type: str) -> Kind:
    return next((kind for start, kind in _KINDS if media_type.startswith(start)), "document")


def _detail(part: Member) -> str:
    level = part.plain.get("mediaResolution")
    word = level.get("level") if isinstance(level, dict) else level
    return _DETAILS.get(word.removeprefix("MEDIA_RESOLUTION_"), "") if isinstance(word, str) else ""


def _is_film(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _FILM_HOSTS
    except ValueError:
        return False


def _guessed(media: Media, data: str) -> str:
    return next((kind for start, kind in _BEGINNINGS if data.startswith(start)), _USUAL[media.kind])


def _link_type(media: Media, link: Link) -> dict[str, str]:
    """The API wants a type beside an address; a film's page has none."""
    if link.media_type:
        return {"mimeType": link.media_type}
    if media.origin == NAME or _is_film(link.url):
        return {}
    guessed, _ = mimetypes.guess_type(link.url.partition("?")[0].partition("#")[0])
    return {"mimeType": guessed or _USUAL[media.kind]}
