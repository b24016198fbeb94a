"""Who is compared: the embedded router as shipped, and its encoder before training with plain cosine similarity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from router_model.embedded.choosing import Chooser
from router_model.embedded.encoder import Encoder, Vector
from router_model.embedded.router import describe
from router_model.evaluate.episodes import Case, Episode
from router_model.evaluate.metrics import Answer


class Contender(Protocol):
    """Anything that answers cases."""

    def answer(self, case: Case) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Remembering:
    """An encoder that runs once for each text: the same utterances are asked in many episodes."""

    encoder: Encoder
    known: dict[str, Vector] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.encoder.size

    def encode(self, text: str) -> Vector:
        if text not in self.known:
            self.known[text] = self.encoder.encode(text)
        return self.known[text]


@dataclass(frozen=True, slots=True)
class Shipped:
    """The embedded router, deciding exactly as it does in the product."""

    chooser: Chooser

    def answer(self, case: Case) -> Answer:
        decision = self.chooser.decide(case.question)
        choice = describe(case.question, decision, threshold=None, seconds=0.0)
        best = choice.scores[0]
        return Answer(
            wanted=case.wanted,
            chosen=tuple(score.name for score in choice.chosen),
            best=best.name,
            score=best.probability,
            confidence=choice.confidence,
        )


@dataclass
class PlainCosine:
    """The baseline: cosine of the request and "name: description"; examples are averaged into the vector."""

    encoder: Encoder
    threshold: float = 0.35

    @cached_property
    def _routes(self) -> dict[int, tuple[object, Vector]]:
        return {}

    def _vectors(self, case: Case) -> Vector:
        options = case.question.options
        kept = self._routes.get(id(options))
        if kept is None or kept[0] is not options:
            rows = [
                np.mean([self.encoder.encode(text) for text in (f"{o.name}: {o.description}", *o.examples)], axis=0)
                for o in options
            ]
            matrix = np.stack([row / np.linalg.norm(row) for row in rows])
            self._routes[id(options)] = kept = (options, matrix)
        return kept[1]

    def answer(self, case: Case) -> Answer:
        near = self._vectors(case) @ self.encoder.encode(case.question.conversation[-1].text)
        best = int(near.argmax())
        name, score = case.question.options[best].name, float(near[best])
        return Answer(
            wanted=case.wanted,
            chosen=(name,) if score >= self.threshold else (),
            best=name,
            score=score,
            confidence=max(0.0, min(1.0, score)),
        )


def answer_all(contender: Contender, episodes: Iterable[Episode]) -> Sequence[Answer]:
    """Every answer of every episode, in order."""
    return [contender.answer(case) for episode in episodes for case in episode.cases]
