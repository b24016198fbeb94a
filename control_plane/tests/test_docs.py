"""What the pages say is true: generated ones are current, every YAML block compiles, every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from control_plane.compile import compile_text
from control_plane.docs import PAGES, ROOT, configuration

WRITTEN = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/getting-started.md",
)
EXPECTED = "skipped-target"
"""A warning that says what the page says: an alias over several providers leaves out paths that some do not speak."""
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_YAML = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _blocks() -> list[tuple[str, str]]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [
        (f"{page.name}-{number}", text)
        for page in pages
        for number, text in enumerate(_YAML.findall(page.read_text("utf-8")), 1)
    ]


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
    """Names are as seen from the root, from control_plane or from schemas."""
    named = re.findall(r"`([\w/.]+(?:\.py|\.yaml|\.schema\.json|/))`", (ROOT / path).read_text("utf-8"))
    assert named
    rooms = (ROOT, ROOT / "control_plane", ROOT / "schemas")
    assert [name for name in named if not any((room / name).exists() for room in rooms)] == []
