"""The content of a message, and of a tool's output, read.

In: an item of a request or of an answer. Out: parts of `chat.parts`. A part of a type nobody else has stays whole, as
`Opaque`.
"""

from __future__ import annotations

from ext_proc.chat.parts import Citation, Media, Opaque, Part, Refusal, Text
from ext_proc.chat.reading import Node
from ext_proc.dialects.openai_responses.media import cache_mark, read_file, read_image, read_sound
from ext_proc.dialects.openai_responses.words import NAME


def read_content(item: Node, name: str) -> list[Part]:
    """The parts of the member `name`, a string or a list."""
    found = item.plain.get(name)
    if isinstance(found, str):
        return [Text(text=found, at=item.address(name))]
    return [read_part(node) for node in item.nodes(name)]


def read_output(item: Node) -> tuple[Text | Media, ...] | None:
    """What a tool answered; None where a part of it is of an unknown type."""
    parts = read_content(item, "output")
    known = tuple(part for part in parts if isinstance(part, Text | Media))
    return known if len(known) == len(parts) else None


def read_part(node: Node) -> Part:
    match node.text("type"):
        case "input_text" | "output_text" | "text":
            return _text(node)
        case "refusal":
            return Refusal(text=node.text("refusal"), at=node.at)
        case "input_image":
            return read_image(node)
        case "input_file":
            return read_file(node)
        case "input_audio":
            return read_sound(node)
        case kind:
            return Opaque(origin=NAME, kind=kind, raw=node.plain, at=node.at)


def read_citation(node: Node) -> Citation:
    return Citation(
        origin=NAME,
        raw=node.plain,
        url=node.text("url"),
        title=node.text("title") or node.text("filename"),
        start=node.integer("start_index"),
        end=node.integer("end_index"),
    )


def _text(node: Node) -> Text:
    return Text(
        text=node.needed_text("text"),
        citations=tuple(read_citation(each) for each in node.nodes("annotations")),
        cache=cache_mark(node),
        extra=node.rest("type", "text", "annotations"),
        at=node.at,
    )
