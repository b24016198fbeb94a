"""What a call beside chat is made of while it is translated.

A translator takes the client's body and says what to send (`Sending`); its `told` makes the client's answer of the
provider's. Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ext_proc.chat.answer import Usage
from ext_proc.chat.dialect import Asked
from ext_proc.chat.parts import Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A provider's answer; `headers` in lower case."""

    body: Plain
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The client's answer. `estimated`: nobody counted."""

    body: Plain
    usage: Usage | None = None
    estimated: bool = False


Tell = Callable[[Sequence[Heard]], Told]
"""Answers in the order of the bodies sent -> the client's. Raises Garbled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """`bodies`: a request each, none where nobody is asked; `dropped`: addresses in the client's body."""

    bodies: tuple[Plain, ...]
    tell: Tell
    dropped: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A client's call: its body, where it came to (`call`: the path, with {model} where it names one), the provider's
    model, and the dialect of chat the model is asked in ("" = none)."""

    body: Plain
    asked: Asked
    call: str
    model: str
    chat: str = ""


Translate = Callable[[Wanted], Sending]
"""Raises Malformed, Unable."""
