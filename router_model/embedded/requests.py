"""A conversation into the texts that are compared with options: the last request whole, its clauses, its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from router_model.choice import Turn
from router_model.embedded.texts import clip, count_words, depends_on_context, split_clauses, squeeze

CONTEXT_CHARS = 400
PASTED_WORDS = 60
"""Above this many words a request is taken to carry pasted material."""


@dataclass(frozen=True, slots=True)
class Request:
    """`texts` says the same request in several ways (whole; with its context); `words` is the last turn's length."""

    texts: tuple[str, ...]
    clauses: tuple[str, ...]
    words: int


def read_request(conversation: Sequence[Turn]) -> Request:
    """What the last turn asks for. Earlier turns count only where it cannot be understood alone."""
    last = conversation[-1].text if conversation else ""
    whole = squeeze(clip(last))
    words = count_words(whole)
    texts = [whole]
    if depends_on_context(whole) and (before := _last_asked(conversation[:-1])):
        texts.append(f"{before} {whole}")
    if words > PASTED_WORDS:
        lines = [line for line in clip(last).splitlines() if count_words(line) > 1] or [whole]
        texts += [squeeze(lines[0])[:CONTEXT_CHARS], squeeze(lines[-1])[-CONTEXT_CHARS:]]
    return Request(texts=tuple(dict.fromkeys(texts)), clauses=split_clauses(last), words=words)


def _last_asked(turns: Sequence[Turn]) -> str:
    """The last user turn before this one that can be understood alone, else the last one."""
    asked = [squeeze(clip(turn.text, CONTEXT_CHARS)) for turn in turns if turn.role == "user" and turn.text.strip()]
    whole = [text for text in asked if not depends_on_context(text)]
    return (whole or asked or [""])[-1]
