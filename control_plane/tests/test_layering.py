"""The arrows of ARCHITECTURE.md: which package may import which, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"control_plane", "schemas", "ext_proc", "router_model", "e2e"}
MAY_IMPORT = {
    "control_plane": {"control_plane", "schemas"},
    "ext_proc": {"ext_proc", "schemas", "router_model"},
    "router_model": {"router_model"},
    "schemas": {"schemas"},
}
HEAVY = {"envoy_data_plane", "betterproto2", "grpclib", "jsonschema", "yaml"}
"""What makes a start slow: `--help` and shell completion must not load it."""


def _sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _imports(tree: ast.AST, path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module with its line, wherever in the file it stands; relative imports made absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(path.relative_to(ROOT).parts[: -node.level]) + "." if node.level else ""
            yield above + (node.module or ""), node.lineno


def _found(path: Path) -> list[tuple[str, int]]:
    return list(_imports(ast.parse(path.read_text("utf-8")), path))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_its_arrows_allow(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {module}"
        for path in _sources(package)
        if "tests" not in path.parts
        for module, line in _found(path)
        if module.split(".")[0] in OURS - MAY_IMPORT[package]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_nothing_imports_the_end_to_end_tests(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _sources(package)
        for module, line in _found(path)
        if module.split(".")[0] == "e2e"
    ]
    assert wrong == []


def test_only_the_envoy_writer_knows_envoys_messages() -> None:
    users = {
        path.relative_to(ROOT).parts[:2]
        for package in MAY_IMPORT
        for path in _sources(package)
        for module, _ in _found(path)
        if module.split(".")[0] == "envoy_data_plane"
    }
    assert users == {("control_plane", "xds")}


def test_the_command_line_starts_without_anything_heavy() -> None:
    """Follows module-level imports from the entry point, as Python does at start."""
    waiting, seen, heavy = ["control_plane.cli"], set[str](), set[str]()
    while waiting:
        module = waiting.pop()
        for path in _files(module):
            for name in _at_start(path):
                if name.split(".")[0] in HEAVY:
                    heavy.add(f"{module} imports {name}")
                elif name.split(".")[0] in OURS and name not in seen:
                    seen.add(name)
                    waiting.append(name)
    assert "click" in {name for path in _files("control_plane.cli") for name in _at_start(path)}
    assert heavy == set()


def _files(module: str) -> list[Path]:
    """The source of a module, or of the module that a name is imported from."""
    path = ROOT.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py", path.parent.with_suffix(".py"))
    return [candidate for candidate in candidates if candidate.is_file()][:1]


def _at_start(path: Path) -> Iterator[str]:
    """Modules imported when this file is loaded: not inside functions, not only for type checkers."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


ONLY_HERE = {"grpc": {"server.py", "worker.py"}, "aiohttp": {"upstream.py", "direct.py"}, "redis": {"store_redis.py"}}
"""Inside ext_proc, who may know a protocol of the outside; everything else is told by values."""


@pytest.mark.parametrize("module", ONLY_HERE)
def test_what_decides_knows_no_socket(module: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _sources("ext_proc")
        if "tests" not in path.parts and path.name not in ONLY_HERE[module]
        for name, line in _found(path)
        if name.split(".")[0] == module
    ]
    assert wrong == []


def test_the_sidecar_needs_no_torch() -> None:
    """vllm and what it brings never enter the sidecar's image."""
    heavy = {"vllm", "torch", "transformers"}
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("ext_proc", "router_model", "schemas")
        for path in _sources(folder)
        if "tests" not in path.parts and "training" not in path.parts
        for name, line in _found(path)
        if name.split(".")[0] in heavy
    ]
    assert found == []
