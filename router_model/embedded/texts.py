"""Text into texts the encoder can hold: clauses of a request, phrases of a description. Pure functions.

Nothing here is unbounded: a caller may send a hundred thousand characters, what comes out is a few short texts.
"""

from __future__ import annotations

import re

MESSAGE_CHARS = 2000
"""How much of a message is read: a request stands at its beginning or at its end, pasted material between them."""
CLAUSES = 6
PHRASES = 24
PHRASE_CHARS = 400

_SPACE = re.compile(r"\s+")
_BULLET = re.compile(r"^\s*(?:[*+•‣·-]|\d{1,2}[.)])\s+", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# A sentence that says what is NOT done names other options' subjects.
_EXCLUSION = re.compile(
    r"\b(?:only|not|never|don't|doesn't|isn't|won't|cannot|can't|except|excluding|unless|other than|instead of)\b", re.I
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{8,200})[\"”]")
_SLOT = re.compile(r"[\[{<]([\w ]{1,30})[\]}>]")

_JOINT = re.compile(
    r"(?<=[.!?;])\s+"
    r"|\n+"
    r"|[,;]?\s+(?:and|then|but)?\s*\b(?:also|additionally|besides|moreover|furthermore|afterwards?|after that|finally"
    r"|plus)\b[,:]?\s+(?:and\s+)?"
    r"|[,;]\s+(?:and|then|but|or)\s+(?:then\s+)?"
    r"|[,;]?\s+(?:and|then|but)\s+(?:then\s+)?",
    re.I,
)
_CODE = re.compile(r"\w\([^)]*\)|[{};]|=>|==|\w\[[^\]]*\]")
_EMPTY = re.compile(r"(?:(?:and|then|but|or|also|please)\b[\s,.]*)+", re.I)
_CONTINUES = re.compile(
    r"^(?:and|also|what about|how about|then|ok(?:ay)?|yes|no|sure|what if|same|why|which|when|where|who)\b", re.I
)
_REFERS = re.compile(
    r"\b(?:it|that|this|them|they|those|these|there|one|ones|same|instead|too|he|she|his|her|again)\b", re.I
)


_SMALL_TALK = re.compile(
    r"(?:hello|hi|hey|yo|good (?:morning|afternoon|evening|night|day)|thanks?|thank you|thx|cheers|ok|okay|cool|great"
    r"|nice|bye|goodbye|see you|yes|no|sure|there|everyone|so much|a lot|very much|[\s,.!?])+",
    re.I,
)


def squeeze(text: str) -> str:
    """One line, single spaces."""
    return _SPACE.sub(" ", text).strip()


def clip(text: str, limit: int = MESSAGE_CHARS) -> str:
    """The text, or its head and its tail where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n{text[-half:]}"


def count_words(text: str) -> int:
    """Words as a reader counts them."""
    return len(_WORD.findall(text))


def readable_name(name: str) -> str:
    """The words of a name: `weather_agent` and `weatherAgent` -> `weather agent`."""
    return " ".join(_WORD.findall(_CAMEL.sub(" ", name[:200]))).lower()


def split_clauses(text: str) -> tuple[str, ...]:
    """The parts of a request that may ask for different things, in order. A part of one word joins its neighbour.

    Lines of code are left out where there is something else: they ask for nothing.
    """
    parts: list[str] = []
    for part in _JOINT.split(clip(text)):
        clause = squeeze(part or "").strip(" ,;")
        if not clause or _EMPTY.fullmatch(clause):
            continue
        if parts and (count_words(clause) < 2 or count_words(parts[-1]) < 2):
            parts[-1] = f"{parts[-1]} and {clause}"
        else:
            parts.append(clause)
    said = [part for part in parts if not _CODE.search(part)] or parts
    return tuple(said[:CLAUSES])


def split_description(text: str) -> tuple[str, ...]:
    """The sentences and bullet points of a description that say what an option does, at most PHRASES."""
    plain = _BULLET.sub("\n", clip(text, 12_000))
    phrases: list[str] = []
    for part in _SENTENCE.split(plain):
        phrase = squeeze(part)[:PHRASE_CHARS].strip()
        if count_words(phrase) < 2 or phrase.endswith(":") or _EXCLUSION.search(phrase):
            continue
        phrases.append(phrase)
    return tuple(dict.fromkeys(phrases))[:PHRASES]


def quoted_requests(text: str) -> tuple[str, ...]:
    """Requests a description quotes, their placeholders as words: `"weather in [city]?"` -> `weather in city?`."""
    found = (_SLOT.sub(r"\1", squeeze(quote)) for quote in _QUOTED.findall(clip(text, 12_000)))
    return tuple(dict.fromkeys(quote for quote in found if count_words(quote) > 2))[:PHRASES]


def depends_on_context(text: str) -> bool:
    """Whether a turn is hard to understand alone: very short, or a continuation, or one that points back."""
    words = count_words(text)
    if words <= 3:
        return True
    return words <= 9 and bool(_CONTINUES.search(text.strip()) or _REFERS.search(text))


def is_small_talk(text: str) -> bool:
    """Whether a text is nothing but greetings, thanks and the like."""
    return len(text) < 60 and _SMALL_TALK.fullmatch(text) is not None
