"""A `Router` that asks a served language model, in the prompt format the model was trained on.

In: questions. Out: choices with probabilities, calibrated by what the model chooses when there is nothing to go by,
asked once for each set of options. Sockets belong to the transport.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from router_model import prompts
from router_model.choice import Choice, Question, RouterError, RouterLate, RouterUnreachable, Score
from router_model.digests import Kept
from router_model.prompts import Format
from router_model.vllm.answers import NONE
from router_model.vllm.asking import Asking, Settings, Verdict, best
from router_model.vllm.reading import calibrate
from router_model.vllm.transport import Transport

PRIORS_MAX = 256


class ServedRouter:
    """Implements `Router`. Raises KeyError for a prompt format nobody knows."""

    def __init__(
        self, settings: Settings, transport: Transport, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        trained = prompts.trained_for(settings.model)
        self._format = prompts.named(settings.prompt) if settings.prompt else trained or prompts.PLANO_ORCHESTRATOR
        self._calibration = settings.calibration if settings.calibration is not None else 0.0 if trained else 1.0
        self._priors: Kept[Mapping[str, float]] = Kept(PRIORS_MAX)

    @property
    def version(self) -> str:
        return self._settings.model

    async def choose(self, question: Question, deadline_s: float) -> Choice:
        began = self._clock()
        try:
            async with asyncio.timeout(deadline_s):
                return await self._choose(question, began, deadline_s)
        except TimeoutError as problem:
            raise RouterLate(f"the router model did not answer within {deadline_s:g} s") from problem
        except OSError as problem:
            raise RouterUnreachable("no connection to the router model's server") from problem

    async def _choose(self, question: Question, began: float, deadline_s: float) -> Choice:
        form = self._format_for(question)
        asking = Asking(self._settings, self._transport, form, question, lambda: began + deadline_s - self._clock())
        verdict = await self._verdict(asking) if question.options else Verdict((), {}, 1.0)
        scores = tuple(
            sorted(
                (Score(option.name, _unit(verdict.weights.get(option.name, 0.0))) for option in question.options),
                key=lambda score: -score.probability,
            )
        )
        by_name = {score.name: score for score in scores}
        return Choice(
            chosen=tuple(by_name[name] for name in verdict.chosen),
            scores=scores,
            confidence=_unit(verdict.confidence),
            threshold=None,
            router=self.version,
            prompt=form.name,
            seconds=self._clock() - began,
        )

    def _format_for(self, question: Question) -> Format:
        """Letters answer neither for many options nor for lists: such questions are put in the published format."""
        if self._format.shape != "letter":
            return self._format
        fits = len(question.options) <= prompts.LETTERS_MAX and not question.several and self._settings.constrain
        return self._format if fits else prompts.PLANO_ORCHESTRATOR

    async def _verdict(self, asking: Asking) -> Verdict:
        if not self._settings.constrain:
            return await asking.freely()
        if asking.question.several and asking.form.shape == "list":
            return await asking.several()
        if self._calibration <= 0 or len(asking.question.options) < 2:
            return await asking.one()
        verdict, prior = await asyncio.gather(asking.one(), self._prior(asking))
        return best(calibrate(verdict.weights, prior, NONE, self._calibration))

    async def _prior(self, asking: Asking) -> Mapping[str, float]:
        """Empty where the server gives none: the choice is then not calibrated, and the next question asks again."""
        depends_on = (asking.form.name, asking.question.options)
        prior = self._priors.get(depends_on)
        if prior is None:
            try:
                prior = await asking.prior()
            except (RouterError, OSError):
                return {}
            self._priors.put(depends_on, prior)
        return prior


def _unit(probability: float) -> float:
    return min(max(probability, 0.0), 1.0)
