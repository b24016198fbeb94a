"""A call's input: an object in this dialect, text in all others. Text a model wrote that is no JSON object travels
inside one."""

from __future__ import annotations

from typing import Any

from ext_proc.chat.jsontext import dumps, loads_object
from ext_proc.chat.reading import Node

INVALID = "INVALID_JSON"


def arguments_of(node: Node) -> str:
    """The JSON text of a call's input."""
    try:
        return dumps(node.plain_object("input") or {}).decode()
    except (ValueError, RecursionError):
        node.wrong("input", "must be JSON")


def input_of(arguments: str) -> dict[str, Any]:
    """The object of a JSON text; one that can be written again."""
    try:
        found = loads_object(arguments)
        dumps(found)
    except (ValueError, RecursionError):
        return {INVALID: arguments}
    return found
