"""YAML events -> nodes with places, counting as it goes so that no input can cost more than its limits.

PyYAML's own composer is recursive, expands nothing and forgets places; this one is a stack over its event stream, with
the C parser where it is built in. Raises ConfigError only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from control_plane.document import MAX_DEPTH, MAX_NODES, Mapping, Node, Scalar, Sequence, copy, refuse, resolve_scalar
from control_plane.problems import ConfigError, Place, Problems

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_PROBLEMS = 50
_CORE = "tag:yaml.org,2002:"
_TAGS = {None, "!", *(_CORE + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq"))}


@dataclass(slots=True)
class _Open:
    """A collection still being read; `key` waits for its value."""

    node: Mapping | Sequence
    anchor: str | None
    key: Scalar | None = None
    merges: list[Node] | None = None


def compose(text: str, name: str) -> Mapping:
    """The one mapping this text holds."""
    root = compose_any(text, name)
    if root is None or (isinstance(root, Scalar) and root.value is None):
        refuse(Place(name, 1, 1), "empty", "the file is empty", "start with 'version: v0.4.0' and 'listeners:'")
    if not isinstance(root, Mapping):
        refuse(root.place, "not-a-mapping", "the file must be a mapping, 'key: value' pairs", "see the schema")
    return root


def compose_any(text: str, name: str) -> Node | None:
    """Whatever this text holds; None for nothing."""
    composer = _Composer(name)
    loader = _LOADER(text)
    try:
        while loader.check_event():
            composer.take(loader.get_event())
    except yaml.MarkedYAMLError as error:
        place, letter = _spot(error, text, name)
        refuse(place, "not-yaml", f"this is not valid YAML: {_reason(error)}", _remedy(str(error.problem), letter))
    except (yaml.YAMLError, ValueError, RecursionError):
        refuse(Place(name, 1, 1), "not-yaml", "this is not valid YAML", "check the file with a YAML editor")
    finally:
        loader.dispose()
    return composer.finish()


def _reason(error: yaml.MarkedYAMLError) -> str:
    return (error.problem or error.context or "it cannot be parsed").replace("\t", "\\t").replace("\n", " ")


def _spot(error: yaml.MarkedYAMLError, text: str, name: str) -> tuple[Place, str]:
    """Where it went wrong and the character there; the last line when the parser means the end of the file."""
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    line = min(mark.line, len(lines) - 1) if mark else 0
    column = (mark.column if mark.line == line else len(lines[line])) if mark else 0
    return Place(name, line + 1, column + 1), lines[line][column : column + 1]


def _remedy(reason: str, letter: str) -> str:
    if letter == "\t":
        return "indent with spaces, YAML does not allow tabs there"
    if "cannot start any token" in reason:
        return "put the value in quotes"
    if "mapping values are not allowed" in reason:
        return "put a value that contains ': ' in quotes, or check the indentation"
    return "check the indentation, the quotes and the colons of this line and the one before"


class _Composer:
    """Takes events one by one; `finish` gives the root."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems = Problems()
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}
        self.root: Node | None = None
        self.count = 0

    def take(self, event: yaml.Event) -> None:
        if len(self.problems.found) >= MOST_PROBLEMS:
            raise ConfigError(self.problems)
        match event:
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.SequenceStartEvent():
                self._open(event, Sequence(self._place(event)))
            case yaml.MappingStartEvent():
                self._open(event, Mapping(self._place(event)))
            case yaml.CollectionEndEvent():
                self._close()
            case yaml.DocumentStartEvent() if self.root is not None:
                refuse(self._place(event), "several-documents", "a second YAML document begins here", "keep one")

    def finish(self) -> Node | None:
        if self.problems.errors:
            raise ConfigError(self.problems)
        return self.root

    def _place(self, event: yaml.Event) -> Place:
        mark: Any = event.start_mark
        return Place(self.name, mark.line + 1, mark.column + 1)

    def _grow(self, place: Place, nodes: int, height: int) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            what = f"the file holds more than {MAX_NODES} values, counting what its aliases repeat"
            refuse(place, "too-many-values", what, "split the configuration, or use fewer YAML aliases")
        if len(self.stack) + height > MAX_DEPTH:
            refuse(place, "too-deep", f"values are nested more than {MAX_DEPTH} levels deep here", "flatten this part")

    def _check_tag(self, event: Any, place: Place) -> None:  # noqa: ANN401
        if event.tag not in _TAGS:
            self.problems.error(place, "tag", "YAML tags of other than core types are not allowed", "remove the tag")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = self._place(event)
        self._grow(place, 1, 0)
        self._check_tag(event, place)
        plain = event.style in (None, "") and event.tag not in ("!", _CORE + "str")
        node = Scalar(place, event.value, plain, resolve_scalar(event.value) if plain else event.value)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1, 0)
        self._add(node)

    def _open(self, event: Any, node: Mapping | Sequence) -> None:  # noqa: ANN401
        self._grow(node.place, 1, 1)
        self._check_tag(event, node.place)
        self.stack.append(_Open(node, event.anchor))
        if event.anchor:
            self.anchors.pop(event.anchor, None)

    def _close(self) -> None:
        done = self.stack.pop()
        for merged in done.merges or ():
            self._merge(done.node, merged)
        if done.anchor:
            self.anchors[done.anchor] = (done.node, *_size(done.node))
        self._add(done.node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = self._place(event)
        anchor: str = event.anchor or ""
        found = self.anchors.get(anchor)
        if found is None:
            inside = any(open_.anchor == anchor for open_ in self.stack)
            what = "refers to itself" if inside else "has no anchor before it"
            refuse(place, "alias", f"the YAML alias '*{anchor[:40]}' {what}", "write the value out")
        node, nodes, height = found
        self._grow(place, nodes, height)
        used = copy(node)
        used.place = place
        self._add(used)

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.key is None:
            top.key = self._as_key(node)
        else:
            key, top.key = top.key, None
            self._pair(top, key, node)

    def _as_key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            return node
        self.problems.error(node.place, "key", "a key must be text, not a list or a mapping", "write a plain key")
        return Scalar(node.place, f"?{len(self.problems.found)}", False, "")

    def _pair(self, top: _Open, key: Scalar, node: Node) -> None:
        assert isinstance(top.node, Mapping)
        if key.text == "<<" and key.plain:
            top.merges = [*(top.merges or ()), node]
        elif key.text in top.node.entries:
            first = top.node.keys[key.text]
            what = f"the key '{shown(key.text)}' is already given in line {first.line}"
            self.problems.error(key.place, "duplicate-key", what, "keep one of them")
        else:
            top.node.put(key.text, node, key.place)

    def _merge(self, into: Mapping | Sequence, merged: Node) -> None:
        sources = merged.items if isinstance(merged, Sequence) else [merged]
        for source in sources:
            if not isinstance(source, Mapping) or not isinstance(into, Mapping):
                self.problems.error(merged.place, "merge", "'<<' can only merge mappings", "name a mapping's anchor")
                continue
            for key, node in source.entries.items():
                if key not in into.entries:
                    into.put(key, node, source.keys[key])


def shown(text: str) -> str:
    """Text short enough for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def _size(node: Node) -> tuple[int, int]:
    """How many nodes, keys included, and how many levels of collections."""
    match node:
        case Mapping():
            sizes = [_size(value) for value in node.entries.values()]
            return 1 + len(sizes) + sum(n for n, _ in sizes), 1 + max((h for _, h in sizes), default=0)
        case Sequence():
            sizes = [_size(item) for item in node.items]
            return 1 + sum(n for n, _ in sizes), 1 + max((h for _, h in sizes), default=0)
        case Scalar():
            return 1, 0
