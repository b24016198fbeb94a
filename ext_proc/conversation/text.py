"""The texts inside a message's content, in any of the dialects.

In: the value of `content`, `system` or `instructions`, of whatever type a client sent. Out: text. Never an exception:
what is not text of the expected shape counts as no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# What coding agents wrap around their own notes inside a user's message: said by no user.
_ENVELOPES = ("system-reminder", "user-prompt-submit-hook")
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def texts(content: object) -> Iterator[str]:
    """The texts of a content: a string, or a list of parts of which those that are no text are passed over."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if is_text_part(part))


def is_text_part(part: object) -> bool:
    """A part without a type is text when it has one, as some clients write it."""
    return isinstance(part, dict) and _is_text_type(part.get("type", "text")) and isinstance(part.get("text"), str)


def is_attachment(part: object) -> bool:
    """Content of a user that is not text: an image, a file, sound. Results of tools are none: a program sent them."""
    if not isinstance(part, dict) or not isinstance(kind := part.get("type"), str):
        return False
    return kind not in _TEXT_PARTS and not kind.endswith("tool_result")


def said(content: object) -> str:
    """What somebody said in this content: its texts without envelopes, a line for each; "" for nothing."""
    spoken = (without_envelopes(text).strip() for text in texts(content))
    return encodable("\n".join(text for text in spoken if text))


def says(content: object) -> bool:
    """Whether `said` would find anything."""
    return any(_is_said(text) for text in texts(content))


def _is_said(text: str) -> bool:
    """What begins with something else than an envelope says something, however long it goes on."""
    start = text.lstrip()
    return bool(start) and (start[0] != "<" or bool(without_envelopes(start).strip()))


def without_envelopes(text: str) -> str:
    """The text without what coding agents put into it. An envelope that never ends is left alone: it may be quoted."""
    for name in _ENVELOPES:
        text = _without(text, f"<{name}>", f"</{name}>")
    return text


def encodable(text: str) -> str:
    """Half surrogate pairs replaced: JSON can carry them, no encoding that comes later can."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _is_text_type(kind: object) -> bool:
    return isinstance(kind, str) and kind in _TEXT_PARTS


def _without(text: str, begin: str, end: str) -> str:
    """One pass: a begin without an end after it means that there is none further on either."""
    start = text.find(begin)
    if start < 0:
        return text
    kept, position = [], 0
    while start >= 0 and (stop := text.find(end, start)) >= 0:
        kept.append(text[position:start])
        position = stop + len(end)
        start = text.find(begin, position)
    return "".join([*kept, text[position:]])
