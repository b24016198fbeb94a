"""A file of cases: what users say, and what should be chosen for it.

In: YAML (or JSON), a list of {text | messages, expect, listener?}. Out: `Case`s, or every mistake with its line. The
names in `expect` are checked against the listener, so that a misspelt one is not a failing case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from control_plane import document as documents
from control_plane.document import Mapping, Node, Scalar, plain
from control_plane.document import Sequence as List
from control_plane.problems import ConfigError, Place, Problems
from control_plane.routing.calls import Call, messages, spoken
from control_plane.routing.choices import Choices, NoSuchListener, pick
from control_plane.suggest import hint, listed

KEYS = ("text", "messages", "expect", "listener")
NONE = "none"
_FORM = "write '- text: ...' and below it '  expect: NAME', '[NAME, NAME]' or 'none'"
_ROLES = ("system", "developer", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class Case:
    """`said` is what a person reads of it: its text, or the last thing its user said. `expected` empty: none fits."""

    place: Place
    listener: Choices
    call: Call
    said: str
    expected: tuple[str, ...]


def read(file: Path, known: Sequence[Choices], listener: str | None, path: str) -> tuple[Case, ...]:
    """Every case. Raises ConfigError with all mistakes."""
    problems = Problems()
    root = documents.load_any(file)
    start = Place(str(file), 1, 1)
    if isinstance(root, List) and root.items:
        found = [_case(item, known, listener, path, problems) for item in root.items]
    else:
        place = root.place if root else start
        found = []
        problems.error(place, "no-cases", "the file must be a list of cases", _FORM)
    if problems.errors:
        raise ConfigError(problems)
    return tuple(case for case in found if case)


def _case(node: Node, known: Sequence[Choices], usual: str | None, path: str, problems: Problems) -> Case | None:
    if not isinstance(node, Mapping):
        problems.error(node.place, "wrong-type", "a case must be a mapping", _FORM)
        return None
    for key, place in node.keys.items():
        if key not in KEYS:
            advice = hint(key, [name for name in KEYS if name not in node.entries], "the keys here are {known}")
            problems.error(place, "unknown-key", f"unknown key '{key[:60]}' in a case", advice)
    said = _said(node, path, problems)
    choices = _choices(node, known, usual, problems)
    expected = _expected(node, choices, problems) if choices else None
    if said is None or choices is None or expected is None:
        return None
    return Case(node.place, choices, *said, expected)


def _said(node: Mapping, path: str, problems: Problems) -> tuple[Call, str] | None:
    text, turns = node.entries.get("text"), node.entries.get("messages")
    if (text is None) == (turns is None):
        what = "a case needs either 'text' or 'messages'" + (", not both" if text else "")
        problems.error(node.place, "missing", what, _FORM)
        return None
    if text is not None:
        if not isinstance(text, Scalar) or text.value is None:
            problems.error(text.place, "wrong-type", "'text' must be text", "put it in quotes")
            return None
        return spoken(text.text, path), text.text
    assert turns is not None
    return _conversation(turns, path, problems)


def _conversation(node: Node, path: str, problems: Problems) -> tuple[Call, str] | None:
    before = len(problems.errors)
    form = "write a list of {role: user, content: ...}"
    if not isinstance(node, List) or not node.items:
        problems.error(node.place, "wrong-type", "'messages' must be a list of messages", form)
        return None
    for turn in node.items:
        role = turn.entries.get("role") if isinstance(turn, Mapping) else None
        if not isinstance(role, Scalar) or role.value not in _ROLES:
            problems.error(turn.place, "wrong-type", "a message needs a role", f"the roles are {', '.join(_ROLES)}")
    turns = plain(node)
    if len(problems.errors) > before:
        return None
    texts = list(_user_texts(turns))
    if not texts:
        problems.error(node.place, "no-user", "no message is a text of a user", form)
        return None
    return messages(turns, path), texts[-1]


def _user_texts(turns: list[dict[str, Any]]) -> Iterator[str]:
    for turn in turns:
        content = turn.get("content")
        parts = content if isinstance(content, list) else [content]
        texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
        said = " ".join(text for text in texts if isinstance(text, str) and text.strip())
        if turn["role"] == "user" and said:
            yield said


def _choices(node: Mapping, known: Sequence[Choices], usual: str | None, problems: Problems) -> Choices | None:
    named = node.entries.get("listener")
    if named is not None and not isinstance(named, Scalar):
        problems.error(named.place, "wrong-type", "'listener' must be a name", "write the name of one listener")
        return None
    try:
        return pick(known, named.text if named else usual)
    except NoSuchListener as error:
        what, _, do = str(error).partition("; ")
        place = named.place if named else node.place
        problems.error(place, "no-listener", what, "add 'listener: NAME', or give --listener" if named is None else do)
        return None


def _expected(node: Mapping, choices: Choices, problems: Problems) -> tuple[str, ...] | None:
    written = node.entries.get("expect")
    if written is None:
        problems.error(node.place, "missing", "'expect' is missing in a case", _FORM)
        return None
    if isinstance(written, Scalar) and (written.value is None or _means_none(written, choices)):
        return ()
    items = written.items if isinstance(written, List) else [written]
    names = [_name(item, choices, problems) for item in items]
    if len(items) > 1 and not choices.several:
        what = f"only one preference is chosen on the listener {choices.listener}, and {len(items)} are expected"
        problems.error(written.place, "too-many", what, "expect one of them")
        return None
    return None if None in names else tuple(name for name in names if name)


def _means_none(written: Scalar, choices: Choices) -> bool:
    """An option of that name is meant where there is one; `[]` still says that none fits."""
    return written.text == NONE and NONE not in choices.names


def _name(item: Node, choices: Choices, problems: Problems) -> str | None:
    if isinstance(item, Scalar) and item.text in choices.names:
        return item.text
    named = f"'{item.text[:60]}'" if isinstance(item, Scalar) else "a list or a mapping"
    kind = "agent" if choices.several else "preference"
    advice = hint(item.text, choices.names, "there are {known}") if isinstance(item, Scalar) else _there_are(choices)
    what = f"'expect' is {named}, which is no {kind} of the listener {choices.listener}"
    problems.error(item.place, "unknown-name", what, advice)
    return None


def _there_are(choices: Choices) -> str:
    return f"there are {listed(choices.names)}"
