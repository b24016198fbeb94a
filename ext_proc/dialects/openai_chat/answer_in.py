"""A provider's answer read.

In: a chat.completion object. Out: an `Answer`. Raises Garbled, and AnswerFailed where the body is an error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ext_proc.chat.answer import Answer, Choice
from ext_proc.chat.parts import Inline, Media, Part, Plain, Reasoning, Refusal, Text, ToolCall
from ext_proc.chat.reading import Node
from ext_proc.chat.whole import AnswerFailed
from ext_proc.dialects.openai_chat.content_in import read_citations, read_content
from ext_proc.dialects.openai_chat.errors import failure, is_error
from ext_proc.dialects.openai_chat.media_in import read_image
from ext_proc.dialects.openai_chat.stops import FAILURES, read_stop
from ext_proc.dialects.openai_chat.thoughts import read_thoughts
from ext_proc.dialects.openai_chat.turns_in import read_call
from ext_proc.dialects.openai_chat.usage import read_usage
from ext_proc.dialects.openai_chat.words import NAME

_LATEST_S = 1e12
"""A time beyond it is none; infinities and NaN are beyond everything."""
KEPT = ("service_tier", "system_fingerprint", "provider", "moderation", "metadata", "citations", "search_results")
"""Members of an answer that say more than the request did."""


def decode_answer(body: Plain) -> Answer:
    if is_error(body):
        raise AnswerFailed(failure(body))
    node = Node(body, trusted=True)
    found = sorted(node.nodes("choices"), key=lambda choice: choice.integer("index") or 0)
    if not found:
        node.wrong("choices", "is missing")
    return Answer(
        id=node.text("id"),
        model=node.text("model"),
        choices=tuple(_choice(each) for each in found),
        usage=read_usage(node),
        created_s=read_time(node),
        rest=read_rest(node),
    )


def read_time(node: Node) -> int | None:
    found = node.number("created")
    return int(found) if found is not None and -_LATEST_S < found < _LATEST_S else None


def read_rest(node: Node) -> dict[str, Any]:
    return {name: node.plain[name] for name in KEPT if node.has(name)}


def read_scores(choice: Node) -> Plain | None:
    """Lists only: some servers have shapes of their own."""
    found = choice.plain.get("logprobs")
    if not isinstance(found, dict):
        return None
    known = {name: found[name] for name in ("content", "refusal") if isinstance(found.get(name), list)}
    return known or None


def check_finish(choice: Node, raw: str) -> None:
    """Raises AnswerFailed where the word says that the answer broke off."""
    if raw in FAILURES:
        found = choice.plain.get("error")
        raise AnswerFailed(failure({"error": found} if isinstance(found, dict) else {"code": raw}))


def read_audio(node: Node) -> Media:
    source = Inline("", node.text("data"))
    return Media(kind="audio", source=source, origin=NAME, extra=node.rest("data"), at=node.at)


def _choice(choice: Node) -> Choice:
    message = choice.node("message")
    if message is None:
        choice.wrong("message", "is missing")
    raw = choice.text("finish_reason")
    check_finish(choice, raw)
    parts = tuple(_parts(message))
    stop = read_stop(choice, raw, {type(part) for part in parts})
    return Choice(parts=parts, stop=stop, logprobs=read_scores(choice))


def _parts(message: Node) -> list[Part]:
    """In the order the model makes them."""
    parts: list[Part] = list(map(_bare, read_thoughts(message, sealed=False)))
    parts += _spoken(message)
    if refusal := message.text("refusal"):
        parts.append(Refusal(text=refusal))
    parts += [read_image(node) for node in message.nodes("images")]
    if (audio := message.node("audio")) is not None:
        parts.append(read_audio(audio))
    parts += [read_call(node, sealed=False) for node in message.nodes("tool_calls")]
    return parts + _legacy_call(message)


def _spoken(message: Node) -> list[Part]:
    """Citations belong to the last text: they count from the beginning of all of it."""
    found = [part for part in read_content(message) if not (isinstance(part, Text) and not part.text)]
    citations = read_citations(message)
    for number in reversed(range(len(found))):
        part = found[number]
        if isinstance(part, Text) and citations:
            found[number] = replace(part, citations=citations)
            break
    return found


def _bare(part: Reasoning) -> Reasoning:
    """`extra` is for requests."""
    return replace(part, extra={})


def _legacy_call(message: Node) -> list[Part]:
    node = message.node("function_call")
    if node is None:
        return []
    return [ToolCall(id="", name=node.needed_text("name"), arguments=node.text("arguments"), at=node.at)]
