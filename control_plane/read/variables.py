"""Fills `$NAME` and `${NAME}` in the values of a tree of nodes, except where the value is secret or free text.

Secrets stay templates until the gateway's own process needs them; prose such as a description may hold any dollar sign.
Must never put a value of the environment into a problem.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names

from control_plane.document import Mapping, Node, Scalar, Sequence, Step, resolve_scalar
from control_plane.environment import REFERENCE
from control_plane.problems import Place, Problems
from control_plane.suggest import hint

_SECRETS: tuple[tuple[Step, ...], ...] = (
    ("model_providers", "*", "access_key"),
    ("model_providers", "*", "headers", "*"),
    ("listeners", "*", "auth", "api_keys", "*", "key"),
    ("prompt_targets", "*", "endpoint", "http_headers", "*"),
    ("tracing", "exporters", "*", "api_key"),
    ("state_storage", "connection_string"),
    ("routing", "session_cache", "url"),
)
_PROSE_KEYS = ("description", "system_prompt", "query", "message")
_ODD = re.compile(r"(?<!\$)(?:\$\$)*\$\{(?![A-Za-z_][A-Za-z0-9_]*\})", re.ASCII)


def is_secret(path: tuple[Step, ...]) -> bool:
    return any(_matches(path, pattern) for pattern in _SECRETS)


def is_prose(path: tuple[Step, ...]) -> bool:
    """Free text, in which a dollar sign means nothing."""
    return bool(path) and (path[-1] in _PROSE_KEYS or _is_example(path))


def _is_example(path: tuple[Step, ...]) -> bool:
    return path[-2:-1] == ("examples",) and isinstance(path[-1], int)


def _matches(path: tuple[Step, ...], pattern: tuple[Step, ...]) -> bool:
    return len(path) == len(pattern) and all(p in ("*", step) for step, p in zip(path, pattern, strict=True))


def substitute(node: Node, env: Names[str, str], problems: Problems, path: tuple[Step, ...] = ()) -> Node:
    """The tree with variables filled in; an unquoted value is then read anew, so that `port: $PORT` is a number."""
    match node:
        case Mapping():
            items = {key: substitute(value, env, problems, (*path, key)) for key, value in node.entries.items()}
            return Mapping(node.place, items, dict(node.keys))
        case Sequence():
            return Sequence(node.place, [substitute(n, env, problems, (*path, i)) for i, n in enumerate(node.items)])
        case Scalar():
            return _scalar(node, env, problems, path)


def _scalar(node: Scalar, env: Names[str, str], problems: Problems, path: tuple[Step, ...]) -> Scalar:
    if "$" not in node.text or not isinstance(node.value, str) or is_prose(path):
        return node
    _check_syntax(node, problems)
    if is_secret(path):
        return node
    unset = [name for m in REFERENCE.finditer(node.text) if (name := m["name"] or m["braced"]) and name not in env]
    for name in dict.fromkeys(unset):
        _report_unset(name, env, node.place, problems)
    if unset:
        return node
    text = REFERENCE.sub(lambda m: "$" if m["dollar"] else env[m["name"] or m["braced"]], node.text)
    return Scalar(node.place, node.text, node.plain, resolve_scalar(text) if node.plain else text)


def _check_syntax(node: Scalar, problems: Problems) -> None:
    if _ODD.search(node.text):
        do = "write ${NAME} with letters, digits and underscores, or $$ for a dollar sign"
        problems.error(node.place, "variable-syntax", "'${' does not begin a variable's name here", do)


def _report_unset(name: str, env: Names[str, str], place: Place, problems: Problems) -> None:
    do = hint(name, env, "set it in the environment or in a .env file beside this one, or write $$ for a dollar sign")
    problems.unset(place, f"the environment variable {name} is not set", do)
