"""Sources of an answer: grounding and citations, read and written.

In: a candidate with the text of its parts. Out: a `Citation` for each source of each passage. Offsets are bytes of
UTF-8 here and characters there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ext_proc.chat.parts import Citation, Plain
from ext_proc.dialects.gemini.spelling import Member
from ext_proc.dialects.gemini.words import NAME

SOURCES = ("groundingMetadata", "citationMetadata")
"""The members of a candidate that hold any."""
_CHUNKS = ("web", "retrievedContext", "maps", "image")


@dataclass(frozen=True, slots=True)
class Placed:
    """A citation and the part it belongs to; None where the API did not say."""

    part: int | None
    citation: Citation


def read_sources(candidate: Member, texts: Mapping[int, str]) -> Iterator[Placed]:
    """`texts`: the words of the candidate's parts, by the part's place."""
    grounding = candidate.node("groundingMetadata")
    if grounding is not None:
        yield from _grounded(grounding, texts)
    cited = candidate.node("citationMetadata")
    for source in _citations(cited):
        text = next(iter(texts.values()), "")
        citation = Citation(
            origin=NAME,
            raw=source.plain,
            url=source.text("uri"),
            title=source.text("title"),
            start=_characters(text, source.integer("startIndex")),
            end=_characters(text, source.integer("endIndex")),
        )
        yield Placed(None, citation)


def _citations(cited: Member | None) -> Iterator[Member]:
    """The second name is that of an older version."""
    if cited is not None:
        yield from cited.members("citations")
        yield from cited.members("citationSources")


def _grounded(grounding: Member, texts: Mapping[int, str]) -> Iterator[Placed]:
    chunks = list(grounding.members("groundingChunks"))
    supports = list(grounding.members("groundingSupports"))
    for support in supports:
        segment = support.node("segment") or Member({}, trusted=True)
        place = segment.integer("partIndex") or 0
        for index in support.items("groundingChunkIndices"):
            if isinstance(index, int) and 0 <= index < len(chunks):
                yield Placed(place, _supported(chunks[index], segment, texts.get(place, "")))
    if not supports:
        yield from (Placed(None, _source(chunk)) for chunk in chunks)


def _supported(chunk: Member, segment: Member, text: str) -> Citation:
    source = _source(chunk)
    return Citation(
        origin=NAME,
        raw={"chunk": chunk.plain, "segment": segment.plain},
        url=source.url,
        title=source.title,
        cited_text=segment.text("text"),
        start=_characters(text, segment.integer("startIndex") or 0),
        end=_characters(text, segment.integer("endIndex")),
    )


def _source(chunk: Member) -> Citation:
    found = next((node for name in _CHUNKS if (node := chunk.node(name)) is not None), Member({}, trusted=True))
    url = found.text("uri") or found.text("sourceUri")
    return Citation(origin=NAME, raw={"chunk": chunk.plain}, url=url, title=found.text("title"))


def _characters(text: str, offset: int | None) -> int | None:
    """None where the offset lies outside of what was said."""
    if offset is None or not text:
        return None
    told = text.encode("utf-8", "replace")
    return len(told[:offset].decode("utf-8", "ignore")) if 0 <= offset <= len(told) else None


def write_sources(texts: Sequence[tuple[int, str, Sequence[Citation]]]) -> dict[str, Any]:
    """`groundingMetadata` for (place, words, citations) of a candidate's texts; nothing for none."""
    chunks: list[Plain] = []
    supports: list[Plain] = []
    for place, text, citations in texts:
        for citation in citations:
            chunk = _chunk(citation)
            if chunk not in chunks:
                chunks.append(chunk)
            if (segment := _segment(place, text, citation)) is not None:
                supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    if not chunks:
        return {}
    return {"groundingMetadata": {"groundingChunks": chunks, **({"groundingSupports": supports} if supports else {})}}


def _chunk(citation: Citation) -> dict[str, Any]:
    titled = {"title": citation.title} if citation.title else {}
    if citation.url:
        return {"web": {"uri": citation.url, **titled}}
    return {"retrievedContext": titled or {"text": citation.cited_text}}


def _segment(place: int, text: str, citation: Citation) -> dict[str, Any] | None:
    """Where the passage stands; None where nobody said."""
    if citation.start is None or citation.end is None or not 0 <= citation.start <= citation.end <= len(text):
        return None
    segment: dict[str, Any] = {"partIndex": place} if place else {}
    if start := _bytes(text[: citation.start]):
        segment["startIndex"] = start
    return segment | {"endIndex": _bytes(text[: citation.end]), "text": text[citation.start : citation.end]}


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
