"""Texts to be embedded and their vectors, in the words of no API.

In: what a client's call has. Out: `Piece`s, and the vectors in their order. `PURPOSES` are the words for what a vector
is for, which change it: a search wants queries and documents told apart.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ext_proc.chat.errors import Garbled

PURPOSES = ("query", "document", "similarity", "classification", "clustering", "question", "fact", "code_query")
_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One text. `dimensions` None: as many as the model gives."""

    text: str
    purpose: str = ""
    title: str = ""
    dimensions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A client's call. `spelled`: purpose, title and dimensions as this client calls them, for what is dropped or
    refused; `dropped`: what no other API has a place for."""

    pieces: tuple[Piece, ...]
    spelled: dict[str, str]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """`tokens` None: the provider does not say."""

    values: tuple[tuple[float, ...], ...]
    tokens: int | None = None


def batches(pieces: Sequence[Piece], alike: Callable[[Piece], object], limit: int) -> tuple[tuple[Piece, ...], ...]:
    """Neighbours that are alike, at most `limit` of them together."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if found and len(found[-1]) < limit and alike(found[-1][-1]) == alike(piece):
            found[-1].append(piece)
        else:
            found.append([piece])
    return tuple(map(tuple, found))


def joined(found: Iterable[Vectors], wanted: int) -> Vectors:
    """Several answers as one. Raises Garbled where a text has no vector."""
    several = tuple(found)
    values = tuple(vector for each in several for vector in each.values)
    if len(values) != wanted:
        raise Garbled("the answer has another number of vectors than there are texts")
    counts = [each.tokens for each in several if each.tokens is not None]
    return Vectors(values=values, tokens=sum(counts) if several and len(counts) == len(several) else None)


def vector(found: object) -> tuple[float, ...]:
    """Numbers, or the same as base64 of 32-bit floats. Raises Garbled."""
    if isinstance(found, str):
        return _unpacked(found)
    if not isinstance(found, list) or not all(map(_is_number, found)):
        raise Garbled("a vector must be a list of numbers")
    return tuple(found)


def packed(values: Sequence[float]) -> str:
    """Base64 of 32-bit floats, as OpenAI's clients read them. Raises Garbled for numbers that are too large."""
    try:
        return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
    except (OverflowError, struct.error) as error:
        raise Garbled("a vector has a number that is too large") from error


def _unpacked(text: str) -> tuple[float, ...]:
    try:
        data = base64.b64decode(text, validate=True)
        values = struct.unpack(f"<{len(data) // _FLOAT_BYTES}f", data)
    except (ValueError, binascii.Error, struct.error) as error:
        raise Garbled("a vector is no base64 of 32-bit floats") from error
    if not all(map(math.isfinite, values)):
        raise Garbled("a vector has a number that is none")
    return values


def _is_number(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, int | float) and not isinstance(value, bool)
