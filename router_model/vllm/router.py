"""A `Router` that asks a served language model, in the prompt format the model was trained on.

In: questions. Out: choices with probabilities, calibrated by what the model chooses when there is nothing to go by,
asked once for each set of options. Sockets belong to the transport.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b

from router_model import prompts
from router_model.choice import Choice, Question, RouterError, RouterLate, RouterUnreachable, Score
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
        self._priors: OrderedDict[bytes, Mapping[str, float]] = OrderedDict()

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
        key = _digest(asking)
        if key not in self._priors:
            try:
                self._priors[key] = await asking.prior()
            except (RouterError, OSError):
                return {}
        self._priors.move_to_end(key)
        while len(self._priors) > PRIORS_MAX:
            self._priors.popitem(last=False)
        return self._priors[key]


def _digest(asking: Asking) -> bytes:
    """What a prior depends on; the texts of a request's own options are not kept."""
    said = repr((asking.form.name, asking.question.options))
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _unit(probability: float) -> float:
    return min(max(probability, 0.0), 1.0)
