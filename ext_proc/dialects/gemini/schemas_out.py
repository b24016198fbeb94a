"""JSON Schema as this API takes it.

In: any JSON Schema. Out: the same with what the API does not know said in what it knows: `const` as `enum`, words
beside a `$ref` around it, a lone `allOf` without its wrapping. What has no other form stays; the API passes over it.
"""

from __future__ import annotations

from typing import Any

_DEEPEST = 64
_INSIDE = ("properties", "$defs", "definitions", "patternProperties")


def fitting_schema(schema: object, depth: int = 0) -> object:
    """A schema nested deeper than any real one is left as it is."""
    if isinstance(schema, list):
        return [fitting_schema(each, depth + 1) for each in schema]
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    found = {name: _inside(name, value, depth) for name, value in schema.items() if name != "$schema"}
    return _beside_reference(_without_const(_without_all_of(found)))


def _inside(name: str, value: object, depth: int) -> object:
    if name in _INSIDE and isinstance(value, dict):
        return {key: fitting_schema(each, depth + 1) for key, each in value.items()}
    if name in ("items", "additionalProperties", "prefixItems", "anyOf", "oneOf", "allOf", "not"):
        return fitting_schema(value, depth + 1)
    return value


def _without_const(schema: dict[str, Any]) -> dict[str, Any]:
    if "const" not in schema or "enum" in schema:
        return schema
    rest = {name: value for name, value in schema.items() if name != "const"}
    return rest | {"enum": [schema["const"]]}


def _without_all_of(schema: dict[str, Any]) -> dict[str, Any]:
    match schema.get("allOf"):
        case [dict() as only] if not set(only) & (set(schema) - {"allOf"}):
            return {name: value for name, value in schema.items() if name != "allOf"} | only
        case _:
            return schema


def _beside_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """Beside `$ref` only members that begin with `$` may stand."""
    words = {name: value for name, value in schema.items() if not name.startswith("$")}
    if "$ref" not in schema or not words or "anyOf" in words:
        return schema
    others = {name: value for name, value in schema.items() if name.startswith("$") and name != "$ref"}
    return others | words | {"anyOf": [{"$ref": schema["$ref"]}]}
