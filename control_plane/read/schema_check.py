"""The JSON Schema against a document: every fault as a problem at its own place, in plain words.

In: a document whose tree is in today's form. Out: problems. Where a value may be one of several things, the branch that
fits its type speaks, so that the reader sees the deepest cause. Must never show a value that may be secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from control_plane.document import Document, Scalar, Step, plain
from control_plane.problems import Place, Problems
from control_plane.read.variables import is_secret
from control_plane.suggest import hint, listed

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_TYPES = {
    "object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number",
    "number": "a number", "boolean": "true or false", "null": "empty",
}  # fmt: skip


def schema_text() -> str:
    """The published schema as it is in the package."""
    return files("schemas").joinpath("plano.schema.json").read_text(encoding="utf-8")


@cache
def _validator() -> Draft202012Validator:
    """For today's spelling: listeners are a list. References are resolved once, which makes checking much faster."""
    from jsonschema import Draft202012Validator

    schema = json.loads(schema_text())
    listeners = schema["properties"]["listeners"]
    schema["properties"]["listeners"] = listeners["anyOf"][0]
    return Draft202012Validator(_resolve(schema, schema["$defs"]))


def _resolve(schema: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401
    if isinstance(schema, list):
        return [_resolve(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    target = definitions[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else {}
    merged = {**target, **{key: value for key, value in schema.items() if key not in ("$ref", "$defs")}}
    return {key: _resolve(value, definitions) for key, value in merged.items()}


@cache
def flags() -> frozenset[str]:
    """Every key whose value is true or false."""
    found: set[str] = set()
    stack: list[Any] = [json.loads(schema_text())]
    while stack:
        schema = stack.pop()
        if isinstance(schema, dict):
            properties = schema.get("properties", {})
            found.update(k for k, v in properties.items() if isinstance(v, dict) and v.get("type") == "boolean")
            stack.extend(schema.values())
        elif isinstance(schema, list):
            stack.extend(schema)
    return frozenset(found)


def check(document: Document, problems: Problems) -> None:
    """Appends one problem for each fault."""
    blamed = {problem.place for problem in problems.errors}
    for error in _causes(_validator().iter_errors(document.data)):
        _report(error, document, blamed, problems)


def _causes(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        branches = _branches(error)
        if error.validator not in ("anyOf", "oneOf") or not branches:
            yield error
        else:
            yield from _causes(branches)


def _branches(error: ValidationError) -> list[ValidationError]:
    """The errors of the one branch meant: the only one whose type fits. None when no branch is."""
    grouped: dict[Any, list[ValidationError]] = {}
    for cause in error.context or ():
        grouped.setdefault(cause.schema_path[0], []).append(cause)
    fitting = [causes for causes in grouped.values() if not any(_wrong_type(c) for c in causes)]
    if len(fitting) != 1 or len(grouped) == 1:
        return []
    return [] if all(c.validator == "pattern" and not c.path for c in fitting[0]) else fitting[0]


def _wrong_type(cause: ValidationError) -> bool:
    return cause.validator == "type" and not cause.path


def _report(error: ValidationError, document: Document, blamed: set[Place], problems: Problems) -> None:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        _report_unknown_keys(error, path, document, problems)
    elif error.validator == "required" or (error.validator == "anyOf" and not path):
        _report_missing(error, path, document, problems)
    elif document.place(path) not in blamed and not _follows(error):
        what, do = _words(error, path, document)
        problems.error(document.place(path), _rule(error), what, do)


def _follows(error: ValidationError) -> bool:
    """A value of a wrong type is not one of the listed ones either; its type is the fault."""
    return error.validator == "enum" and _schema(error).get("type") == "string" and not isinstance(error.instance, str)


def _report_unknown_keys(
    error: ValidationError, path: tuple[Step, ...], document: Document, problems: Problems
) -> None:
    properties = _schema(error)["properties"]
    known = [k for k, v in properties.items() if not v.get("deprecated")]
    instance: Any = error.instance
    for key in instance:
        if key not in properties:
            do = hint(key, (k for k in known if k not in instance), "remove it; the keys here are {known}")
            what = f"unknown key '{shown(key)}' in {name(path)}"
            problems.error(document.key_place((*path, key)), "unknown-key", what, do)


def _report_missing(error: ValidationError, path: tuple[Step, ...], document: Document, problems: Problems) -> None:
    required: Any = ["listeners"] if error.validator == "anyOf" else error.validator_value
    instance: Any = error.instance
    for key in (k for k in required if k not in instance):
        described = _schema(error)["properties"][key]
        do = f"add '{key}: ...' ({described.get('description', '').rstrip('.')})"
        problems.error(document.place(path), "missing", f"'{key}' is missing in {name(path)}", do)


def _schema(error: ValidationError) -> dict[str, Any]:
    return cast(dict[str, Any], error.schema)


def _words(error: ValidationError, path: tuple[Step, ...], document: Document) -> tuple[str, str]:
    it, limit = name(path), cast(Any, error.validator_value)
    found = _shown_value(path, document)
    match error.validator:
        case "type":
            return f"{it} must be {_TYPES[limit]}, not {_kind(error.instance)}", _advice(error)
        case "enum":
            return f"{it} is {found}, which is not one of its values", _enum_advice(error)
        case "anyOf" | "oneOf":
            return f"{it} is {found}, not {_schema(error).get('title', 'one of its forms')}", "correct it"
        case "minimum" | "exclusiveMinimum":
            return f"{it} is {found}, too small", f"the smallest is {limit}"
        case "maximum" | "exclusiveMaximum":
            return f"{it} is {found}, too large", f"the largest is {limit}"
        case "minItems":
            return f"{it} is empty", "list at least one, or remove the key"
        case "minLength" | "minProperties":
            return f"{it} is empty", "give a value, or remove the key"
        case "maxLength":
            return f"{it} is longer than {limit} characters", "shorten it"
        case "maxItems":
            return f"{it} is a list of more than {limit}", f"keep at most {limit}"
        case "pattern":
            return f"{it} is {found}, which is not written as it must be", _advice(error)
    return f"{it} is not valid", _advice(error)


def _advice(error: ValidationError) -> str:
    if values := _schema(error).get("enum"):
        return f"choose one of {listed(map(str, values))}"
    description = str(_schema(error).get("description", "")).removeprefix("Addition to Plano's format. ").rstrip(".")
    if examples := _schema(error).get("examples"):
        return f"write for example {json.dumps(examples[0], ensure_ascii=False)}"
    return f"it says: {description}" if description else "see the schema"


def _enum_advice(error: ValidationError) -> str:
    values = [str(value) for value in cast(Any, error.validator_value)]
    return hint(str(error.instance), values, "choose one of {known}")


def _rule(error: ValidationError) -> str:
    known = {"type": "wrong-type", "enum": "not-one-of", "anyOf": "wrong-type", "oneOf": "wrong-type"}
    return known.get(str(error.validator), "out-of-range")


def _kind(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
    return "a mapping"


def _shown_value(path: tuple[Step, ...], document: Document) -> str:
    node = document.node(path)
    if not isinstance(node, Scalar):
        return _kind(plain(node) if node else None)
    if is_secret(path) or "://" in node.text:
        return "a value"
    return f"'{shown(node.text)}'"


def name(path: tuple[Step, ...]) -> str:
    """`model_providers[0].model`, counted from 0 as the path in the file's data."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{shown(step)}"
    return text.removeprefix(".") or "the file"


def shown(text: str) -> str:
    """Short enough for one line of a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "..."
