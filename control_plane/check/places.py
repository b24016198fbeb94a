"""Finer places than the values of `config.py` carry: those of one key or list item of the mapping behind a value."""

from __future__ import annotations

from control_plane.document import Document, Mapping, Node, Scalar, Sequence, child
from control_plane.problems import Place


class Places:
    """Looks mappings up by where they begin, which is the `at` of the value read from them."""

    def __init__(self, document: Document) -> None:
        self._root = document.root
        self._mappings: dict[Place, Mapping] = {}
        self._collect(document.root)

    def _collect(self, node: Node) -> None:
        match node:
            case Mapping():
                self._mappings.setdefault(node.place, node)
                for value in node.entries.values():
                    self._collect(value)
            case Sequence():
                for item in node.items:
                    self._collect(item)

    def of(self, at: Place, key: str, index: int | None = None) -> Place:
        """The value of `key` (or its item) in the mapping at `at`; the nearest thing that exists."""
        owner = self._mappings.get(at)
        value = owner.entries.get(key) if owner else None
        item = child(value, index) if value is not None and index is not None else None
        found = item or value
        return found.place if found is not None else at

    def text(self, at: Place, key: str) -> str | None:
        """The text of `key` in the mapping at `at`; None where none is written."""
        owner = self._mappings.get(at)
        value = owner.entries.get(key) if owner else None
        return value.value if isinstance(value, Scalar) and isinstance(value.value, str) else None

    def top(self, *path: str | int) -> Place:
        """The value at a path from the top of the file, or its nearest ancestor."""
        node: Node = self._root
        for step in path:
            found = child(node, step)
            if found is None:
                break
            node = found
        return node.place

    def is_empty(self, *path: str) -> bool:
        """Whether an empty list is written there."""
        node: Node | None = self._root
        for step in path:
            node = child(node, step) if node is not None else None
        return isinstance(node, Sequence) and not node.items

    def key(self, at: Place, key: str) -> Place:
        """Where the key itself is written."""
        owner = self._mappings.get(at)
        return owner.keys.get(key, at) if owner else at

    def top_key(self, *path: str) -> Place:
        *owners, last = path
        node: Node | None = self._root
        for step in owners:
            node = child(node, step) if node is not None else None
        return node.keys.get(last, self.top(*path)) if isinstance(node, Mapping) else self.top(*path)
