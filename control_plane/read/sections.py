"""Typed access to a mapping of the document: wrong or absent values read as None, the schema check reports them.

Must never raise on any tree: a configuration with faults is read as far as it goes, so that all are named at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from control_plane.config import Text
from control_plane.document import Mapping, Node, Scalar, Sequence, Step
from control_plane.environment import text as as_text
from control_plane.problems import Place
from control_plane.read.variables import is_secret

Word = TypeVar("Word", bound=str)

_DURATION = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h)?\s*", re.ASCII)
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


@dataclass(frozen=True, slots=True)
class Section:
    """One mapping; relative paths in it start at `directory`."""

    node: Mapping
    path: tuple[Step, ...]
    directory: Path

    @property
    def at(self) -> Place:
        return self.node.place

    def place(self, key: str) -> Place:
        found = self.node.entries.get(key)
        return found.place if found else self.node.place

    def text(self, key: str) -> str | None:
        value = self._value(key)
        return value if isinstance(value, str) else None

    def required(self, key: str) -> str:
        """Empty when absent: checks leave out what the schema has reported already."""
        return self.text(key) or ""

    def one_of(self, key: str, *words: Word) -> Word | None:
        """The word that is written, where it is one of these."""
        value = self.text(key)
        return next((word for word in words if word == value), None)

    def flag(self, key: str) -> bool | None:
        value = self._value(key)
        return value if isinstance(value, bool) else None

    def whole(self, key: str) -> int | None:
        return _whole(self._value(key))

    def number(self, key: str) -> float | None:
        value = self._value(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def seconds(self, key: str) -> float | None:
        value = self._value(key)
        return seconds(value) if isinstance(value, str) else self.number(key)

    def secret(self, key: str) -> Text | None:
        """The template: as written, `$NAME` unresolved."""
        value = self._value(key)
        return as_text(value) if isinstance(value, str) else None

    def file(self, key: str) -> str | None:
        """An absolute path."""
        value = self.text(key)
        return str((self.directory / value).absolute()) if value else None

    def texts(self, key: str) -> tuple[str, ...] | None:
        node = self.node.entries.get(key)
        if not isinstance(node, Sequence):
            return None
        return tuple(i.value for i in node.items if isinstance(i, Scalar) and isinstance(i.value, str))

    def wholes(self, key: str) -> tuple[int, ...] | None:
        node = self.node.entries.get(key)
        if not isinstance(node, Sequence):
            return None
        values = (_whole(item.value) for item in node.items if isinstance(item, Scalar))
        return tuple(value for value in values if value is not None)

    def section(self, key: str) -> Section | None:
        node = self.node.entries.get(key)
        return Section(node, (*self.path, key), self.directory) if isinstance(node, Mapping) else None

    def items(self, key: str) -> Iterator[Section]:
        """The mappings of a list."""
        node = self.node.entries.get(key)
        for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
            if isinstance(item, Mapping):
                yield Section(item, (*self.path, key, index), self.directory)

    def named(self, key: str) -> Iterator[tuple[str, Section]]:
        """The mappings of a mapping, by name."""
        owner = self.section(key)
        for name in owner.node.entries if owner else ():
            found = owner.section(name) if owner else None
            if found:
                yield name, found

    def plain(self) -> dict[str, Any]:
        """The data, secrets as `Text`."""
        found: dict[str, Any] = _plain(self.node, self.path)
        return found

    def _value(self, key: str) -> str | int | float | bool | None:
        node = self.node.entries.get(key)
        return node.value if isinstance(node, Scalar) else None


def _whole(value: str | int | float | bool | None) -> int | None:
    """JSON Schema takes 2.0 for a whole number, and so does this."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def seconds(written: str) -> float | None:
    """ "250ms" -> 0.25; None when it is no duration."""
    match = _DURATION.fullmatch(written)
    # Rounded: 250 * 0.001 must be the number a person would write.
    return round(float(match[1]) * _UNIT_S[match[2]], 9) if match and math.isfinite(float(match[1])) else None


def _plain(node: Node, path: tuple[Step, ...]) -> Any:  # noqa: ANN401
    match node:
        case Mapping():
            return {key: _plain(value, (*path, key)) for key, value in node.entries.items()}
        case Sequence():
            return [_plain(item, (*path, index)) for index, item in enumerate(node.items)]
        case Scalar():
            return as_text(node.value) if isinstance(node.value, str) and is_secret(path) else node.value
