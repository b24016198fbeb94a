"""The decision itself: question and encoder in, probabilities and an ordered pick out. No threads, no deadlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from router_model.choice import Question
from router_model.embedded.encoder import Encoder
from router_model.embedded.judgement import Judgement, Numbers
from router_model.embedded.options import OptionCache, OptionVectors
from router_model.embedded.requests import Request, read_request
from router_model.embedded.texts import count_words, is_small_talk

SMALL_TALK_NEAR = 0.4
SMALL_TALK_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Decision:
    """`picked` are positions of options in the order they are to be carried out; `probabilities` has one per option."""

    picked: tuple[int, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chooser:
    """What a decision needs. `keep_going` is asked between encoder runs and may raise to stop."""

    encoder: Encoder
    cache: OptionCache
    judgement: Judgement

    def decide(self, question: Question, keep_going: Callable[[], None] = lambda: None) -> Decision:
        """Pure but for the cache: equal questions get equal decisions."""
        request = read_request(question.conversation)
        if not question.options or not request.words:
            return Decision((), tuple(0.0 for _ in question.options))
        vectors = [self.cache.vectors(option, keep_going) for option in question.options]
        whole = self._whole(request, vectors, keep_going)
        if len(request.clauses) < 2 or (not question.several and self.judgement.fits(whole)):
            return self._best(whole)
        clauses = []
        for clause in request.clauses:
            keep_going()
            clauses.append(self._judge(clause, vectors))
        if question.several:
            return self._several(whole, clauses)
        return self._best(np.maximum(whole, np.max(clauses, axis=0)))

    def _judge(self, text: str, options: list[OptionVectors]) -> Numbers:
        near = self.judgement.similarities(self.encoder.encode(text), options)
        shown = sum(1 for option in options if len(option.examples)) / len(options)
        found = self.judgement.probabilities(near, examples=shown, words=count_words(text))
        # A bare "hello" is a little like every assistant; it is for an option only that is about greetings.
        return found * SMALL_TALK_SHARE if near.max() < SMALL_TALK_NEAR and is_small_talk(text) else found

    def _whole(self, request: Request, options: list[OptionVectors], keep_going: Callable[[], None]) -> Numbers:
        """The best that any reading of the whole request gives each option."""
        readings = []
        for text in request.texts:
            keep_going()
            readings.append(self._judge(text, options))
        return max(readings, key=lambda reading: float(reading.max()))

    def _best(self, probabilities: Numbers) -> Decision:
        best = int(probabilities.argmax())
        picked = (best,) if self.judgement.fits(probabilities) else ()
        return Decision(picked, tuple(probabilities.tolist()))

    def _several(self, whole: Numbers, clauses: list[Numbers]) -> Decision:
        """Each clause's option in the order of the clauses, or that of the whole where no clause has one."""
        picked: list[int] = []
        for clause in clauses:
            best = int(clause.argmax())
            if self.judgement.fits(clause) and best not in picked:
                picked.append(best)
        probabilities = np.maximum(whole, np.max(clauses, axis=0))
        return Decision(tuple(picked), tuple(probabilities.tolist())) if picked else self._best(whole)
