"""The content of a message read: a string, or a list of parts.

In: a message of a request or of an answer. Out: parts of `chat.parts`. A part of a type nobody else has stays whole, as
`Opaque`.
"""

from __future__ import annotations

from dataclasses import replace

from ext_proc.chat.parts import Citation, Media, Opaque, Part, Reasoning, Refusal, Text
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_chat.media_in import cache_mark, read_file, read_image, read_sound, read_video
from ext_proc.dialects.openai_chat.words import NAME


def read_content(message: Node) -> list[Part]:
    found = message.plain.get("content")
    if isinstance(found, str):
        return [Text(text=found, at=message.address("content"))]
    return [read_part(node) for node in message.nodes("content")]


def read_marked(message: Node) -> list[Part]:
    """A cache mark on the message is one on its last part."""
    parts, mark = read_content(message), cache_mark(message)
    match parts:
        case [*_, Text(cache=None) | Media(cache=None) as last] if mark is not None:
            parts[-1] = replace(last, cache=mark)
        case _:
            pass
    return parts


def read_result(message: Node) -> tuple[Text | Media, ...]:
    """What a tool answered."""
    parts = read_content(message)
    for part in parts:
        if not isinstance(part, Text | Media):
            message.wrong("content", "a tool answers with text and media only")
    return tuple(part for part in parts if isinstance(part, Text | Media))


def read_part(node: Node) -> Part:
    match node.text("type"):
        case "text":
            return _text(node)
        case "refusal":
            return Refusal(text=node.text("refusal"), at=node.at)
        case "image_url":
            return read_image(node)
        case "input_audio" | "audio_url":
            return read_sound(node)
        case "file":
            return read_file(node)
        case "video_url":
            return read_video(node)
        case "thinking" if isinstance(node.plain.get("thinking"), list | str):
            return _thinking(node)
        case kind:
            return Opaque(origin=NAME, kind=kind, raw=node.plain, at=node.at)


def read_citations(message: Node) -> tuple[Citation, ...]:
    return tuple(_citation(node) for node in message.nodes("annotations"))


def _citation(node: Node) -> Citation:
    found = node.node("url_citation") or node
    return Citation(
        origin=NAME,
        raw=node.plain,
        url=found.text("url"),
        title=found.text("title"),
        start=found.integer("start_index"),
        end=found.integer("end_index"),
    )


def _text(node: Node) -> Text:
    return Text(
        text=node.needed_text("text"),
        cache=cache_mark(node),
        extra=node.rest("type", "text"),
        at=node.at,
    )


def _thinking(node: Node) -> Reasoning:
    """Mistral's thoughts stand in the content; `extra` keeps them as they were."""
    found = node.plain.get("thinking")
    text = found if isinstance(found, str) else "".join(each.text("text") for each in node.nodes("thinking"))
    return Reasoning(text=text, extra={"part": node.plain}, at=node.at)
