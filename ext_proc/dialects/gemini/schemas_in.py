"""Schemas as this API writes them (a subset of OpenAPI 3.0) as JSON Schema.

In: a `Schema` object. Out: the same in JSON Schema. Raises Malformed where nested too deeply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.chat.errors import Malformed
from ext_proc.dialects.gemini.spelling import camel

_DEEPEST = 64
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_RENAMED = {"ref": "$ref", "defs": "$defs", "example": "examples"}


def json_schema(schema: Mapping[str, Any], at: str, depth: int = 0) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise Malformed(at, "is nested too deeply")
    known = {camel(name): value for name, value in schema.items()}
    found: dict[str, Any] = {}
    for name, value in known.items():
        if name in ("nullable", "propertyOrdering") or value is None or (name, value) == ("format", "enum"):
            continue
        found[_RENAMED.get(name, name)] = _value(name, value, at, depth)
    return _nullable(found) if known.get("nullable") is True else found


def _value(name: str, value: object, at: str, depth: int) -> object:
    match name, value:
        case "type", str():
            return value.lower()
        case (("properties" | "defs"), dict()):
            return {key: _schema(inner, at, depth) for key, inner in value.items()}
        case (("items" | "additionalProperties"), dict()):
            return _schema(value, at, depth)
        case "anyOf", list():
            return [_schema(inner, at, depth) for inner in value]
        case "example", _:
            return [value]
        case _, str() if name in _COUNTS and value.isdecimal() and len(value) < 19:
            return int(value)
        case _:
            return value


def _schema(found: object, at: str, depth: int) -> object:
    return json_schema(found, at, depth + 1) if isinstance(found, dict) else found


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(kind := schema.get("type"), str) and kind != "null":
        schema["type"] = [kind, "null"]
        if isinstance(known := schema.get("enum"), list) and None not in known:
            schema["enum"] = [*known, None]
    elif isinstance(others := schema.get("anyOf"), list):
        schema["anyOf"] = [*others, {"type": "null"}]
    return schema
