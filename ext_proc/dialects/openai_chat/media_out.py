"""Images, sound, video and files, written as content parts.

In: `Media`. Out: a content part. Raises Unable for what the dialect has no place for. Documents of text become text.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Inline, Link, Media, PlainText, StoredFile
from ext_proc.dialects.openai_chat.words import FILES, NAME

Written = dict[str, Any]
_SOUND_FORMATS = {"mpeg": "mp3", "mp3": "mp3", "wav": "wav", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}
_BEGINNINGS = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBER", "application/pdf"),
)
"""How base64 of well-known formats begins, for bodies that do not name the type."""


def write_media(media: Media) -> Written:
    if isinstance(media.source, PlainText):
        return _as_text(media, media.source.text)
    match media.kind:
        case "image":
            return _image(media)
        case "audio":
            return _sound(media)
        case "document":
            return _document(media)
        case _:
            return _video(media)


def data_url(inline: Inline, default: str) -> str:
    guessed = next((kind for start, kind in _BEGINNINGS if inline.data.startswith(start)), default)
    return f"data:{inline.media_type or guessed};base64,{inline.data}"


def _image(media: Media) -> Written:
    detail = {"detail": media.detail} if media.detail else {}
    return {"type": "image_url", "image_url": {"url": _address(media, "image/png"), **detail, **_inner(media)}}


def _video(media: Media) -> Written:
    if media.origin != NAME:
        raise Unable(media.at, "video", "video cannot be sent in the chat API")
    return {"type": "video_url", "video_url": {"url": _address(media, "video/mp4"), **_inner(media)}}


def _address(media: Media, default: str) -> str:
    match media.source:
        case Inline() as inline:
            return data_url(inline, default)
        case Link(url=url) if media.origin == NAME or url.startswith(("https://", "http://")):
            return url
        case Link():
            raise Unable(media.at, "image_urls", "only http and https addresses can be fetched")
        case _:
            raise Unable(media.at, "files", "stored images cannot be named in the chat API")


def _sound(media: Media) -> Written:
    if isinstance(media.source, Link) and media.origin == NAME:
        return {"type": "audio_url", "audio_url": {"url": media.source.url, **_inner(media, "audio_url")}}
    if not isinstance(media.source, Inline):
        raise Unable(media.at, "audio", "sound can only be sent inside the request")
    if media.origin == NAME and "audio_url" in media.extra:
        return {"type": "audio_url", "audio_url": {"url": data_url(media.source, "audio/wav")}}
    _, _, subtype = media.source.media_type.partition("/")
    form = _SOUND_FORMATS.get(subtype, subtype if media.origin == NAME else "")
    if not form and media.origin != NAME:
        raise Unable(media.at, "audio", "only mp3 and wav can be sent")
    told = {"format": form} if form else {}
    return {"type": "input_audio", "input_audio": {"data": media.source.data, **told, **_inner(media, "input_audio")}}


def _document(media: Media) -> Written:
    if media.origin != NAME and isinstance(media.source, Inline) and media.source.media_type.startswith("text/"):
        return _as_text(media, _decoded(media, media.source))
    named = {"filename": media.title} if media.title else {}
    return {"type": "file", "file": {**named, **_file(media), **_inner(media, "file")}}


def _file(media: Media) -> Written:
    match media.source:
        case Inline(media_type="", data=data) if media.origin == NAME:
            return {"file_data": data}
        case Inline() as inline:
            needed = {} if media.title or media.origin == NAME else {"filename": "document.pdf"}
            return {**needed, "file_data": data_url(inline, "application/pdf")}
        case Link(url=url) if media.origin == NAME:
            return {"file_data": url}
        case StoredFile(id=id, origin=origin) if origin in FILES:
            return {"file_id": id}
        case StoredFile():
            raise Unable(media.at, "files", "a file stored at another provider cannot be read")
        case _:
            raise Unable(media.at, "documents", "documents can only be sent inside the request")


def _as_text(media: Media, text: str) -> Written:
    return {"type": "text", "text": f"{media.title}\n\n{text}" if media.title else text}


def _decoded(media: Media, inline: Inline) -> str:
    try:
        return base64.b64decode(inline.data, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Unable(media.at, "documents", "the text document is no UTF-8 in base64") from error


def _inner(media: Media, name: str = "") -> Written:
    """Members of the inner object that only this dialect has."""
    found = media.extra.get(name or f"{media.kind}_url") if media.origin == NAME else None
    return dict(found) if isinstance(found, Mapping) else {}
