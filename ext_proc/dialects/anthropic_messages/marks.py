"""Cache marks, read and written.

In: `cache_control` of a block. Out: how long the prompt up to there shall be kept. A provider takes four marks at most:
the last four stay, because they reach furthest; the automatic mark of the request counts as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ext_proc.chat.parts import CacheMark
from ext_proc.chat.reading import Node
from ext_proc.dialects.anthropic_messages.losses import Losses

MEMBER = "cache_control"
MOST_MARKS = 4


def read_mark(node: Node) -> tuple[CacheMark | None, dict[str, Any]]:
    """The mark, and what is kept of it beside where it says more."""
    found = node.node(MEMBER)
    if found is None:
        return None, {}
    mark: CacheMark = "1h" if found.text("ttl") == "1h" else "5m"
    return mark, {} if found.plain == write_mark(mark)[MEMBER] else {MEMBER: found.plain}


def write_mark(mark: CacheMark | None) -> dict[str, Any]:
    """The member; none for None."""
    if mark is None:
        return {}
    return {MEMBER: {"type": "ephemeral"} | ({"ttl": "1h"} if mark == "1h" else {})}


def keep_last_marks(body: dict[str, Any], losses: Losses) -> None:
    """Takes surplus marks off the blocks of a body just written, and names them."""
    marked = [(place, block) for place, block in _blocks(body) if block.get(MEMBER)]
    most = MOST_MARKS - bool(body.get(MEMBER))
    for place, block in marked[: max(0, len(marked) - most)]:
        del block[MEMBER]
        losses.at(f"{place}.{MEMBER}", "a request has four marks at most")


def _blocks(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """In the order of the prompt."""
    yield from (("tools[]", tool) for tool in body.get("tools", ()))
    yield from (("system[]", block) for block in body.get("system", ()) if isinstance(block, dict))
    for message in body["messages"]:
        content = message.get("content")
        for block in content if isinstance(content, list) else ():
            inner = block.get("content")
            yield from (
                ("messages[].content[].content[]", each)
                for each in (inner if isinstance(inner, list) else ())
                if isinstance(each, dict)
            )
            yield "messages[].content[]", block
