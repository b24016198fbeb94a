from pathlib import Path

import pytest

from control_plane.environment import Environment, read, resolve, text
from control_plane.problems import ConfigError

LINES = {
    "plain": ("A=1", "1"),
    "export": ("export A = 1 ", "1"),
    "single quotes": ("A='x # y $Z'", "x # y $Z"),
    "double quotes": ('A="x\\n\\"y\\""  # note', 'x\n"y"'),
    "comment after": ("A=x # note", "x"),
    "hash inside": ("A=x#y", "x#y"),
    "equals inside": ("A=x=y==", "x=y=="),
    "empty": ("A=", ""),
    "windows line end": ("A=x\r", "x"),
}


@pytest.mark.parametrize(("line", "value"), LINES.values(), ids=LINES.keys())
def test_dotenv_lines(tmp_path: Path, line: str, value: str) -> None:
    (tmp_path / ".env").write_bytes(f"# first\n\n{line}\n".encode())
    assert read(tmp_path, {})["A"] == value


def test_the_process_wins_and_fills_in(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert dict(read(tmp_path, {"B": "process", "C": "process"})) == {"A": "file", "B": "process", "C": "process"}


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert dict(read(tmp_path / "none", {"A": "1"})) == {"A": "1"}


@pytest.mark.parametrize("content", [b"A=1\nsk-secret-value\n", b"A=1\nB=\xff\n", b"A=1\n1X=2\n"])
def test_a_broken_line_is_named_without_its_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, {})
    assert caught.value.problems.errors[0].place.line == 2
    assert "secret" not in str(caught.value)


def test_values_are_never_shown() -> None:
    environment = Environment({"KEY": "sk-secret"})
    assert "sk-secret" not in repr(environment) + str(environment) + f"{environment}"
    assert "sk-secret" not in repr(text("sk-secret $KEY"))


TEMPLATES = {
    "$A": ("1", ("A",)),
    "${A}$B": ("12", ("A", "B")),
    "x-$A-y": ("x-1-y", ("A",)),
    "$$A": ("$A", ()),
    "cost 5$": ("cost 5$", ()),
    "$5": ("$5", ()),
    "$A$A": ("11", ("A",)),
    "${A-x}": ("${A-x}", ()),
}


@pytest.mark.parametrize(("template", "expected"), TEMPLATES.items(), ids=TEMPLATES.keys())
def test_templates(template: str, expected: tuple[str, tuple[str, ...]]) -> None:
    found = text(template)
    assert (resolve(found, {"A": "1", "B": "2"}), found.variables) == expected


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(KeyError, match="NOPE"):
        resolve(text("$NOPE"), {})
