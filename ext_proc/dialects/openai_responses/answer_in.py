"""A provider's answer read.

In: a response object. Out: an `Answer` with one choice. Raises Garbled, and AnswerFailed where the response says so.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ext_proc.chat.answer import Answer, Choice, Stop, StopReason
from ext_proc.chat.parts import Part, Plain, Refusal, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.openai_responses.errors import failure
from ext_proc.dialects.openai_responses.items_in import read_item
from ext_proc.dialects.openai_responses.usage import read_usage

_INCOMPLETE: dict[str, StopReason] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
    "max_messages": "pause",
    "steered": "pause",
}
_LATEST_S = 1e12
"""A time beyond it is none; infinities and NaN are beyond everything."""
_UNDERWAY = ("queued", "in_progress")
KEPT = ("service_tier", "background", "conversation", "tool_usage", "moderation", "input_transformations")
"""Members of a response that say more than the request did."""


def decode_answer(body: Plain) -> Answer:
    response = Node(body, trusted=True)
    if response.text("status") in ("failed", "cancelled"):
        raise AnswerFailed(failure(body))
    if not isinstance(body.get("output"), list):
        response.wrong("output", "is missing")
    parts: list[Part] = []
    scores: list[Any] = []
    for item in response.nodes("output"):
        found = read_item(item)[1]
        parts += found
        scores += scores_of(found)
    return Answer(
        id=response.text("id"),
        model=response.text("model"),
        choices=(
            Choice(
                parts=tuple(parts),
                stop=read_stop(response, {type(part) for part in parts}),
                logprobs=chat_scores(scores),
            ),
        ),
        usage=read_usage(response),
        created_s=read_time(response),
        rest=read_rest(response),
    )


def read_stop(response: Node, kinds: Collection[type[Part]]) -> Stop:
    """Why it ended; `kinds` of parts there were in the answer."""
    status = response.text("status")
    if status == "incomplete":
        details = response.node("incomplete_details")
        reason = details.text("reason") if details else ""
        return Stop(reason=_INCOMPLETE.get(reason, "length"), raw=reason or status)
    if status in _UNDERWAY:
        return Stop(reason="pause", raw=status)
    if ToolCall in kinds:
        return Stop(reason="tool_use", raw=status)
    if Refusal in kinds:
        return Stop(reason="refusal", raw=status)
    return Stop(reason="end", raw=status)


def read_time(response: Node) -> int | None:
    found = response.number("created_at")
    return int(found) if found is not None and -_LATEST_S < found < _LATEST_S else None


def read_rest(response: Node) -> dict[str, Any]:
    return {name: response.plain[name] for name in KEPT if response.has(name)}


def scores_of(parts: list[Part]) -> list[Any]:
    """Log probabilities of the texts, in the shape chat has too."""
    found = [part.extra.get("logprobs") for part in parts if isinstance(part, Text)]
    return [score for scores in found if isinstance(scores, list) for score in scores]


def chat_scores(scores: list[Any]) -> Plain | None:
    return {"content": scores} if scores else None
