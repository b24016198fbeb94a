"""Images, sound and files as this dialect writes them, read and written.

In: a content part. Out: `Media`, and back. Never: bytes decoded or fetched; base64 stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import CacheMark, Inline, Link, Media, PlainText, Source, StoredFile
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_responses.words import FILES, NAME

_Sent = Inline | Link | StoredFile
_DATA_URL = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?);base64,(.*)", re.DOTALL)
_SOUND_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_SOUND_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}
_BEGINNINGS = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBER", "application/pdf"),
)
"""How base64 of well-known formats begins, for bodies that do not name the type."""


def source_of(url: str) -> Source:
    found = _DATA_URL.fullmatch(url)
    return Inline(found[1] + found[2], found[3]) if found else Link(url)


def cache_mark(node: Node) -> CacheMark | None:
    """A life named (half an hour or more) is nearest to an hour; without one it is the short one everywhere."""
    found = node.node("prompt_cache_breakpoint")
    if found is None:
        return None
    return "1h" if found.text("ttl") else "5m"


def read_image(node: Node) -> Media:
    if node.has("image_url"):
        source, used = source_of(node.needed_text("image_url")), "image_url"
    else:
        source, used = StoredFile(node.needed_text("file_id"), NAME), "file_id"
    return Media(
        kind="image",
        source=source,
        detail=node.text("detail"),
        origin=NAME,
        extra=node.rest("type", used, "detail"),
        cache=cache_mark(node),
        at=node.at,
    )


def read_file(node: Node) -> Media:
    used = next((name for name in ("file_data", "file_url", "file_id") if node.has(name)), "file_id")
    value = node.needed_text(used)
    match used:
        case "file_data":
            found = source_of(value)
            source: Source = found if isinstance(found, Inline) else Inline("", value)
        case "file_url":
            source = Link(value)
        case _:
            source = StoredFile(value, NAME)
    return Media(
        kind="document",
        source=source,
        detail=node.text("detail"),
        title=node.text("filename"),
        origin=NAME,
        extra=node.rest("type", used, "filename", "detail"),
        cache=cache_mark(node),
        at=node.at,
    )


def read_sound(node: Node) -> Media:
    sound = node.node("input_audio")
    if sound is None:
        node.wrong("input_audio", "is missing")
    form = sound.needed_text("format")
    source = Inline(_SOUND_TYPES.get(form, f"audio/{form}"), sound.needed_text("data"))
    return Media(kind="audio", source=source, origin=NAME, extra=node.rest("type", "input_audio"), at=node.at)


def write_media(media: Media) -> dict[str, Any]:
    """Documents given as text become text. Raises Unable for what the dialect has no place for."""
    source = media.source
    if isinstance(source, PlainText):
        title = f"{media.title}\n\n" if media.title else ""
        return {"type": "input_text", "text": title + source.text}
    match media.kind:
        case "image":
            return {"type": "input_image", **_image_source(media, source), **_detail(media, "auto")}
        case "document":
            named = {"filename": media.title} if media.title else {}
            return {"type": "input_file", **named, **_file_source(media, source), **_detail(media, "")}
        case "audio":
            return {"type": "input_audio", "input_audio": _sound(media)}
        case _:
            raise Unable(media.at, "video", "video cannot be sent in the Responses API")


def _detail(media: Media, default: str) -> dict[str, Any]:
    detail = media.detail or default
    return {"detail": detail} if detail else {}


def _image_source(media: Media, source: _Sent) -> dict[str, Any]:
    match source:
        case Inline():
            return {"image_url": _data_url(source, "image/png")}
        case Link(url=url):
            return {"image_url": _fetchable(media, url, "image_urls")}
        case StoredFile():
            return {"file_id": _stored(media, source)}


def _file_source(media: Media, source: _Sent) -> dict[str, Any]:
    match source:
        case Inline(media_type="", data=data) if media.origin == NAME:
            return {"file_data": data}
        case Inline() as inline:
            return {"file_data": _data_url(inline, "application/pdf"), **_needed_title(media)}
        case Link(url=url):
            return {"file_url": _fetchable(media, url, "documents")}
        case StoredFile() as stored:
            return {"file_id": _stored(media, stored)}


def _needed_title(media: Media) -> dict[str, str]:
    """Files sent inline need a name; only bodies of this dialect may know better."""
    return {} if media.title or media.origin == NAME else {"filename": "document.pdf"}


def _sound(media: Media) -> dict[str, str]:
    if not isinstance(media.source, Inline):
        raise Unable(media.at, "audio", "sound can only be sent inside the request")
    _, _, subtype = media.source.media_type.partition("/")
    form = _SOUND_FORMATS.get(subtype, subtype)
    if form not in _SOUND_TYPES and media.origin != NAME:
        raise Unable(media.at, "audio", "only mp3 and wav can be sent")
    return {"data": media.source.data, "format": form}


def _data_url(inline: Inline, default: str) -> str:
    guessed = next((kind for start, kind in _BEGINNINGS if inline.data.startswith(start)), default)
    return f"data:{inline.media_type or guessed};base64,{inline.data}"


def _fetchable(media: Media, url: str, capability: str) -> str:
    if media.origin != NAME and not url.startswith(("https://", "http://")):
        raise Unable(media.at, capability, "only http and https addresses can be fetched")
    return url


def _stored(media: Media, stored: StoredFile) -> str:
    if stored.origin not in FILES:
        raise Unable(media.at, "files", "a file stored at another provider cannot be read")
    return stored.id
