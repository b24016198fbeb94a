"""What must not be in the repository: places and names of one machine, things left for later, files nobody can read."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
_DATA = ("e2e/recordings/", "goldens/", "corpus/", "golden/")
_BINARY = {".bin", ".png", ".gz", ".crt", ".key", ".pem", ".onnx"}

FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|home|root|Users)/\w"),
    "something left for later": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"),
    "a package registry's host": re.compile(
        r"\bfiles\.pythonhosted\.org|\bpypi\.org/simple|--(?:index-url|find-links)"
    ),
    "a conflict marker": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
    "a debugger": re.compile(r"^\s*(?:breakpoint\(\)|import pdb)", re.MULTILINE),
}


def _tracked() -> list[Path]:
    """Every file git tracks; without git, every file outside hidden and ignored folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not _hidden(path)]


def _hidden(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(
        part.startswith(".") or part in ("__pycache__", "build", "dist") or ".egg-info" in part for part in parts
    )


def _texts() -> list[tuple[str, str]]:
    """Name and content of every text file that people write here; copied recordings and goldens are data."""
    names = [path.relative_to(ROOT).as_posix() for path in _tracked() if path.suffix not in _BINARY]
    kept = [name for name in names if not any(part in name for part in _DATA) and name != "LICENSE"]
    return [(name, (ROOT / name).read_text("utf-8", errors="replace")) for name in kept]


def test_there_is_something_to_look_at() -> None:
    names = {name for name, _ in _texts()}
    assert {"README.md", "Makefile", "control_plane/cli.py", "schemas/plano.schema.json"} <= names


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [f"{name}: {match.group(0)!r}" for name, text in _texts() for match in FORBIDDEN[what].finditer(text)]
    assert found == []


def _python() -> list[tuple[str, str]]:
    return [(name, text) for name, text in _texts() if name.endswith((".py", ".lua", ".sh"))]


def test_no_source_file_is_too_long() -> None:
    long = [
        f"{name}: {len(text.splitlines())} lines" for name, text in _python() if len(text.splitlines()) > LONGEST_FILE
    ]
    assert long == []


def test_no_function_is_too_long() -> None:
    long = [
        f"{name}:{node.lineno}: {node.name}"
        for name, text in _python()
        if name.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_every_package_of_ours_is_importable_as_written() -> None:
    """A folder with Python files and no `__init__.py` would be left out of the installed package."""
    folders = {(ROOT / name).parent for name, _ in _python() if name.endswith(".py")}
    missing = [str(f.relative_to(ROOT)) for f in folders if f != ROOT and not (f / "__init__.py").is_file()]
    assert [folder for folder in missing if not folder.endswith("tests")] == []
