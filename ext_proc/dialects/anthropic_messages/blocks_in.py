"""Content blocks, read: of a client's messages and of a provider's answer alike.

In: a block and its address. Out: a part of `chat.parts`. Raises what its Node raises. A block that only this dialect
has stays as it is.
"""

from __future__ import annotations

from ext_proc.chat.parts import Media, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from ext_proc.chat.reading import Node
from ext_proc.chat.sealing import unseal, unseal_call
from ext_proc.dialects.anthropic_messages.arguments import arguments_of
from ext_proc.dialects.anthropic_messages.citations import read_citation
from ext_proc.dialects.anthropic_messages.marks import read_mark
from ext_proc.dialects.anthropic_messages.media_in import read_media, read_search_result
from ext_proc.dialects.anthropic_messages.words import NAME, NOT_ESSENTIAL, SHORTHAND, UNSIGNED


def read_block(node: Node) -> Part:
    match node.needed_text("type"):
        case "text":
            return read_text(node)
        case "image":
            return read_media(node, "image")
        case "document":
            return read_media(node, "document")
        case "search_result":
            return read_search_result(node)
        case "thinking":
            return _thought(node)
        case "redacted_thinking":
            return _redacted(node)
        case "tool_use":
            return _call(node)
        case "tool_result":
            return _result(node)
        case kind:
            return Opaque(origin=NAME, kind=kind, raw=node.plain, essential=kind not in NOT_ESSENTIAL, at=node.at)


def read_text(node: Node) -> Text:
    cache, kept = read_mark(node)
    return Text(
        text=node.needed_text("text"),
        citations=tuple(read_citation(each) for each in node.nodes("citations")),
        cache=cache,
        extra=node.rest("type", "text", "citations", "cache_control") | kept,
        at=node.at,
    )


def _thought(node: Node) -> Reasoning:
    """Whether there was a signature is kept: not every provider of this dialect signs."""
    text, sealed = node.text("thinking"), node.text("signature")
    signature, id = unseal(sealed, NAME)
    extra = node.rest("type", "thinking", *(("signature",) if sealed else ()))
    if signature.origin == UNSIGNED:
        return Reasoning(text=text, id=id, extra={**extra, UNSIGNED: True}, at=node.at)
    return Reasoning(text=text, signature=signature if sealed else None, id=id, extra=extra, at=node.at)


def _redacted(node: Node) -> Reasoning:
    signature, id = unseal(node.needed_text("data"), NAME)
    return Reasoning(signature=signature, redacted=True, id=id, extra=node.rest("type", "data"), at=node.at)


def _call(node: Node) -> ToolCall:
    id, signature = unseal_call(node.needed_text("id"))
    cache, kept = read_mark(node)
    return ToolCall(
        id=id,
        name=node.needed_text("name"),
        arguments=arguments_of(node),
        signature=signature,
        cache=cache,
        extra=node.rest("type", "id", "name", "input", "cache_control") | kept,
        at=node.at,
    )


def _result(node: Node) -> ToolResult | Opaque:
    """With content that only this dialect has, the whole result is opaque."""
    content: tuple[Part, ...]
    shorthand = isinstance(node.plain.get("content"), str)
    if shorthand:
        content = (Text(text=node.text("content"), at=node.address("content")),)
    else:
        content = tuple(read_block(block) for block in node.nodes("content"))
    known = tuple(part for part in content if isinstance(part, Text | Media))
    if len(known) < len(content):
        return Opaque(origin=NAME, kind="tool_result", raw=node.plain, at=node.at)
    cache, kept = read_mark(node)
    taken = ("type", "tool_use_id", "content", "is_error", "cache_control")
    return ToolResult(
        call_id=unseal_call(node.needed_text("tool_use_id"))[0],
        content=known,
        error=bool(node.flag("is_error")),
        cache=cache,
        extra=node.rest(*taken) | kept | ({SHORTHAND: True} if shorthand else {}),
        at=node.at,
    )
