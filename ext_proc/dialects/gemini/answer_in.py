"""A provider's answer read.

In: a GenerateContentResponse. Out: an `Answer` with a choice for each candidate. Raises Garbled, and AnswerFailed where
the answer is an error or the model broke off without a word. A refused prompt is an answer: filtered, and empty.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ext_proc.chat.answer import Answer, Choice
from ext_proc.chat.parts import Part, Plain, Text, ToolCall
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.gemini import errors
from ext_proc.dialects.gemini.parts_in import read_part
from ext_proc.dialects.gemini.scores import read_scores
from ext_proc.dialects.gemini.sources import read_sources
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.stops import BLOCKED, broke_off, read_block, read_stop
from ext_proc.dialects.gemini.usage import read_usage

KEPT = (BLOCKED, "modelStatus")
"""Members of an answer that only this dialect has."""


def decode_answer(body: Plain) -> Answer:
    answer = Member(body, trusted=True)
    if answer.has("error"):
        raise AnswerFailed(errors.failure(body))
    choices = tuple(_choice(candidate) for candidate in answer.members("candidates"))
    if not choices:
        choices = (_blocked(answer),)
    if all(broke_off(choice.stop) and not choice.parts for choice in choices):
        stop = choices[0].stop
        raise AnswerFailed(errors.broken(stop.raw, stop.extra.get("finishMessage")))
    return Answer(
        id=answer.text("responseId"),
        model=answer.text("modelVersion"),
        choices=choices,
        usage=read_usage(answer),
        created_s=read_time(answer),
        rest=read_rest(answer),
    )


def read_parts(candidate: Member) -> list[Member]:
    content = candidate.node("content")
    return list(content.members("parts")) if content is not None else []


def read_time(answer: Member) -> int | None:
    try:
        return int(datetime.fromisoformat(answer.text("createTime")).timestamp())
    except (ValueError, OverflowError):
        return None


def read_rest(answer: Member) -> dict[str, Any]:
    return {name: answer.plain[name] for name in KEPT if answer.has(name)}


def _blocked(answer: Member) -> Choice:
    stop = read_block(answer)
    return answer.wrong("candidates", "is missing") if stop is None else Choice(parts=(), stop=stop)


def _choice(candidate: Member) -> Choice:
    parts = [read_part(node) for node in read_parts(candidate)]
    called = any(isinstance(part, ToolCall) for part in parts)
    return Choice(
        parts=tuple(_cited(candidate, parts)),
        stop=read_stop(candidate, called=called),
        logprobs=read_scores(candidate),
    )


def _cited(candidate: Member, parts: list[Part]) -> list[Part]:
    texts = {place: part.text for place, part in enumerate(parts) if isinstance(part, Text)}
    last = max(texts, default=-1)
    for placed in read_sources(candidate, texts):
        place = placed.part if placed.part in texts else last
        part = parts[place] if parts else None
        if isinstance(part, Text):
            parts[place] = replace(part, citations=(*part.citations, placed.citation))
    return parts
