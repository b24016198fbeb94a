"""What every rewriting of former spellings does: look at the mappings of a list, drop a key, say so."""

from __future__ import annotations

from collections.abc import Iterator

from control_plane.document import Mapping, Node, Sequence
from control_plane.problems import Place, Problems


def mappings(node: Node | None) -> Iterator[Mapping]:
    """The mappings in a list; nothing when it is no list."""
    if isinstance(node, Sequence):
        yield from (item for item in node.items if isinstance(item, Mapping))


def warn_old(problems: Problems, place: Place, what: str, do: str) -> None:
    problems.warn(place, "deprecated", what, do)


def drop(owner: Mapping, key: str, what: str, problems: Problems) -> None:
    place = owner.keys.get(key)
    if owner.take(key) is not None and place is not None:
        warn_old(problems, place, what, "remove it")
