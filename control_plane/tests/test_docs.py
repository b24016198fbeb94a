"""What the pages say is true: generated ones are current, every YAML block compiles, every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from control_plane.compile import compile_text
from control_plane.docs import PAGES, ROOT, configuration
from control_plane.routing import cases, choices
from control_plane.runtime import runtime
from schemas import names
from schemas.decisions import MEANING, Why

WRITTEN = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/decisions.md",
    "docs/getting-started.md",
    "docs/routing.md",
)
EXPECTED = "skipped-target"
"""A warning that says what the page says: an alias over several providers leaves out paths that some do not speak."""
SHOWN = ("why", "agents", "route", "model", "confidence", "router")
"""Of the decision, in headers."""
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_YAML = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _written() -> list[tuple[str, str]]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [
        (f"{page.name}-{number}", text)
        for page in pages
        for number, text in enumerate(_YAML.findall(page.read_text("utf-8")), 1)
    ]


def _blocks() -> list[tuple[str, str]]:
    return [(name, text) for name, text in _written() if not _is_cases(text)]


def _is_cases(text: str) -> bool:
    """A list is a file of cases for `plano-cp route test`; configurations are mappings."""
    return text.startswith("- ")


def _cases() -> list[tuple[str, str, str]]:
    """Each file of cases with the configuration before it on the page."""
    every = _written()
    return [(name, text, every[at - 1][1]) for at, (name, text) in enumerate(every) if _is_cases(text)]


@pytest.mark.parametrize("path", PAGES)
def test_generated_page_is_current(path: str) -> None:
    assert (ROOT / path).read_text("utf-8") == PAGES[path](), "run `make docs`"


def test_there_are_yaml_blocks_to_compile() -> None:
    assert {name.split(".md")[0] for name, _ in _blocks()} >= {"README", "getting-started"}


@pytest.mark.parametrize(("name", "text"), _blocks(), ids=[name for name, _ in _blocks()])
def test_yaml_of_the_pages_compiles_without_a_word(name: str, text: str, tmp_path: Path) -> None:
    for path in re.findall(r"(?:cert|key)_file: (\S+)", text):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    environ = dict.fromkeys(re.findall(r"\$(\w+)", text), "set")
    compiled = compile_text(text.encode(), f"{name}.yaml", tmp_path, environ)
    assert [str(problem) for problem in compiled.problems if problem.rule != EXPECTED] == []
    assert compiled.gateway is not None


def test_there_are_cases_to_read() -> None:
    assert {name.split(".md")[0] for name, *_ in _cases()} >= {"routing"}


@pytest.mark.parametrize(("name", "text", "configuration"), _cases(), ids=[name for name, *_ in _cases()])
def test_cases_of_the_pages_fit_the_configuration_before_them(
    name: str, text: str, configuration: str, tmp_path: Path
) -> None:
    compiled = compile_text(configuration.encode(), f"{name}.yaml", tmp_path, {})
    assert compiled.config and compiled.gateway
    (tmp_path / "cases.yaml").write_text(text)
    known = choices.choices(runtime(compiled.config, compiled.gateway))
    assert cases.read(tmp_path / "cases.yaml", known, None, "/v1/chat/completions")


def _row(section: str, key: str) -> list[str]:
    """The cells of the one row that begins with this key, in a section of the page of decisions."""
    page = (ROOT / "docs/decisions.md").read_text("utf-8")
    rows = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0].splitlines()
    (row,) = (line for line in rows if line.startswith(f"| `{key}`"))
    return [cell.strip() for cell in row.strip("|").split(" | ")]


@pytest.mark.parametrize("why", Why)
def test_every_reason_is_on_the_page_of_decisions(why: Why) -> None:
    assert _row("Why", why) == [f"`{why}`", MEANING[why]]


def test_the_page_of_decisions_knows_no_other_reason() -> None:
    table = (ROOT / "docs/decisions.md").read_text("utf-8").partition("## Why")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \| (?!meaning)", table, re.MULTILINE) == [*Why]


@pytest.mark.parametrize("name", [*names.SPAN_ATTRIBUTES.values(), *(f"x-plano-{field}" for field in SHOWN)])
def test_every_attribute_and_header_is_on_the_page_of_decisions(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/decisions.md").read_text("utf-8")


def test_the_settings_of_a_decision_are_those_of_the_schema() -> None:
    import json

    schema = json.loads((ROOT / "schemas/plano.schema.json").read_text("utf-8"))
    properties = schema["$defs"]["listener"]["properties"]["decision"]["properties"]
    for key, value in properties.items():
        told = value["description"].removeprefix(configuration.ADDITION)
        assert _row("Settings", key) == [f"`{key}`", f"`{json.dumps(value['default']).strip(chr(34))}`", told]


@pytest.mark.parametrize("path", [*WRITTEN, *PAGES])
def test_links_lead_to_files(path: str) -> None:
    page = ROOT / path
    broken = [link for link in _LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert broken == []


def test_every_property_of_the_schema_is_on_the_page() -> None:
    import json

    schema = json.loads((ROOT / "schemas/plano.schema.json").read_text("utf-8"))
    named = {key for section in configuration.sections(schema) for key in section.schema["properties"]}
    assert named == _property_names(schema)


def _property_names(schema: object) -> set[str]:
    """Every property name anywhere in the schema, found without following its structure."""
    if isinstance(schema, list):
        return set().union(*map(_property_names, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*(_property_names(value) for key, value in schema.items() if key not in ("examples", "default")))


@pytest.mark.parametrize("path", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_named_files_exist(path: str) -> None:
    """Names are as seen from the root or from one of the packages."""
    named = re.findall(r"`([\w/.]+(?:\.py|\.yaml|\.schema\.json|/))`", (ROOT / path).read_text("utf-8"))
    assert named
    rooms = (ROOT, *(ROOT / name for name in ("control_plane", "schemas", "ext_proc", "router_model")))
    assert [name for name in named if not any((room / name).exists() for room in rooms)] == []
