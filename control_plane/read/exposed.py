"""Variables that hold a secret in one place and are written out in another: whatever is rendered would show them.

In: the tree before variables are filled in. Out: an error at every plain value that names such a variable.
Must never look at a variable's value.
"""

from __future__ import annotations

from collections.abc import Iterator

from control_plane.document import Mapping, Node, Scalar, Sequence, Step
from control_plane.environment import REFERENCE
from control_plane.problems import Problems
from control_plane.read.variables import is_prose, is_secret

# Read by Envoy itself for signing, so no field names them.
_ALWAYS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")

Path = tuple[Step, ...]


def check(root: Node, problems: Problems) -> None:
    """Each plain value is told once for each secret in it."""
    uses = list(_uses(root, ()))
    secret = dict.fromkeys(_ALWAYS, "for signing")
    for path, _, names in uses:
        if is_secret(path):
            secret |= {name: f"as a secret in '{_field(path)}'" for name in names if name not in secret}
    for path, node, names in uses:
        if is_secret(path):
            continue
        for name in (name for name in names if name in secret):
            what = f"${name} is used {secret[name]}, and here its value would be readable in everything rendered"
            problems.error(node.place, "exposed-secret", what, "use another variable here, one without a secret")


def _field(path: Path) -> str:
    """The key a person looks for: the last one that is no position in a list."""
    return ".".join(step for step in path[-2:] if isinstance(step, str))


def _uses(node: Node, path: Path) -> Iterator[tuple[Path, Scalar, tuple[str, ...]]]:
    """Every value with variables in it, in the order of the file."""
    match node:
        case Mapping():
            for key, value in node.entries.items():
                yield from _uses(value, (*path, key))
        case Sequence():
            for index, item in enumerate(node.items):
                yield from _uses(item, (*path, index))
        case Scalar() if "$" in node.text and isinstance(node.value, str) and not is_prose(path):
            found = (m["name"] or m["braced"] for m in REFERENCE.finditer(node.text))
            if names := tuple(dict.fromkeys(name for name in found if name)):
                yield path, node, names
