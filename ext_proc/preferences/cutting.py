"""Taking the gateway's own members out of a body before a provider sees it.

In: the bytes of a JSON object. Out: the same bytes without those members. Never: a re-encoded value; providers key
their prompt caches by bytes, and numbers and escapes of clients must arrive as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecoder

from ext_proc.preferences.inline import KEYS

METADATA = "metadata"
METADATA_KEYS = ("archgw_preference_config", "plano_preference_config")
"""Where older clients put their preferences: members of the object `metadata`."""

_SPACE = re.compile(r"[ \t\n\r]*")
_WORDS = tuple(word.encode() for word in (*KEYS, *METADATA_KEYS))
_SHARED = b"_p"
"""Every word has it, and few bodies do."""
_MARK = "\ufeff"
"""A byte order mark: no JSON, but readers pass over it."""
_ESCAPED = b"\\u00"
"""Every letter of the words can be written so."""
# Values are only stepped over, so digits stay text: no number is too long to pass.
_DECODER = JSONDecoder(parse_int=str, parse_float=str)


class NotAnObject(ValueError):
    """The bytes are not one JSON object in UTF-8."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object: its name, and where its text begins, where its value does, and where both end."""

    name: str
    start: int
    value: int
    end: int


def concerns(members: Mapping[str, object]) -> bool:
    """Whether a body with these members may hold something to cut: looking through its bytes takes longer than reading
    them did."""
    return METADATA in members or any(key in members for key in KEYS)


def cut(body: bytes) -> bytes:
    """The body without the members above, in every place they stand. Raises NotAnObject."""
    if _ESCAPED not in body and (_SHARED not in body or not any(word in body for word in _WORDS)):
        return body
    try:
        text = body.decode()
        members = _whole(text)
    except (ValueError, IndexError, RecursionError) as error:
        raise NotAnObject("the body is not one JSON object") from error
    gaps = [*_gaps(members, KEYS), *_metadata_gaps(text, members)]
    return _without(text, sorted(gaps)).encode() if gaps else body


def _whole(text: str) -> list[_Member]:
    members, end = _members(text, _space(text, text.startswith(_MARK)))
    if _space(text, end) != len(text):
        raise ValueError
    return members


def _members(text: str, at: int) -> tuple[list[_Member], int]:
    """The members of the object that begins at `at`, and where it ends."""
    if text[at] != "{":
        raise ValueError
    members: list[_Member] = []
    at = _space(text, at + 1)
    if text[at] == "}":
        return members, at + 1
    while True:
        member = _member(text, at)
        members.append(member)
        at = _space(text, member.end)
        if text[at] == "}":
            return members, at + 1
        if text[at] != ",":
            raise ValueError
        at = _space(text, at + 1)


def _member(text: str, start: int) -> _Member:
    if text[start] != '"':
        raise ValueError
    name, at = _DECODER.raw_decode(text, start)
    at = _space(text, at)
    if text[at] != ":":
        raise ValueError
    value = _space(text, at + 1)
    _, end = _DECODER.raw_decode(text, value)
    return _Member(name, start, value, end)


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()


def _metadata_gaps(text: str, members: list[_Member]) -> Iterator[tuple[int, int]]:
    for member in members:
        if member.name == METADATA and text[member.value] == "{":
            inner, _ = _members(text, member.value)
            yield from _gaps(inner, METADATA_KEYS)


def _gaps(members: list[_Member], names: Collection[str]) -> Iterator[tuple[int, int]]:
    """What to leave out so that none of the named members is left and commas stand between the others only."""
    last = max((i for i, member in enumerate(members) if member.name not in names), default=-1)
    for i, member in enumerate(members[: last + 1]):
        if member.name in names:
            yield member.start, members[i + 1].start
    if last + 1 < len(members):
        yield (members[last].end if last >= 0 else members[0].start), members[-1].end


def _without(text: str, gaps: list[tuple[int, int]]) -> str:
    starts = [0, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), len(text)]
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True))
