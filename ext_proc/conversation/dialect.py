"""The dialects a conversation may come in, told by the path of the call.

In: a path as the client sent it, query included. Out: a `Dialect`. Never: a look at the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ConversationError(Exception):
    """What was sent is no conversation this part of the gateway can work on. The text never quotes the body."""


class Dialect(StrEnum):
    """The value is the path, as in `schemas.runtime.Agent.endpoints`."""

    CHAT = "/v1/chat/completions"
    MESSAGES = "/v1/messages"
    RESPONSES = "/v1/responses"


def dialect_of(path: str) -> Dialect:
    """The dialect of a path; a query does not matter. Raises ConversationError for any other path."""
    found = _BY_PATH.get(path) or _BY_PATH.get(path.partition("?")[0])
    if found is None:
        raise ConversationError("this path carries no conversation")
    return found


_BY_PATH: Mapping[str, Dialect] = {dialect.value: dialect for dialect in Dialect}
