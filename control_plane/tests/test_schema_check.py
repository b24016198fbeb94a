"""The schema itself, its agreement with config.py, and the words its faults are told in."""

import dataclasses
import json
import types
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from control_plane import config
from control_plane.problems import MOST_ERRORS
from control_plane.read import schema_check
from control_plane.tests.configs import MINIMAL, found, read_text

SCHEMA: dict[str, Any] = json.loads(schema_check.schema_text())

# Read from the key of a mapping, or the place of the value: not properties of the YAML.
NOT_WRITTEN = {"at"}
BY_NAME = {"ModelAlias": {"name"}, "Endpoint": {"name"}}
# A mapping of the user's own names, read into values with the name inside.
MAPS = {"headers", "model_aliases", "endpoints"}


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return resolve(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]])
    if "anyOf" in schema and "properties" not in schema:
        listed = [resolve(branch) for branch in schema["anyOf"]]
        return next((branch for branch in listed if branch.get("type") == "array"), schema)
    return schema


def value_class(hint: Any) -> type | None:
    """The dataclass of config.py inside a type hint, if there is one."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return None if hint is config.Text else hint
    if get_origin(hint) in (tuple, Union, types.UnionType):
        return next((c for arg in get_args(hint) if (c := value_class(arg))), None)
    return None


def pairs(cls: type, schema: dict[str, Any], where: str) -> list[tuple[str, type, dict[str, Any]]]:
    """Every dataclass with the schema of what it is read from."""
    found = [(where, cls, schema)]
    for name, hint in get_type_hints(cls).items():
        inner = value_class(hint)
        if name in NOT_WRITTEN or inner is None:
            continue
        below = resolve(schema["properties"][name])
        if below.get("type") == "array":
            below = resolve(below["items"])
        elif name in MAPS:
            below = resolve(below["additionalProperties"])
        if below.get("type") == "object":
            found += pairs(inner, below, f"{where}.{name}")
    return found


PAIRS = pairs(config.Config, SCHEMA, "config")


@pytest.mark.parametrize(("cls", "schema"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_properties_and_fields_are_the_same(cls: type, schema: dict[str, Any]) -> None:
    fields = {field.name for field in dataclasses.fields(cls)} - NOT_WRITTEN - BY_NAME.get(cls.__name__, set())
    written = {name for name, value in schema["properties"].items() if not value.get("deprecated")}
    assert written == fields


def test_every_value_class_is_compared() -> None:
    every = {name for name, value in vars(config).items() if dataclasses.is_dataclass(value)}
    assert {cls.__name__ for _, cls, _ in PAIRS} == every - {"Text", "Header", "Place"}


def test_the_prompts_a_router_may_be_given_are_those_there_are() -> None:
    from router_model.prompts import FORMATS

    named = SCHEMA["properties"]["router"]["properties"]["prompt"]["enum"]
    assert set(named) == {form.family for form in FORMATS.values()}


def objects(schema: Any, where: str = "#") -> list[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        return [found for i, item in enumerate(schema) for found in objects(item, f"{where}/{i}")]
    if not isinstance(schema, dict):
        return []
    here = [(where, schema)] if isinstance(schema.get("properties"), dict) else []
    return here + [found for key, value in schema.items() for found in objects(value, f"{where}/{key}")]


@pytest.mark.parametrize(("where", "schema"), objects(SCHEMA), ids=[where for where, _ in objects(SCHEMA)])
def test_every_property_is_described_and_no_other_is_allowed(where: str, schema: dict[str, Any]) -> None:
    assert schema["additionalProperties"] is False
    for name, value in schema["properties"].items():
        assert len(value.get("description", "")) > 5, f"{where}: {name}"


def test_the_schema_is_valid_and_its_examples_and_defaults_fit() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(SCHEMA)
    for where, schema in objects(SCHEMA):
        for name, value in schema["properties"].items():
            validator = Draft202012Validator({"$defs": SCHEMA["$defs"], **value})
            for example in [*value.get("examples", []), *([value["default"]] if "default" in value else [])]:
                assert validator.is_valid(example), f"{where}: {name}: {example}"


def test_editors_accept_the_corpus_and_old_spellings() -> None:
    import yaml
    from jsonschema import Draft202012Validator

    from control_plane.tests.configs import CORPUS

    validator = Draft202012Validator(SCHEMA)
    for path in sorted(CORPUS.glob("*.yaml")):
        errors = [
            f"{path.name}: {e.json_path}: {e.message}" for e in validator.iter_errors(yaml.safe_load(path.read_bytes()))
        ]
        assert not [e for e in errors if "huggingface" not in e], errors


PROVIDER = """\
version: v0.4.0
listeners: [{type: model, name: llm, port: 12000}]
model_providers:
  - model: openai/gpt-4o
    default: true
"""

FAULTS = {
    "unknown key": ("colour: x", 5, "unknown-key", "unknown key 'colour' in model_providers[0]", "the keys here are"),
    "close key": ("base_ulr: x", 5, "unknown-key", "'base_ulr'", "did you mean 'base_url'?"),
    "wrong type": (
        "base_url: 12",
        15,
        "wrong-type",
        "model_providers[0].base_url must be text, not a number",
        "http://",
    ),
    "list for mapping": ("timeouts: [1]", 15, "wrong-type", "must be a mapping, not a list", "it says"),
    "unknown inside": ("retry: {attempt: 1}", 13, "unknown-key", "model_providers[0].retry", "'attempts'"),
    "bad duration": ("timeouts: {idle: 5 parsecs}", 22, "wrong-type", "'5 parsecs', not a duration", "correct"),
    "boolean duration": ("timeouts: {idle: true}", 22, "wrong-type", "not a duration", "correct"),
    "negative duration": ("timeouts: {idle: -5}", 22, "out-of-range", "too small", "0"),
    "enum": ("retry: {on: [connect-failur]}", 18, "not-one-of", "'connect-failur'", "did you mean 'connect-failure'?"),
    "too large": ("retry: {attempts: 99}", 23, "out-of-range", "too large", "10"),
    "empty list": ("retry: {on: []}", 17, "out-of-range", "is empty", "remove"),
    "missing": ("aws: {service: s}", 10, "missing", "'region' is missing", "AWS region"),
    "null": ("base_url:", 14, "wrong-type", "must be text, not empty", "http://"),
}


@pytest.mark.parametrize(("written", "column", "rule", "what", "do"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_are_told_at_their_place_in_plain_words(
    written: str, column: int, rule: str, what: str, do: str
) -> None:
    _, problems = read_text(f"{PROVIDER}    {written}\n")
    assert found(problems) == [f"6:{column} {rule}"]
    assert what in problems.errors[0].what and do in problems.errors[0].do


def test_everything_wrong_is_told_at_once() -> None:
    _, problems = read_text(
        "version: v9\n"
        "listeners:\n"
        "  - {type: modle, name: a, port: 0}\n"
        "  - {type: agent, name: b, port: 8001, agents: [{id: nobody, description: d}]}\n"
        "model_provider: []\n"
        "model_aliases: {fast: {target: nowhere}}\n"
    )
    assert found(problems) == [
        "1:10 not-one-of",
        "3:12 not-one-of",
        "3:34 out-of-range",
        "4:54 unknown-reference",
        "5:1 unknown-key",
        "6:32 unknown-model",
    ]


def test_no_listeners_at_all() -> None:
    _, problems = read_text("version: v0.4.0\nmodel_providers: []\n")
    assert found(problems) == ["1:1 missing"] and "listeners" in problems.errors[0].what


def test_listeners_of_a_wrong_type() -> None:
    _, problems = read_text(MINIMAL.replace("\n  - {type: model, name: llm, port: 12000}", " 5"))
    assert found(problems) == ["2:12 wrong-type"]


def test_secret_values_are_never_shown() -> None:
    for written in (
        "access_key: {v: sk-secret}",
        "access_key: [sk-secret]",
        "headers: {X-Y: [sk-secret]}",
        "headers: sk-secret",
    ):
        _, problems = read_text(MINIMAL.replace("access_key: $OPENAI_API_KEY", written))
        assert problems.errors and not any("sk-secret" in str(problem) for problem in problems), written


def test_a_flood_of_faults_ends() -> None:
    _, problems = read_text(MINIMAL + "".join(f"k{i}: 1\n" for i in range(3000)))
    assert len(problems.errors) == MOST_ERRORS + 1


def test_defaults_in_the_schema_are_the_ones_the_plan_fills_in() -> None:
    from control_plane.plan import limits as plan_limits
    from control_plane.plan import listeners as plan_listeners
    from control_plane.read.sections import seconds

    timeouts = SCHEMA["$defs"]["timeouts"]["properties"]
    waits = [seconds(timeouts[key]["default"]) for key in ("connect", "first_byte", "idle")]
    assert waits == [plan_limits.CONNECT_S, plan_limits.FIRST_BYTE_S, plan_limits.IDLE_S]
    retry = SCHEMA["$defs"]["retry"]["properties"]
    assert tuple(retry["on"]["default"]) == plan_limits.RETRY_ON
    assert tuple(retry["status_codes"]["default"]) == plan_limits.STATUS_CODES
    body = SCHEMA["$defs"]["listener"]["properties"]["max_body_bytes"]
    assert body["default"] == plan_listeners.MAX_BODY_BYTES
