"""`Router` on the CPU of this process: a thread decides, the event loop waits, a deadline ends the waiting.

The weights are read once, on `load()` or with the first question. No prompt is kept, logged or put into an error.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

from router_model.choice import Choice, Option, Question, RouterLate, Score
from router_model.embedded.choosing import Chooser, Decision
from router_model.embedded.encoder import WEIGHTS, Encoder, OnnxEncoder
from router_model.embedded.judgement import read_judgement
from router_model.embedded.options import OptionCache

VERSION = "plano-embedded-1"


class EmbeddedRouter:
    """Chooses by similarity of meaning. `threads` decisions run at the same time, each on one core; one more thread
    takes questions with options never seen, since reading these may take a hundred times longer than choosing.

    `threshold` 0..1 is the probability an option must reach, instead of what training found best for so many options.
    `encoder` replaces the one of `weights` (tests); `clock` counts seconds.
    """

    def __init__(
        self,
        *,
        weights: Path = WEIGHTS,
        threads: int = 1,
        threshold: float | None = None,
        encoder: Encoder | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._weights = weights
        self._threshold = threshold
        self._encoder = encoder
        self._clock = clock
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="embedded-router")
        self._learning = ThreadPoolExecutor(1, thread_name_prefix="embedded-router-options")
        self._chooser: Chooser | None = None
        self._loading = Lock()

    @property
    def version(self) -> str:
        return VERSION

    def load(self) -> Chooser:
        """Read the weights now rather than with the first question. Raises OSError where they are missing."""
        with self._loading:
            if self._chooser is None:
                encoder = self._encoder or OnnxEncoder(self._weights)
                judgement = replace(read_judgement(self._weights / "judgement.json"), asked=self._threshold)
                self._chooser = Chooser(encoder, OptionCache(encoder), judgement)
            return self._chooser

    def keep(self, options: Sequence[Option]) -> None:
        """Work out now, and keep for good, what depends on these options only. Raises OSError as `load`."""
        cache = self.load().cache
        for option in options:
            cache.pin(option)

    def close(self) -> None:
        """Ends the threads; a decision that runs is finished first."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._learning.shutdown(wait=True, cancel_futures=True)

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        """The options the last turn asks for. Raises RouterLate."""
        began = self._clock()
        if deadline_s <= 0:
            raise RouterLate("no time left to choose")
        late = Event()
        pool = self._pool if self._knows(question) else self._learning
        waiting = asyncio.get_running_loop().run_in_executor(pool, self._decide, question, late)
        try:
            decision = await asyncio.wait_for(waiting, deadline_s)
        except TimeoutError:
            raise RouterLate("the embedded router was not ready in time") from None
        finally:
            late.set()
        return describe(question, decision, threshold=self.load().judgement.limit, seconds=self._clock() - began)

    def _knows(self, question: Question) -> bool:
        chooser = self._chooser
        return chooser is not None and all(chooser.cache.knows(option) for option in question.options)

    def _decide(self, question: Question, late: Event) -> Decision:
        def keep_going() -> None:
            if late.is_set():
                raise RouterLate("nobody waits for this choice any more")

        keep_going()
        return self.load().decide(question, keep_going)


def describe(question: Question, decision: Decision, *, threshold: float | None, seconds: float) -> Choice:
    """A decision in the words of the protocol."""
    scores = [
        Score(option.name, probability)
        for option, probability in zip(question.options, decision.probabilities, strict=True)
    ]
    chosen = tuple(scores[position] for position in decision.picked)
    return Choice(
        chosen=chosen,
        scores=tuple(sorted(scores, key=lambda score: -score.probability)),
        confidence=_confidence(scores, chosen, several=question.several),
        threshold=threshold,
        router=VERSION,
        prompt="",
        seconds=seconds,
    )


def _confidence(scores: list[Score], chosen: tuple[Score, ...], *, several: bool) -> float:
    """Of a choice: that of its least certain part. Of "none fits": what the options leave over."""
    if chosen:
        return min(score.probability for score in chosen)
    wanted = [score.probability for score in scores]
    return 1.0 - min(1.0, max(wanted, default=0.0) if several else sum(wanted))
