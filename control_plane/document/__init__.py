"""Text of a YAML file -> a tree of nodes that know their place, and the plain data in them.

In: bytes of one file. Out: `Document`. Refused with a `ConfigError` that names the place: anything that is not one YAML
mapping in UTF-8, duplicate keys, custom tags, and whatever would cost more than a moment (size, depth, node count with
aliases expanded). Must never raise anything else, and never build an object other than plain data.

Scalars follow YAML 1.2: only true/false are booleans, so that names such as `on` and `no` survive as text; dates stay
text too. Keys are always the text as written. Merge keys (`<<`) are honoured.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from control_plane.problems import ConfigError, Place, Problems

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 20_000

Step = str | int
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INT = re.compile(r"[-+]?\d{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.\d{1,40}|\d{1,40}(\.\d{0,40})?)([eE][-+]?\d{1,3})?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Scalar:
    """`text` is what the file says; `plain` is False when it was quoted or a block, so that it can only be text.

    It may be a secret: neither is ever part of a repr.
    """

    place: Place
    text: str = field(repr=False)
    plain: bool
    value: str | int | float | bool | None = field(repr=False)


@dataclass(slots=True)
class Sequence:
    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    place: Place
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)

    def put(self, key: str, node: Node, key_place: Place | None = None) -> None:
        self.entries[key] = node
        self.keys[key] = key_place or node.place

    def take(self, key: str) -> Node | None:
        self.keys.pop(key, None)
        return self.entries.pop(key, None)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Document:
    """One file. `name` is what the user called it; relative paths inside it start at `directory`."""

    name: str
    directory: Path
    root: Mapping

    @property
    def data(self) -> Any:  # noqa: ANN401
        return plain(self.root)

    def place(self, path: tuple[Step, ...]) -> Place:
        """Where the value at `path` begins; of its nearest ancestor when there is none."""
        return self._walk(path)[-1].place

    def key_place(self, path: tuple[Step, ...]) -> Place:
        """Where the key that leads to `path` is written; as `place` where no key does."""
        *nodes, last = self._walk(path[:-1])
        if path and isinstance(last, Mapping) and len(nodes) == len(path) - 1:
            return last.keys.get(str(path[-1]), last.place)
        return self.place(path)

    def node(self, path: tuple[Step, ...]) -> Node | None:
        nodes = self._walk(path)
        return nodes[-1] if len(nodes) == len(path) + 1 else None

    def _walk(self, path: tuple[Step, ...]) -> list[Node]:
        nodes: list[Node] = [self.root]
        for step in path:
            found = child(nodes[-1], step)
            if found is None:
                break
            nodes.append(found)
        return nodes


def child(node: Node, step: Step) -> Node | None:
    match node:
        case Mapping() if isinstance(step, str):
            return node.entries.get(step)
        case Sequence() if isinstance(step, int) and 0 <= step < len(node.items):
            return node.items[step]
    return None


def plain(node: Node) -> Any:  # noqa: ANN401
    """The data without its places."""
    match node:
        case Mapping():
            return {key: plain(value) for key, value in node.entries.items()}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar():
            return node.value


def copy(node: Node) -> Node:
    """A tree of its own, so that rewriting one use of a YAML alias leaves the others alone."""
    match node:
        case Mapping():
            return Mapping(node.place, {k: copy(v) for k, v in node.entries.items()}, dict(node.keys))
        case Sequence():
            return Sequence(node.place, [copy(item) for item in node.items])
        case Scalar():
            return Scalar(node.place, node.text, node.plain, node.value)


def resolve_scalar(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def load(path: Path) -> Document:
    """Reads at most `MAX_BYTES`; raises ConfigError when there is no such readable file."""
    return parse(_content(path), str(path))


def load_any(path: Path) -> Node | None:
    """Like `load`, for a file that may hold something else than a mapping, and mean something else than a gateway."""
    from control_plane.document.composing import compose_any

    content = _content(path)
    _check_size(content, str(path))
    return compose_any(_decode(content, str(path)), str(path))


def _content(path: Path) -> bytes:
    start = Place(str(path), 1, 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        refuse(start, "no-file", "there is no such file", "check the path")
    except IsADirectoryError:
        refuse(start, "no-file", "this is a directory", "name the YAML file inside it")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        refuse(start, "no-file", f"the file cannot be read: {reason}", "check the path and its permissions")


def parse(content: bytes, name: str, directory: Path | None = None) -> Document:
    """`directory` is where relative paths start (default: the directory part of `name`)."""
    from control_plane.document.composing import compose

    _check_size(content, name)
    root = compose(_decode(content, name), name)
    return Document(name, Path(name).parent if directory is None else directory, root)


def _check_size(content: bytes, name: str) -> None:
    if len(content) > MAX_BYTES:
        do = "remove what is not configuration; no real one comes near this size"
        refuse(Place(name, 1, 1), "too-large", f"the file is larger than {MAX_BYTES // 1024**2} MiB", do)


def _decode(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        refuse(place_after(before, name), "not-utf-8", "the file is not UTF-8 text here", "save it as UTF-8")
    if bad := _UNPRINTABLE.search(text):
        what = f"the control character U+{ord(bad[0]):04X} is not allowed in YAML"
        refuse(place_after(text[: bad.start()], name), "control-character", what, "remove it")
    return text


def place_after(before: str, name: str) -> Place:
    return Place(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def refuse(place: Place, rule: str, what: str, do: str) -> NoReturn:
    """Raises ConfigError with this one problem."""
    problems = Problems()
    problems.error(place, rule, what, do)
    raise ConfigError(problems)


def scalars(node: Node, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Scalar]]:
    """Every scalar value with its path, in the order of the file."""
    match node:
        case Mapping():
            for key, value in node.entries.items():
                yield from scalars(value, (*path, key))
        case Sequence():
            for index, item in enumerate(node.items):
                yield from scalars(item, (*path, index))
        case Scalar():
            yield path, node
