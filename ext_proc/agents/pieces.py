"""What a merged answer is made of, as it comes: the vocabulary between those who merge and those who encode."""

from __future__ import annotations

from dataclasses import dataclass

from ext_proc.agents.asking import Step
from ext_proc.agents.usage import Usage


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing can be said at the moment: this agent has the floor."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last piece of a whole answer; an answer that ends without it is none. `usage` None: nobody told."""

    usage: Usage | None
    steps: tuple[Step, ...]


Piece = Waiting | Text | Finished
