"""Which answers are allowed to a question, as the text that follows the prompt in each prompt format.

In: a format and the options' names. Out: the beginning given to the model and the continuations it may choose from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from router_model.prompts import LETTERS, NO_LETTER, Format
from router_model.trim import utf8_bytes

NONE = ""
"""Stands for "none fits" among names; an option's name is never empty."""
PREFILL = '{"route":'
"""Given to the model as the beginning of its answer: the tokens it saves are the same in every answer, and it ends
where a tokenizer of the Qwen kind ends a token as well, so what follows is what the model was taught."""

SEVERAL_MAX = 8
"""More at once no request needs, and room for them would be taken from the conversation."""

_SPECIAL = re.compile(r"([\\^$.|?*+()\[\]{}/-])")


@dataclass(frozen=True, slots=True)
class Answers:
    """`texts`: name (or NONE) -> the whole continuation after `prefill`.

    `decisive_tokens`: after how many tokens the answer is usually known. `longest_tokens`: when it is complete.
    """

    prefill: str
    texts: Mapping[str, str]
    decisive_tokens: int
    longest_tokens: int


def single(form: Format, names: tuple[str, ...], *, none: bool = True) -> Answers:
    """At most one option, exactly one without `none`. An option called what the format calls none leaves none
    unsayable."""
    if form.shape == "letter":
        texts = {**dict(zip(names, LETTERS, strict=False)), NONE: NO_LETTER}
    elif form.shape == "one":
        texts = {name: f" {form.quoted(name)}}}" for name in names}
        texts |= {} if form.other in names else {NONE: f" {form.quoted(form.other)}}}"}
    else:
        texts = {**{name: f" [{form.quoted(name)}]}}" for name in names}, NONE: " []}"}
    if not none:
        texts.pop(NONE, None)
    prefill = "" if form.shape == "letter" else PREFILL
    longest = max(utf8_bytes(text) for text in texts.values()) + 1
    return Answers(prefill, texts, _decisive(texts.values()) if prefill else 1, longest)


def _decisive(texts: Iterable[str]) -> int:
    """The token that opens (and says none or some), those in which the two most alike names are the same, and the one
    in which they differ."""
    alike = max((_alike(one, other) for one, other in pairwise(sorted(texts))), default=0)
    return 2 + -(-max(alike - len(' ["'), 0) // 5)


def listed_pattern(form: Format, names: tuple[str, ...]) -> str:
    """A regular expression for an ordered list of options as the continuation of PREFILL, in the exact spacing the
    model was taught. The same name twice is left to the reader."""
    one = "|".join(_SPECIAL.sub(r"\\\1", form.quoted(name)) for name in names)
    more = f"(, ({one})){{0,{min(len(names), SEVERAL_MAX) - 1}}}" if len(names) > 1 else ""
    return rf" \[(({one}){more})?\]\}}"


def listed_steps(form: Format, chosen: Sequence[str], names: Sequence[str]) -> list[dict[str, str]]:
    """For each decision on the way to a list: what could have been said there, as the text from the beginning on."""
    said, steps = " [", list[dict[str, str]]()
    for position in range(len(chosen) + 1):
        joint = ", " if position else ""
        rest = [name for name in names if name not in chosen[:position]]
        steps.append({NONE: said + "]", **{name: f"{said}{joint}{form.quoted(name)}" for name in rest}})
        if position < len(chosen):
            said = steps[-1][chosen[position]]
    return steps


def _alike(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
