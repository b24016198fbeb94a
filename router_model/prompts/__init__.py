"""Prompt formats as data: which family a model belongs to, and the prompt it was trained on.

In: options and turns. Out: the text of one user message, the beginning of the answer that is given to the model, and
the answers it may continue with. Equal input gives equal text, and what depends on the options only comes first, so
that a server with prefix caching computes it once. A format is an interface: a template is never edited, a changed one
is a new version.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import jinja2

from router_model.choice import Option, Turn
from router_model.digests import Kept
from router_model.trim import utf8_bytes

Shape = Literal["list", "one", "letter"]
"""How an answer looks: {"route": [names]}, {"route": name} or a single letter."""

LETTERS = string.ascii_uppercase[:19]
NO_LETTER = "Z"
LETTERS_MAX = len(LETTERS)
"""With the letter for none this is vLLM's default of 20 log-probabilities for a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A prompt format. `other`: the name a model was taught to say for none, "" where that is an empty list.
    `ascii_only`: whether its JSON escapes what is not ASCII, as Python's json does unless told otherwise."""

    family: str
    version: str
    shape: Shape
    other: str = ""
    ascii_only: bool = False

    @property
    def name(self) -> str:
        return f"{self.family}/{self.version}"

    def quoted(self, text: str) -> str:
        """The text as this format writes a JSON string."""
        return json.dumps(text, ensure_ascii=self.ascii_only)

    def size_bytes(self, text: str) -> int:
        """What a turn's text takes in the prompt, without its quotes."""
        return utf8_bytes(self.quoted(text)) - 2


PLANO_ORCHESTRATOR = Format(family="plano-orchestrator", version="1", shape="list")
ARCH_ROUTER = Format(family="arch-router", version="1", shape="one", other="other", ascii_only=True)
LETTER = Format(family="letter", version="1", shape="letter")
"""One token answers. For instruction-tuned models of a few billion parameters; smaller ones cannot do it."""

FORMATS = {each.name: each for each in (PLANO_ORCHESTRATOR, ARCH_ROUTER, LETTER)}

BY_MODEL: tuple[tuple[re.Pattern[str], Format], ...] = (
    (re.compile(r"arch[-_ ]?router", re.IGNORECASE), ARCH_ROUTER),
    (re.compile(r"orchestrator", re.IGNORECASE), PLANO_ORCHESTRATOR),
)
"""The first pattern found in a model's name decides."""


def trained_for(model: str) -> Format | None:
    """The format a model of this name was trained on, None where the name says nothing."""
    return next((each for pattern, each in BY_MODEL if pattern.search(model)), None)


def named(name: str) -> Format:
    """A format by its family (the newest version) or by `family/version`. Raises KeyError for neither."""
    if name in FORMATS:
        return FORMATS[name]
    newest = [each for each in FORMATS.values() if each.family == name]
    if not newest:
        raise KeyError(f"no prompt format {name!r}; there are {', '.join(sorted(FORMATS))}")
    return max(newest, key=lambda each: int(each.version))


def render(form: Format, options: Sequence[Option], turns: Sequence[Turn]) -> str:
    """The user message. `options` in declared order; no text holds a lone surrogate."""
    return _template(form).render(
        routes=[{"name": option.name, "description": _described(form, option)} for option in options],
        options=options,
        letters=LETTERS,
        no_letter=NO_LETTER,
        conversation=[{"role": turn.role, "content": turn.text} for turn in turns],
    )


def frame_bytes(form: Format, options: tuple[Option, ...]) -> tuple[int, int]:
    """What a prompt takes without any turn, and what each turn adds to its own text."""
    return _FRAMES.of((form, options), lambda: _frame_bytes(form, options))


_FRAMES: Kept[tuple[int, int]] = Kept(256)


def _frame_bytes(form: Format, options: tuple[Option, ...]) -> tuple[int, int]:
    bare = utf8_bytes(render(form, options, ()))
    return bare, utf8_bytes(render(form, options, (Turn("user", ""),))) - bare


def _described(form: Format, option: Option) -> str:
    """Trained formats have no place for examples, a description takes them; the letter format has its own."""
    if form.shape == "letter" or not option.examples:
        return option.description
    return f"{option.description} Examples: {'; '.join(option.examples)}"


@cache
def _template(form: Format) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("router_model", "prompts"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["json"] = partial(_json, form.ascii_only)
    return environment.get_template(f"{form.family.replace('-', '_')}_{form.version}.j2")


def _json(ascii_only: bool, value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent)
