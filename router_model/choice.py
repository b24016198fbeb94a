"""One protocol for everything that chooses: a conversation and described options in, an ordered choice out.

Abstaining ("none fits") is an answer, not an error: `Choice.chosen` is then empty. A router that cannot answer raises a
`RouterError`. Nothing here knows a socket, a clock or a configuration file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation, text only. The last turn is the one to route."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """What may be chosen. `name` is unique within a question; `examples` are requests that belong to it."""

    name: str
    description: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """`several`: whether more than one option may be chosen, in the order they are to be carried out."""

    conversation: tuple[Turn, ...]
    options: tuple[Option, ...]
    several: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """`probability` 0..1 that the option is wanted: of a hundred choices made at 0.8, about eighty are right."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`chosen` in order of execution, empty for "none fits". `scores` has every option, best first.

    `confidence` 0..1 is that of the whole answer (of abstaining, where nothing is chosen). `threshold` is what the
    scores had to reach together for one to be chosen, None where the router has none. `router` names the model and its
    version, `prompt` the prompt's version ("" without one). `seconds` is the time the router took.
    """

    chosen: tuple[Score, ...]
    scores: tuple[Score, ...]
    confidence: float
    threshold: float | None
    router: str
    prompt: str
    seconds: float


class RouterError(Exception):
    """The router gave no answer. The text never holds a prompt or a key."""


class RouterLate(RouterError):
    """No answer before the deadline."""


class RouterUnreachable(RouterError):
    """No connection, or a status that says the server cannot answer now (429, 5xx)."""


class RouterConfused(RouterError):
    """An answer that is none: not the promised form, an unknown option, a refusal of the request (4xx)."""


class Router(Protocol):
    """Anything that chooses."""

    @property
    def version(self) -> str:
        """Name and version, as in `Choice.router`."""
        ...

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        """Answer within `deadline_s` seconds from now. Raises RouterError."""
        ...
