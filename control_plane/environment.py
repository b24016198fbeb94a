"""Names and values of the environment a configuration is read in: the process' own and a `.env` file beside the YAML.

In: a directory and the process environment (which wins). Out: `Environment`, and `Text` templates filled in from it.
Must never show a value: not in a repr, not in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from control_plane.config import Text
from control_plane.problems import ConfigError, Place, Problems

MAX_BYTES = 1024 * 1024
REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})", re.ASCII)
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Environment(Mapping[str, str]):
    """Variables by name; what is printed of it is the number of names only."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Environment({len(self)} variables)"


def read(directory: Path, environ: Mapping[str, str]) -> Environment:
    """`.env` in `directory`, overruled by `environ`; raises ConfigError when the file cannot be understood."""
    path = directory / ".env"
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return Environment(environ)
    except (OSError, ValueError):
        return _refuse(path, 1, "the file cannot be read", "check its permissions")
    return Environment({**_parse(content, path), **environ})


def text(template: str) -> Text:
    """The template with the names it refers to, in order, each once."""
    names = [match["name"] or match["braced"] for match in REFERENCE.finditer(template) if not match["dollar"]]
    return Text(template, tuple(dict.fromkeys(names)))


def resolve(value: Text, env: Mapping[str, str]) -> str:
    """The value with every variable filled in (`$$` is one dollar); raises KeyError with the name of one not set."""
    return REFERENCE.sub(lambda m: "$" if m["dollar"] else env[m["name"] or m["braced"]], value.template)


def _parse(content: bytes, path: Path) -> dict[str, str]:
    if len(content) > MAX_BYTES:
        _refuse(path, 1, "the file is larger than 1 MiB", "keep only NAME=value lines in it")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        _refuse(path, content[: error.start].count(b"\n") + 1, "the file is not UTF-8 text here", "save it as UTF-8")
    values = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None or "\0" in line:
            _refuse(path, number, "this line is not NAME=value", "write NAME=value, or put # before a comment")
        values[match[1]] = _unquote(match[2])
    return values


def _unquote(value: str) -> str:
    if quoted := re.match(r"'([^']*)'\s*(#.*)?$", value):
        return quoted[1]
    if quoted := re.match(r'"((?:[^"\\]|\\.)*)"\s*(#.*)?$', value):
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), quoted[1])
    return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].rstrip()


def _refuse(path: Path, line: int, what: str, do: str) -> NoReturn:
    problems = Problems()
    problems.error(Place(str(path), line, 1), "environment-file", what, do)
    raise ConfigError(problems)
