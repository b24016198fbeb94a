"""Images, sound, video and files in a message, read.

In: a content part. Out: `Media`. Never: bytes decoded or fetched; base64 stays as it is.
"""

from __future__ import annotations

import re

from ext_proc.chat.parts import CacheMark, Inline, Link, Media, Source, StoredFile
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_chat.words import CACHE, NAME

_DATA_URL = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?);base64,(.*)", re.DOTALL)
_SOUND_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_BREAKPOINT = "prompt_cache_breakpoint"


def source_of(url: str) -> Source:
    found = _DATA_URL.fullmatch(url)
    return Inline(found[1] + found[2], found[3]) if found else Link(url)


def cache_mark(node: Node) -> CacheMark | None:
    """`cache_control` as OpenRouter and LiteLLM know it, or OpenAI's breakpoint, whose named lives (half an hour or
    more) are nearest to an hour."""
    if (found := node.node(CACHE)) is not None:
        return "1h" if found.text("ttl") == "1h" else "5m"
    if (found := node.node(_BREAKPOINT)) is not None:
        return "1h" if found.text("ttl") else "5m"
    return None


def read_image(node: Node) -> Media:
    """The address may stand there without an object around it."""
    inner = _inner(node, "image_url")
    return Media(
        kind="image",
        source=source_of(inner.needed_text("url")),
        detail=inner.text("detail"),
        origin=NAME,
        extra=_left(node, inner, "image_url", "url", "detail"),
        cache=cache_mark(node),
        at=node.at,
    )


def read_video(node: Node) -> Media:
    inner = _inner(node, "video_url")
    return Media(
        kind="video",
        source=source_of(inner.needed_text("url")),
        origin=NAME,
        extra=_left(node, inner, "video_url", "url"),
        cache=cache_mark(node),
        at=node.at,
    )


def read_sound(node: Node) -> Media:
    """`input_audio`, or vLLM's `audio_url`."""
    if node.text("type") == "audio_url":
        inner = _inner(node, "audio_url")
        source = source_of(inner.needed_text("url"))
        taken: tuple[str, ...] = ("audio_url", "url")
    else:
        inner = _inner(node, "input_audio")
        form = inner.text("format")
        source = Inline(_SOUND_TYPES.get(form, f"audio/{form}" if form else ""), inner.needed_text("data"))
        taken = ("input_audio", "data", "format")
    extra = _left(node, inner, *taken)
    if taken[0] == "audio_url":
        extra.setdefault("audio_url", {})
    return Media(kind="audio", source=source, origin=NAME, extra=extra, cache=cache_mark(node), at=node.at)


def read_file(node: Node) -> Media:
    inner = _inner(node, "file")
    used = "file_data" if inner.has("file_data") else "file_id"
    value = inner.needed_text(used)
    return Media(
        kind="document",
        source=_file_source(value) if used == "file_data" else StoredFile(value, NAME),
        title=inner.text("filename"),
        origin=NAME,
        extra=_left(node, inner, "file", used, "filename"),
        cache=cache_mark(node),
        at=node.at,
    )


def _file_source(value: str) -> Source:
    """A data URL, an address where a server fetches some, or base64 without its type."""
    found = source_of(value)
    return Inline("", value) if isinstance(found, Link) and "://" not in value[:10] else found


def _inner(node: Node, name: str) -> Node:
    found = node.plain.get(name)
    if isinstance(found, str):
        return Node({"url": found}, node.at, trusted=node.trusted)
    return node.node(name) or node.wrong(name, "is missing")


def _left(node: Node, inner: Node, name: str, *taken: str) -> dict[str, object]:
    """Members with no word of their own; those of the inner object under its name."""
    left = node.rest("type", name)
    deeper = inner.rest(*taken)
    return left | ({name: deeper} if deeper else {})
