"""The JSON document under every feed.

In: the bytes of an answer. Out: plain JSON values. Never: another exception than FeedError, whatever a server sent, and
no text of the document in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

MAX_BYTES = 32 * 1024 * 1024
MAX_ENTRIES = 100_000
MAX_NAME_CHARACTERS = 300


class FeedError(Exception):
    """The answer is no feed of the promised format."""


def load(body: bytes) -> Mapping[str, object]:
    """The object in `body`. Raises FeedError."""
    if len(body) > MAX_BYTES:
        raise FeedError(f"the answer is larger than {MAX_BYTES} bytes")
    try:
        found = orjson.loads(body)
    except ValueError as error:
        raise FeedError("the answer is not JSON") from error
    return members(found, "the answer")


def members(value: object, what: str) -> Mapping[str, object]:
    """The value where it is an object. Raises FeedError."""
    if not isinstance(value, dict):
        raise FeedError(f"{what} is not an object")
    return value


def items(value: object, what: str) -> list[object]:
    """The value where it is a list of a sensible length. Raises FeedError."""
    if not isinstance(value, list):
        raise FeedError(f"{what} is not a list")
    if len(value) > MAX_ENTRIES:
        raise FeedError(f"{what} has more than {MAX_ENTRIES} entries")
    return value


def is_name(value: object) -> bool:
    """Whether the value can be a model's id."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARACTERS
