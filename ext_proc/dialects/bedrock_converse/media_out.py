"""Images, documents, sound and film, written. Raises Unable for what the dialect has no form for: nothing is fetched
from the web, only from S3."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from ext_proc.chat.errors import Unable
from ext_proc.chat.parts import Inline, Link, Media, PlainText
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.words import Maker

Written = dict[str, Any]
NEEDS = {"image": "images", "audio": "audio", "video": "video", "document": "documents"}
_FORMATS: Mapping[str, Mapping[str, str]] = {
    "image": {
        "image/png": "png",
        "image/jpeg": "jpeg",
        "image/jpg": "jpeg",
        "image/gif": "gif",
        "image/webp": "webp",
    },
    "document": {
        "application/pdf": "pdf",
        "text/csv": "csv",
        "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "text/html": "html",
        "text/plain": "txt",
        "text/markdown": "md",
    },
    "video": {
        "video/x-matroska": "mkv",
        "video/quicktime": "mov",
        "video/mp4": "mp4",
        "video/webm": "webm",
        "video/x-flv": "flv",
        "video/mpeg": "mpeg",
        "video/x-ms-wmv": "wmv",
        "video/3gpp": "three_gp",
    },
    "audio": {
        "audio/mpeg": "mp3",
        "audio/mp3": "mp3",
        "audio/opus": "opus",
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "audio/wave": "wav",
        "audio/aac": "aac",
        "audio/flac": "flac",
        "audio/mp4": "mp4",
        "audio/m4a": "m4a",
        "audio/ogg": "ogg",
        "audio/webm": "webm",
        "audio/pcm": "pcm",
    },
}
_BEGINNINGS = {
    "/9j/": "image/jpeg",
    "iVBORw0KGgo": "image/png",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi": "application/pdf",
}
"""How the base64 of a kind of file begins."""
_ENDINGS = {"jpg": "jpeg", "htm": "html", "3gp": "three_gp"}
_FOREIGN_TO_NAMES = re.compile(r"[^0-9A-Za-z()\[\]-]+")
_LONGEST_NAME = 200


def write_media(media: Media, losses: Losses) -> Written:
    capability = NEEDS[media.kind]
    losses.need(capability, media.at, f"the model takes no {capability}")
    if media.detail and media.detail != "auto":
        losses.part(media.at, "detail", "images have no detail")
    source = _source(media)
    written = {"format": _format(media), "source": source}
    return {media.kind: written | (_described(media, losses) if media.kind == "document" else {})}


def _source(media: Media) -> Written:
    match media.source:
        case Inline(data=data):
            return {"bytes": data}
        case PlainText(text=text) if media.kind == "document":
            return {"bytes": base64.b64encode(text.encode("utf-8", "replace")).decode()}
        case Link(url=url) if url.startswith("s3://"):
            return {"s3Location": {"uri": url}}
        case Link() if media.kind == "image":
            raise Unable(media.at, "image_urls", "the provider fetches no images from the web")
        case PlainText():
            raise Unable(media.at, NEEDS[media.kind], "text is no picture")
        case _:
            raise Unable(media.at, "files", "the provider takes files in the request or from S3 only")


def _format(media: Media) -> str:
    known = _FORMATS[media.kind]
    found = known.get(_media_type(media)) or _ending(media, frozenset(known.values()))
    if not found:
        raise Unable(media.at, NEEDS[media.kind], f"the API takes no {media.kind} of this type")
    return found


def _media_type(media: Media) -> str:
    source = media.source
    if isinstance(source, PlainText):
        return "text/plain"
    said: str = getattr(source, "media_type", "").partition(";")[0].strip().lower()
    if said or not isinstance(source, Inline):
        return said
    return next((kind for begin, kind in _BEGINNINGS.items() if source.data.startswith(begin)), "")


def _ending(media: Media, known: frozenset[str]) -> str:
    """What the name of the file says where no media type is of use."""
    name = media.source.url if isinstance(media.source, Link) else media.title
    ending = name.rpartition(".")[2].lower()
    ending = _ENDINGS.get(ending, ending)
    return ending if ending in known else ""


def _described(media: Media, losses: Losses) -> Written:
    """A name is required; context and citations are what Claude knows as well."""
    written: Written = {"name": _name(media.title, losses.documents)}
    if losses.maker is not Maker.ANTHROPIC:
        return written
    context, citations = media.extra.get("context"), media.extra.get("citations")
    if isinstance(context, str) and context:
        written["context"] = context
    if isinstance(citations, dict) and citations.get("enabled") is True:
        written["citations"] = {"enabled": True}
    return written


def _name(title: str, taken: set[str]) -> str:
    """Letters, digits, single spaces, hyphens, parentheses and brackets; no name twice in a request."""
    stem = _FOREIGN_TO_NAMES.sub(" ", title).strip()[: _LONGEST_NAME - 10].strip() or "document"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem} {number}"
    taken.add(name)
    return name
