"""Images, documents and search results, read.

In: a block. Out: a Media; what it cannot say is kept beside it for providers of this dialect, and a document with
pictures among its text stays opaque.
"""

from __future__ import annotations

from typing import Any, Literal

from ext_proc.chat.parts import Inline, Link, Media, Opaque, PlainText, Source, StoredFile
from ext_proc.chat.reading import Node
from ext_proc.dialects.anthropic_messages.marks import read_mark
from ext_proc.dialects.anthropic_messages.words import NAME, RAW


def read_media(node: Node, kind: Literal["image", "document"]) -> Media | Opaque:
    source = node.node("source")
    if source is None:
        node.wrong("source", "is missing")
    found = _source(source, kind)
    if found is None:
        return Opaque(origin=NAME, kind=kind, raw=node.plain, at=node.at)
    cache, kept = read_mark(node)
    if written_source(found) != source.plain:
        kept["source"] = source.plain
    title = node.text("title")
    taken = ("type", "source", "cache_control", *(("title",) if title else ()))
    return Media(
        kind=kind,
        source=found,
        title=title,
        origin=NAME,
        cache=cache,
        extra=node.rest(*taken) | kept,
        at=node.at,
    )


def read_search_result(node: Node) -> Media:
    """A document whose title says where it was found."""
    title, where = node.needed_text("title"), node.needed_text("source")
    text = "\n\n".join(block.text("text") for block in node.nodes("content"))
    cache, _ = read_mark(node)
    return Media(
        kind="document",
        source=PlainText(text),
        title=f"{title} ({where})",
        origin=NAME,
        cache=cache,
        extra={RAW: node.plain},
        at=node.at,
    )


def written_source(source: Source) -> dict[str, Any]:
    match source:
        case Inline():
            return {"type": "base64", "media_type": source.media_type, "data": source.data}
        case Link():
            return {"type": "url", "url": source.url}
        case StoredFile():
            return {"type": "file", "file_id": source.id}
        case PlainText():
            return {"type": "text", "media_type": "text/plain", "data": source.text}


def _source(node: Node, kind: str) -> Source | None:
    """None for one that has no like in other dialects."""
    match node.needed_text("type"):
        case "base64":
            return Inline(node.text("media_type"), node.needed_text("data"))
        case "url":
            return Link(node.needed_text("url"), "application/pdf" if kind == "document" else "")
        case "file":
            return StoredFile(node.needed_text("file_id"), NAME)
        case "text":
            return PlainText(node.needed_text("data"))
        case "content":
            return _told_source(node)
        case _:
            return None


def _told_source(node: Node) -> PlainText | None:
    if isinstance(node.plain.get("content"), str):
        return PlainText(node.text("content"))
    blocks = list(node.nodes("content"))
    if any(block.text("type") != "text" for block in blocks):
        return None
    return PlainText("\n\n".join(block.needed_text("text") for block in blocks))
