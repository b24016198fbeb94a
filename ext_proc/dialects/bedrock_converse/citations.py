"""Citations, read: what the API says of where words come from."""

from __future__ import annotations

from ext_proc.chat.parts import Citation
from ext_proc.chat.reading import Node
from ext_proc.dialects.bedrock_converse.words import NAME


def read_citation(node: Node) -> Citation:
    location = node.node("location")
    web = location.node("web") if location else None
    url = web.text("url") if web else node.text("source")
    return Citation(
        origin=NAME,
        raw=node.plain,
        url=url if url.startswith(("http://", "https://")) else "",
        title=node.text("title"),
        cited_text="".join(each.text("text") for each in node.nodes("sourceContent")),
    )
