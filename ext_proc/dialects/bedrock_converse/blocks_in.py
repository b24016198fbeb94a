"""Blocks of an answer, read.

In: a block, an object with one member that says its kind. Out: a part. A tool the provider ran itself, its result and a
kind nobody knows stay as they are.
"""

from __future__ import annotations

from ext_proc.chat.parts import Inline, Media, Opaque, Part, Reasoning, Signature, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.dialects.bedrock_converse.arguments import arguments_of
from ext_proc.dialects.bedrock_converse.citations import read_citation
from ext_proc.dialects.bedrock_converse.words import JSON_TOOL, NAME


def read_block(block: Node) -> Part:
    if block.has("text"):
        return Text(text=block.text("text"), at=block.at)
    if (found := block.node("toolUse")) is not None and not found.text("type"):
        return _call(found)
    if (found := block.node("reasoningContent")) is not None:
        return _thought(found)
    if (found := block.node("citationsContent")) is not None:
        return _cited(found)
    if (found := block.node("image")) is not None and (image := _image(found)) is not None:
        return image
    return opaque(block)


def opaque(block: Node) -> Opaque:
    kind = next((name for name, value in block.plain.items() if value is not None), "")
    return Opaque(origin=NAME, kind=kind, raw=block.plain, at=block.at)


def image_of(format: str, data: str, at: str) -> Media:
    return Media(kind="image", source=Inline(f"image/{format}", data), at=at)


def _call(node: Node) -> ToolCall | Text:
    arguments, name = arguments_of(node), node.needed_text("name")
    if name == JSON_TOOL:
        return Text(text=arguments, at=node.at)
    return ToolCall(id=node.text("toolUseId"), name=name, arguments=arguments, at=node.at)


def _thought(node: Node) -> Reasoning:
    """Not every model signs its thoughts."""
    if node.has("redactedContent"):
        return Reasoning(redacted=True, signature=Signature(NAME, node.text("redactedContent")), at=node.at)
    told = node.node("reasoningText") or Node({}, node.at, trusted=True)
    proof = told.text("signature")
    return Reasoning(text=told.text("text"), signature=Signature(NAME, proof) if proof else None, at=node.at)


def _cited(node: Node) -> Text:
    text = "".join(each.text("text") for each in node.nodes("content"))
    return Text(text=text, citations=tuple(read_citation(each) for each in node.nodes("citations")), at=node.at)


def _image(node: Node) -> Media | None:
    """None for one that failed or lies elsewhere."""
    source = node.node("source")
    data = source.text("bytes") if source else ""
    return image_of(node.text("format"), data, node.at) if data else None
