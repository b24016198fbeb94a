"""Citations, read and written. One of another dialect travels as a web search result whose index is sealed."""

from __future__ import annotations

from typing import Any

from ext_proc.chat.parts import Citation, Signature
from ext_proc.chat.reading import Node
from ext_proc.chat.sealing import seal, unseal
from ext_proc.dialects.anthropic_messages.words import NAME


def read_citation(node: Node) -> Citation:
    origin = unseal(node.text("encrypted_index"), NAME)[0].origin
    source = node.text("url") or node.text("source")
    return Citation(
        origin=origin,
        raw=node.plain if origin == NAME else {},
        url=source if source.startswith(("http://", "https://")) else "",
        title=node.text("title") or node.text("document_title"),
        cited_text=node.text("cited_text"),
    )


def told_citation(citation: Citation) -> dict[str, Any] | None:
    """For a client; None for one of another dialect without a URL."""
    if citation.origin == NAME:
        return dict(citation.raw)
    if not citation.url:
        return None
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title or None,
        "cited_text": citation.cited_text,
        "encrypted_index": seal(Signature(citation.origin, ""), NAME),
    }
