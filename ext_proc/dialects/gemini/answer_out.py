"""An answer written for a client.

In: an `Answer`. Out: a GenerateContentResponse.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ext_proc.chat.answer import Answer, Choice, Stop, Usage
from ext_proc.chat.dialect import Saying
from ext_proc.chat.parts import Citation, Part, Plain, Text
from ext_proc.dialects.gemini.answer_in import KEPT
from ext_proc.dialects.gemini.parts_told import Teller, Told
from ext_proc.dialects.gemini.scores import write_scores
from ext_proc.dialects.gemini.sources import write_sources
from ext_proc.dialects.gemini.stops import BLOCKED, MALFORMED_CALL, write_stop
from ext_proc.dialects.gemini.stops import KEPT as KEPT_OF_CANDIDATE
from ext_proc.dialects.gemini.usage import write_usage

Cited = tuple[int, str, Sequence[Citation]]


def encode_answer(answer: Answer, saying: Saying) -> Told:
    teller = Teller(saying.id)
    candidates = [_candidate(choice, number, teller) for number, choice in enumerate(answer.choices)]
    return {
        **_told(candidates, [choice.stop for choice in answer.choices]),
        **around(answer.usage, answer.rest),
        "modelVersion": saying.model,
        "responseId": answer.id or saying.id,
    }


def ending(stop: Stop, *, malformed: bool, cited: Iterable[Cited], logprobs: Iterable[Plain]) -> Told:
    """What a candidate says at its end. A call nobody can carry out is this API's own word for an end."""
    told: Told = {"finishReason": write_stop(stop)}
    if malformed and stop.reason not in ("length", "context"):
        told = {"finishReason": MALFORMED_CALL, "finishMessage": "the arguments of a function call are no JSON object"}
    told |= write_sources(list(cited)) | write_scores(logprobs)
    return told | {name: stop.extra[name] for name in KEPT_OF_CANDIDATE if name in stop.extra}


def around(usage: Usage | None, rest: Plain) -> Told:
    """What stands beside the candidates."""
    told: Told = {name: rest[name] for name in KEPT if name in rest}
    return told | ({"usageMetadata": write_usage(usage)} if usage is not None else {})


def blocked(stop: Stop) -> Told:
    """A refused prompt as this API tells it: without candidates."""
    feedback: Any = stop.extra.get(BLOCKED)
    return {BLOCKED: feedback} if isinstance(feedback, dict) else {}


def cited_texts(parts: Iterable[Part]) -> list[Cited]:
    return [(place, part.text, part.citations) for place, part in enumerate(parts) if isinstance(part, Text)]


def _told(candidates: list[Told], stops: list[Stop]) -> Told:
    return blocked(stops[0]) if len(stops) == 1 and blocked(stops[0]) else {"candidates": candidates}


def _candidate(choice: Choice, number: int, teller: Teller) -> Told:
    parts = [told for part in choice.parts if (told := teller.tell(part, number)) is not None]
    logprobs = [choice.logprobs] if choice.logprobs else []
    malformed = number in teller.malformed
    return {
        "content": {"parts": parts, "role": "model"},
        **ending(choice.stop, malformed=malformed, cited=cited_texts(choice.parts), logprobs=logprobs),
        "index": number,
    }
