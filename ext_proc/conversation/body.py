"""A request body as JSON, in and out.

In: the text of a body. Out: the object, and bytes again. Values survive the round trip; whitespace does not. Never:
bytes that are no JSON, whatever a client hid in its strings and numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import orjson

from ext_proc.conversation.dialect import ConversationError


def read_body(text: str | bytes) -> dict[str, object]:
    """The object in `text`. Raises ConversationError for anything that is not one JSON object."""
    return _decoded(text, _READER)


def view_body(text: bytes) -> dict[str, object]:
    """The object in `text`, for whoever only looks: integers of more than 64 bits lose digits, which `read_body` keeps,
    and numbers too large for a float, which `read_body` refuses, are infinite. It takes half the time. Raises
    ConversationError."""
    try:
        return _object(orjson.loads(text))
    except ValueError:
        # Half of a surrogate pair, a byte order mark: some things are JSON to more lenient readers only.
        return _decoded(text, _VIEWER)


def write_body(body: Mapping[str, object]) -> bytes:
    """Compact UTF-8 JSON. Raises ConversationError for what `read_body` would not have returned."""
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConversationError("the body cannot be written as JSON") from error
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can say it, UTF-8 cannot
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def _finite(digits: str) -> float:
    """JSON allows 1e999, but what a float makes of it could not be written again."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _glimpsed(digits: str) -> int | float:
    """Python turns no more than some thousand digits into an integer."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _decoded(text: str | bytes, decoder: json.JSONDecoder) -> dict[str, object]:
    try:
        spelled = text.decode(json.detect_encoding(text), "surrogatepass") if isinstance(text, bytes) else text
        return _object(decoder.decode(spelled))
    except (ValueError, RecursionError) as error:
        raise ConversationError("the body is not JSON") from error


def _object(body: object) -> dict[str, object]:
    if not isinstance(body, dict):
        raise ConversationError("the body is not a JSON object")
    return body


_READER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
_VIEWER = json.JSONDecoder(parse_constant=_refuse, parse_int=_glimpsed)
