"""Turns as Converse demands them; see `chat.pairing`.

In: turns of which only what can be sent is left. Out: the same, with ids this API takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ext_proc.chat import pairing
from ext_proc.chat.request import Turn

_LEGAL = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")


def fit_id(id: str) -> str:
    """The id itself where it is legal, else always the same one for it."""
    return id if _LEGAL.fullmatch(id) else pairing.digest_id("tooluse", id)


def pair(turns: Iterable[Turn]) -> list[Turn]:
    return pairing.pair(turns, fit_id)
