"""How much to think, as clients of this API say it.

In: `reasoning_effort`, OpenRouter's `reasoning` object, or `thinking` as LiteLLM and several servers have it; the first
of them holds. Out: `Thinking`, whose `at` tells which it was.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.reading import Node
from ext_proc.chat.request import Thinking

EFFORT, OBJECT, SWITCH = "reasoning_effort", "reasoning", "thinking"
_OF_OBJECT = ("effort", "max_tokens", "enabled", "exclude")
_OF_SWITCH = ("type", "budget_tokens")


def read_thinking(body: Node) -> Thinking | None:
    match _which(body):
        case "reasoning_effort":
            effort = body.text(EFFORT)
            return Thinking(enabled=effort != "none", effort=effort, at=EFFORT)
        case "reasoning":
            return _of_object(Node(body.plain_object(OBJECT) or {}, OBJECT))
        case "thinking":
            return _of_switch(Node(body.plain_object(SWITCH) or {}, SWITCH))
        case _:
            return None


def left_of_thinking(body: Node) -> dict[str, Any]:
    """What `Thinking` does not hold: other members of the object that was read, and the objects that were not."""
    which = _which(body)
    left: dict[str, Any] = {}
    for name, known in ((OBJECT, _OF_OBJECT), (SWITCH, _OF_SWITCH)):
        if not body.has(name):
            continue
        found = body.plain[name]
        rest = Node(found, name).rest(*known) if which == name else found
        if rest:
            left[name] = rest
    return left


def _which(body: Node) -> str:
    if body.text(EFFORT):
        return EFFORT
    if isinstance(body.plain.get(OBJECT), dict):
        return OBJECT
    found = body.plain.get(SWITCH)
    return SWITCH if isinstance(found, dict) and found.get("type") in ("enabled", "disabled", "adaptive") else ""


def _of_object(node: Node) -> Thinking:
    effort, exclude, on = node.text("effort"), node.flag("exclude"), node.flag("enabled")
    budget = node.integer("max_tokens")
    return Thinking(
        enabled=effort != "none" and on is not False,
        effort=effort,
        budget_tokens=budget,
        adaptive=not effort and budget is None and on is not False,
        show=None if exclude is None else not exclude,
        at=OBJECT,
    )


def _of_switch(node: Node) -> Thinking:
    kind = node.text("type")
    return Thinking(
        enabled=kind != "disabled",
        budget_tokens=node.integer("budget_tokens"),
        adaptive=kind == "adaptive",
        at=SWITCH,
    )
