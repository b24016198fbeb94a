"""Arguments of a call that are told in pieces, each with its JSON path.

In: `functionCall` objects with `partialArgs`. Out: the JSON text of all of them. Raises Garbled for paths that lead
nowhere.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from ext_proc.chat.jsontext import dumps
from ext_proc.dialects.gemini.spelling import Member

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,5})\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
_MOST_STEPS = 64
_MOST_ITEMS = 10_000


class Arguments:
    def __init__(self, call: Member) -> None:
        self._root: dict[str, Any] = {}
        self.take(call)

    def take(self, call: Member) -> None:
        self._root |= call.plain_object("args") or {}
        for piece in call.members("partialArgs"):
            self._put(piece)

    def told(self) -> str:
        return dumps(self._root).decode()

    def _put(self, piece: Member) -> None:
        steps = _steps(piece)
        place: object = self._root
        for step, following in pairwise(steps):
            place = _child(piece, place, step, [] if isinstance(following, int) else {})
        _set(piece, place, steps[-1], _value(piece))


def _steps(piece: Member) -> list[str | int]:
    path = piece.needed_text("jsonPath")
    tail = path.removeprefix("$")
    found = list(_STEP.finditer(tail))
    if not found or len(found) > _MOST_STEPS or "".join(match[0] for match in found) != tail:
        piece.wrong("jsonPath", "leads nowhere")
    return [_step(match) for match in found]


def _step(match: re.Match[str]) -> str | int:
    if match[2] is not None:
        return int(match[2])
    return match[1] or re.sub(r"\\(.)", r"\1", match[3] if match[3] is not None else match[4])


def _child(piece: Member, place: object, step: str | int, fresh: object) -> object:
    match place, step:
        case dict(), str():
            return place.setdefault(step, fresh)
        case list(), int():
            _reach(piece, place, step)
            if place[step] is None:
                place[step] = fresh
            return place[step]
        case _:
            piece.wrong("jsonPath", "leads nowhere")


def _set(piece: Member, place: object, step: str | int, value: object) -> None:
    match place, step:
        case dict(), str():
            place[step] = _longer(place.get(step), value)
        case list(), int():
            _reach(piece, place, step)
            place[step] = _longer(place[step], value)
        case _:
            piece.wrong("jsonPath", "leads nowhere")


def _longer(before: object, value: object) -> object:
    """Pieces of one text follow each other."""
    return before + value if isinstance(before, str) and isinstance(value, str) else value


def _reach(piece: Member, place: list[Any], step: int) -> None:
    if step >= _MOST_ITEMS:
        piece.wrong("jsonPath", "leads nowhere")
    place.extend([None] * (step + 1 - len(place)))


def _value(piece: Member) -> object:
    for name in ("stringValue", "numberValue", "boolValue"):
        if piece.has(name):
            return piece.plain[name]
    return None if "nullValue" in piece.plain else ""
