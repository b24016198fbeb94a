"""One question put to a served model: at most one option in one short constrained answer (two to a few tokens, one for
the letter format), or an ordered list.

In: a question and a format. Out: a verdict, or a RouterError. Whatever the answer's length, no more is generated than
tells the options apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from router_model import prompts, trim
from router_model.choice import Question, RouterConfused, Turn
from router_model.prompts import Format
from router_model.vllm import answers, reading, wire
from router_model.vllm.answers import NONE, Answers
from router_model.vllm.transport import TooLong, Transport, check

NOTHING = (Turn("user", "N/A"),)
"""A request without content: what a model chooses here it chooses by itself."""
SHRINKS = (1, 5)
"""Digits and random text take a token a byte, four times the estimate: a second try sends less than a quarter."""
ROOM_MIN_TOKENS = 32
"""With less room than this for the conversation an answer would be to nothing anyone asked."""
UNKNOWN_CONFIDENCE = 0.5
"""Where a server sends no probabilities: neither sure nor unsure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`model` is its name at the server. `prompt` names a format (`family` or `family/version`), "" = by the model.
    `context_tokens` is what the server accepts, prompt and answer together.

    `constrain`: whether the server knows vLLM's structured outputs; without them there are no probabilities.
    `calibration` 0..1: how much of an option's own attraction is divided out; 0 asks no extra request. None: all of it
    for models nobody trained to route, nothing for those whose format is known by their name.
    """

    model: str
    prompt: str = ""
    context_tokens: int = 8192
    constrain: bool = True
    calibration: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Names in order; the weight of every option (and of NONE, where known); the confidence in the whole answer."""

    chosen: tuple[str, ...]
    weights: Mapping[str, float]
    confidence: float


def best(weights: Mapping[str, float]) -> Verdict:
    """The heaviest, the earlier one of equals."""
    name = max(weights, key=lambda each: weights[each])
    return Verdict((name,) if name != NONE else (), weights, weights[name])


