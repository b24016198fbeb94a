"""What a generation of models takes and its neighbours do not.

In: the model a request goes to. Out: a `Generation`. The table follows Google's public pages on thinking, thought
signatures and function calling; a model nobody knows is taken for one of the second generation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ext_proc.chat.dialect import Model

_UNKNOWN = (2, 99)
_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
_LATEST = re.compile(r"gemini-[a-z-]+-latest")
_FLASH_LEVELS = ("minimal", "low", "medium", "high")
_LEVELS_OF: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("gemini-3-pro", ("low", "high")),
    ("-pro", ("low", "medium", "high")),
)
_BUDGETS_OF: tuple[tuple[str, tuple[int, int, bool]], ...] = (
    ("-pro", (128, 32768, True)),
    ("flash-lite", (512, 24576, False)),
    ("", (1, 24576, False)),
)
"""Part of a model's name -> the least and the largest budget, and whether it always thinks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """`named`: it is known which one it is. `thinking`: how a model is told how much to think. `levels` it knows, the
    least first. `always_thinks`: thinking cannot be turned off. `signs_calls`: calls in a history must be signed, and
    have ids. `media_results`: a function may answer with media. `joins_tools`: functions stand beside Google's tools
    and an answer in JSON. `mixes_tools`: Google's tools beside functions must be asked for."""

    named: bool = True
    thinking: Literal["level", "budget", "none"] = "none"
    levels: tuple[str, ...] = ()
    least_tokens: int = 1
    most_tokens: int = 24576
    always_thinks: bool = False
    signs_calls: bool = False
    media_results: bool = False
    joins_tools: bool = False
    mixes_tools: bool = False


def generation_of(model: Model) -> Generation:
    """By `family` where it names one ("gemini-3"), else by the model's id. A family with "vertex" in it is served by
    Vertex AI, which refuses some members."""
    version = _version(model)
    if version >= (3, 0):
        levels = next((levels for name, levels in _LEVELS_OF if name in model.id), _FLASH_LEVELS)
        return Generation(
            thinking="level",
            levels=levels,
            always_thinks=True,
            signs_calls=True,
            media_results=True,
            joins_tools=True,
            mixes_tools="vertex" not in model.family,
        )
    if version < (2, 5):
        return Generation()
    least, most, always = next(found for name, found in _BUDGETS_OF if name in model.id)
    return Generation(
        named=version < _UNKNOWN,
        thinking="budget",
        least_tokens=least,
        most_tokens=most,
        always_thinks=always,
    )


def _version(model: Model) -> tuple[int, int]:
    if found := _VERSION.search(model.family) or _VERSION.search(model.id):
        return int(found[1]), int(found[2] or 0)
    if _LATEST.search(model.id):
        return 3, 0
    return (1, 0) if "gemma" in model.id else _UNKNOWN
