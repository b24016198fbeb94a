"""A JSON Schema in the words that Anthropic and Amazon Bedrock can hold a model to.

In: any schema. Out: one with closed objects; limits nobody enforces (a least value, a longest text) are told to the
model in descriptions instead. Source: Anthropic's and Amazon's public documentation of structured outputs.
"""

from __future__ import annotations

from typing import Any

from ext_proc.chat.jsontext import dumps
from ext_proc.chat.parts import Plain

_KEPT = frozenset(
    {"type", "enum", "const", "description", "title", "$ref", "required", "format", "default", "nullable"}
)
_MAPS = ("properties", "$defs", "definitions")
_LISTS = {"anyOf": "anyOf", "oneOf": "anyOf", "allOf": "allOf"}
_ANNOTATIONS = frozenset({"$schema", "$id", "$comment", "examples", "additionalProperties"})
"""Nothing a model needs to be told."""
_DEEPEST = 60


def closed(schema: Plain, depth: int = 0) -> dict[str, Any]:
    """What lies deeper than 60 levels stays as it is."""
    if depth > _DEEPEST:
        return dict(schema)
    written: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, value in schema.items():
        if name in _MAPS and isinstance(value, dict):
            written[name] = {key: _closed(each, depth) for key, each in value.items()}
        elif name in _LISTS and isinstance(value, list):
            written[_LISTS[name]] = [_closed(each, depth) for each in value]
        elif name == "items" and isinstance(value, dict):
            written[name] = closed(value, depth + 1)
        elif name in _KEPT or (name == "minItems" and value in (0, 1)):
            written[name] = value
        elif name not in _ANNOTATIONS:
            told[name] = value
    if written.get("type") == "object" or "properties" in written:
        written["additionalProperties"] = False
    return written | _told(written, told)


def _closed(schema: object, depth: int) -> object:
    return closed(schema, depth + 1) if isinstance(schema, dict) else schema


def _told(written: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """A limit that is no JSON is none."""
    if not told:
        return {}
    description = written.get("description")
    try:
        limits = dumps(told).decode()
    except (ValueError, RecursionError):
        return {}
    return {"description": f"{description}\n\n{limits}" if isinstance(description, str) and description else limits}