@dataclass(frozen=True, slots=True)
class Asking:
    """`left_s` says how many seconds remain."""

    settings: Settings
    transport: Transport
    form: Format
    question: Question
    left_s: Callable[[], float]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(option.name for option in self.question.options)

    async def one(self) -> Verdict:
        """At most one option."""
        return best(await self._weights(answers.single(self.form, self.names), self.question.conversation))

    async def prior(self) -> Mapping[str, float]:
        """What the model chooses among these options when there is nothing to go by and none is no answer."""
        return await self._weights(answers.single(self.form, self.names, none=False), NOTHING)

    async def several(self) -> Verdict:
        """Any number, in order. The confidence is the probability of exactly this list."""
        longest = self._listed_tokens(8)
        pattern = answers.listed_pattern(self.form, self.names)
        reply = await self._constrained(answers.PREFILL, pattern, longest, self.question.conversation)
        chosen = reading.names_in(_whole(reply.text), self.names)
        if not reply.steps:
            return _unweighed(chosen)
        missed, confidence = dict.fromkeys(self.names, 1.0), 1.0
        for position, step in enumerate(answers.listed_steps(self.form, chosen, self.names)):
            weights, _ = reading.weigh(reply.steps, step)
            confidence *= weights[chosen[position] if position < len(chosen) else NONE]
            for name in self.names:
                missed[name] *= 1 - weights.get(name, 0.0)
        return Verdict(chosen, {name: 1 - miss for name, miss in missed.items()}, confidence)

    async def freely(self) -> Verdict:
        """From a server that constrains nothing and tells nothing of its doubts."""
        longest = self._listed_tokens(32)
        prompt = self._prompt(longest, self.question.conversation, 1)
        reply = await self._post(wire.plain(self.settings.model, prompt, max_tokens=longest))
        chosen = reading.names_in(reply.text, self.names)
        return _unweighed(chosen if self.question.several else chosen[:1])

    async def _weights(self, allowed: Answers, turns: tuple[Turn, ...]) -> Mapping[str, float]:
        """Asks for as many tokens as usually tell; for all of them where they did not. What then is no allowed answer
        comes from a server that ignores constraints: its text may still tell."""
        reply = wire.Reply("", ())
        for max_tokens in (allowed.decisive_tokens, allowed.longest_tokens):
            reply = await self._constrained(allowed.prefill, tuple(allowed.texts.values()), max_tokens, turns)
            if reply.steps:
                weights, clear = reading.weigh(reply.steps, allowed.texts)
            else:
                weights, clear = _certain(allowed, reply.text)
            if clear:
                return weights
        return _told(allowed, reply.text)

    async def _constrained(
        self, prefill: str, allowed: tuple[str, ...] | str, max_tokens: int, turns: tuple[Turn, ...]
    ) -> wire.Reply:
        for shrink in SHRINKS:
            prompt = self._prompt(max_tokens, turns, shrink)
            body = wire.constrained(
                self.settings.model, prompt, prefill=prefill, allowed=allowed, max_tokens=max_tokens
            )
            try:
                return await self._post(body)
            except TooLong as problem:
                too_long = problem
        raise too_long

    async def _post(self, body: bytes) -> wire.Reply:
        status, answer = await self.transport.post(wire.PATH, body, max(self.left_s(), 0.0))
        check(status, answer)
        return wire.read(answer)

    def _prompt(self, answer_tokens: int, turns: tuple[Turn, ...], shrink: int) -> str:
        """The routes count, and so do the answer and what frames a turn."""
        bare_bytes, turn_bytes = prompts.frame_bytes(self.form, self.question.options)
        budget_tokens = self.settings.context_tokens - trim.estimated_tokens(bare_bytes) - answer_tokens
        if budget_tokens < ROOM_MIN_TOKENS:
            raise TooLong("the options leave no room for a conversation in the context of the router model")
        kept = trim.recent(
            [replace(turn, text=_clean(turn.text)) for turn in turns],
            budget_tokens // shrink,
            turn_tokens=trim.estimated_tokens(turn_bytes),
            measure=self.form.size_bytes,
        )
        return prompts.render(self.form, self.question.options, kept)

    def _listed_tokens(self, frame_tokens: int) -> int:
        """Enough for as many names as a list may have, a token a byte."""
        sizes = sorted((trim.utf8_bytes(self.form.quoted(name)) + 2 for name in self.names), reverse=True)
        return sum(sizes[: answers.SEVERAL_MAX]) + frame_tokens


def _certain(allowed: Answers, text: str) -> tuple[dict[str, float], bool]:
    """A server that constrains but sends no probabilities."""
    begun = [name for name, whole in allowed.texts.items() if whole.startswith(text) or text.startswith(whole)]
    clear = len(begun) == 1
    return dict.fromkeys(allowed.texts, 0.0) | ({begun[0]: UNKNOWN_CONFIDENCE} if clear else {}), clear


def _told(allowed: Answers, text: str) -> dict[str, float]:
    """An answer of its own making."""
    if not allowed.prefill:
        raise RouterConfused("the router model's answer is none of those allowed")
    name = next(iter(reading.names_in(text, allowed.texts)), NONE)
    if name not in allowed.texts:
        raise RouterConfused("the router model says none where none is no answer")
    return dict.fromkeys(allowed.texts, 0.0) | {name: UNKNOWN_CONFIDENCE}


def _unweighed(chosen: tuple[str, ...]) -> Verdict:
    return Verdict(chosen, dict.fromkeys(chosen, UNKNOWN_CONFIDENCE), UNKNOWN_CONFIDENCE)


def _whole(text: str) -> str:
    """A server that does not go on from the beginning it is given says it again."""
    return text if text.lstrip().startswith("{") else answers.PREFILL + text


def _clean(text: str) -> str:
    """No UTF-8 carries a lone surrogate."""
    return text.encode("utf-8", "replace").decode()
