"""Cache points, which stand as blocks of their own behind what shall be kept.

In: the marks of parts and tools. Out: `cachePoint` blocks. Claude takes four at most and Nova none among tools; other
models refuse them all. Surplus points go from the front: the last reach furthest.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.parts import CacheMark
from ext_proc.dialects.bedrock_converse.losses import Losses
from ext_proc.dialects.bedrock_converse.words import Maker

Block = dict[str, Any]
POINT = "cachePoint"
MOST_POINTS = 4
_CACHING = (Maker.ANTHROPIC, Maker.NOVA, Maker.NOVA_2)


def point_after(mark: CacheMark | None, at: str, losses: Losses, *, tool: bool = False) -> list[Block]:
    """The block; none without a mark."""
    if mark is None:
        return []
    if losses.maker not in _CACHING or (tool and losses.maker is not Maker.ANTHROPIC):
        losses.part(at, "cache", "the model takes no cache point here")
        return []
    if mark == "1h" and losses.maker is not Maker.ANTHROPIC:
        losses.part(at, "cache", "the model keeps a prompt for five minutes")
        mark = "5m"
    return [{POINT: {"type": "default"} | ({"ttl": "1h"} if mark == "1h" else {})}]


def keep_last_points(body: dict[str, Any], losses: Losses) -> None:
    """Takes surplus points out of a body just written, and names them."""
    lists = [body.get("toolConfig", {}).get("tools", []), body.get("system", [])]
    lists += [message["content"] for message in body["messages"]]
    points = [(blocks, block) for blocks in lists for block in blocks if POINT in block]
    for blocks, block in points[: max(0, len(points) - MOST_POINTS)]:
        blocks[:] = [each for each in blocks if each is not block]
        losses.member("cache", "a request has four cache points at most")
